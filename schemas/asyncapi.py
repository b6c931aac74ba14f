"""The AsyncAPI 3.0 document: topics, keys, partitions, who sends and who receives, made from ``schemas.topics`` and
the catalogue.
"""

from typing import Any

from schemas.catalogue import EVENTS, EventKind
from schemas.frozen import data_schema, envelope_schema, pretty
from schemas.topics import TOPICS, Key, Placement, Role, Topic

VERSION = "3.0.0"
_CONTENT_TYPE = "application/cloudevents+json"
_ABOUT = (
    "What Qaqpa's processes say to each other on Apache Kafka. Every record's value is a CloudEvents 1.0 event in "
    "JSON, signed by its writer (Ed25519); "
    "a site's records lie in one partition of each topic, murmur2(site) mod the topic's partitions."
)


def document(version: str = "1") -> bytes:
    """Give the document as it has to lie in ``schemas/asyncapi.json``; partition counts are the default ones."""
    return pretty(
        {
            "asyncapi": VERSION,
            "info": {"title": "Qaqpa", "version": version, "description": _ABOUT, "license": {"name": "Apache-2.0"}},
            "defaultContentType": _CONTENT_TYPE,
            "channels": {topic.name: _channel(topic) for topic in TOPICS},
            "operations": {name: operation for topic in TOPICS for name, operation in _operations(topic)},
            "components": {"messages": {_message_name(kind): _message(kind) for kind in EVENTS}},
        }
    )


def _channel(topic: Topic) -> dict[str, Any]:
    policies = [name for name, on in (("compact", topic.compacted), ("delete", topic.retention_s is not None)) if on]
    configuration: dict[str, Any] = {"cleanup.policy": policies}
    if topic.retention_s is not None:
        configuration["retention.ms"] = topic.retention_s * 1000
    return {
        "address": topic.name,
        "description": f"Written by {topic.writer} only.",
        "messages": {
            _message_name(kind): {"$ref": f"#/components/messages/{_message_name(kind)}"} for kind in _kinds(topic)
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": Placement().partitions(topic),
                "topicConfiguration": configuration,
            }
        },
    }


def _operations(topic: Topic) -> list[tuple[str, dict[str, Any]]]:
    said = [(f"{topic.writer}_writes_{topic.name}", _operation(topic, topic.writer, "send"))]
    return said + [(f"{role}_reads_{topic.name}", _operation(topic, role, "receive")) for role in topic.readers]


def _operation(topic: Topic, role: Role, action: str) -> dict[str, Any]:
    channel = f"#/channels/{topic.name}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "tags": [{"name": role.value}],
        "messages": [{"$ref": f"{channel}/messages/{_message_name(kind)}"} for kind in _kinds(topic)],
    }


def _message(kind: EventKind) -> dict[str, Any]:
    key = {Key.SITE: "the site", Key.SUBJECT: "the site, a slash, the subject"}
    topic = next(topic for topic in TOPICS if topic.noun == kind.noun)
    return {
        "name": kind.type,
        "title": (kind.shape.__doc__ or "").partition("\n")[0],
        "contentType": _CONTENT_TYPE,
        "payload": _payload(kind),
        "bindings": {"kafka": {"key": {"type": "string", "description": f"UTF-8: {key[topic.key]}"}}},
    }


def _payload(kind: EventKind) -> dict[str, Any]:
    """Give envelope and data as one schema without references: what they refer to is put in its place, since a
    document's ``$defs`` are not its schemas'.
    """
    envelope = _resolved(envelope_schema())
    properties = envelope["properties"] | {"type": {"const": kind.type}, "data": _resolved(data_schema(kind))}
    return {key: value for key, value in envelope.items() if key not in {"$id", "title"}} | {"properties": properties}


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    definitions = schema.get("$defs", {})

    def put_in(part: Any) -> Any:
        if isinstance(part, list):
            return [put_in(item) for item in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return put_in(definitions[part["$ref"].rpartition("/")[2]])
        return {key: put_in(value) for key, value in part.items() if key not in {"$defs", "$schema", "$id"}}

    return put_in(schema)  # type: ignore[no-any-return]


def _kinds(topic: Topic) -> list[EventKind]:
    return [kind for kind in EVENTS if kind.noun == topic.noun]


def _message_name(kind: EventKind) -> str:
    return f"{kind.noun}.v{kind.version}"
