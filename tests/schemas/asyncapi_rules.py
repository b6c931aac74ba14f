"""The rules of AsyncAPI 3.0.0 for the objects that our document has, written from the specification's tables as closed
JSON Schemas.

No Python or Maven package carries the specification's own meta-schema (the npm one would bring Node along), so this is
ours: it knows fewer objects than the specification and allows nothing else in them, so it can only be stricter. Each
name is the object's heading in the specification.
"""

from typing import Any

Schema = dict[str, Any]

_NAME = "^[A-Za-z0-9_\\-]+$"
"""Keys of ``components`` have this pattern in the specification; ours of channels and operations hold to it too."""
_KEY = "^[\\w\\d\\.\\-_]+$"


def _object(required: tuple[str, ...], **fields: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": fields, "additionalProperties": False}


def _map(values: Schema, pattern: str = _KEY) -> Schema:
    return {"type": "object", "propertyNames": {"pattern": pattern}, "additionalProperties": values}


TEXT: Schema = {"type": "string", "minLength": 1}
REFERENCE = _object(("$ref",), **{"$ref": {"type": "string", "pattern": "^#/"}})
LICENSE = _object(("name",), name=TEXT, url={"type": "string", "format": "uri"})
INFO = _object(("title", "version"), title=TEXT, version=TEXT, description=TEXT, license=LICENSE)
TAG = _object(("name",), name=TEXT, description=TEXT)
KAFKA_CHANNEL_BINDING = _object(
    (),
    topic=TEXT,
    partitions={"type": "integer", "minimum": 1},
    replicas={"type": "integer", "minimum": 1},
    topicConfiguration=_object(
        (),
        **{
            "cleanup.policy": {"type": "array", "items": {"enum": ["compact", "delete"]}, "minItems": 1},
            "retention.ms": {"type": "integer", "minimum": -1},
        },
    ),
    bindingVersion=TEXT,
)
KAFKA_MESSAGE_BINDING = _object((), key={"$ref": "https://json-schema.org/draft/2020-12/schema"}, bindingVersion=TEXT)
MESSAGE = _object(
    (),
    name=TEXT,
    title=TEXT,
    summary=TEXT,
    contentType={"type": "string", "pattern": "^[a-z]+/[a-z+.-]+$"},
    payload={"type": "object"},
    bindings=_object((), kafka=KAFKA_MESSAGE_BINDING),
)
CHANNEL = _object(
    (), address=TEXT, description=TEXT, messages=_map(REFERENCE), bindings=_object((), kafka=KAFKA_CHANNEL_BINDING)
)
OPERATION = _object(
    ("action", "channel"),
    action={"enum": ["send", "receive"]},
    channel=REFERENCE,
    messages={"type": "array", "items": REFERENCE},
    tags={"type": "array", "items": TAG},
)
DOCUMENT: Schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | _object(
    ("asyncapi", "info"),
    asyncapi={"const": "3.0.0"},
    info=INFO,
    defaultContentType=TEXT,
    channels=_map(CHANNEL, _NAME),
    operations=_map(OPERATION, _NAME),
    components=_object((), messages=_map(MESSAGE)),
)
"""The AsyncAPI Object."""
