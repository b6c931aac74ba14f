"""The AsyncAPI document: by the rules of the specification, true to the table of topics, and fit to check a real record
with.
"""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest

from schemas import asyncapi
from schemas.topics import BY_NAME, TOPICS, Placement
from tests.schemas.asyncapi_rules import DOCUMENT
from tests.schemas.examples import record_of

Json = dict[str, Any]
DOC: Json = json.loads(asyncapi.document())


def test_it_holds_to_the_rules_of_asyncapi_3() -> None:
    jsonschema.Draft202012Validator(DOCUMENT).validate(DOC)
    for message in DOC["components"]["messages"].values():
        jsonschema.Draft202012Validator.check_schema(message["payload"])


DAMAGE: dict[str, Callable[[Json], object]] = {
    "another version": lambda doc: doc.update(asyncapi="2.6.0"),
    "no title": lambda doc: doc["info"].pop("title"),
    "version 2's way of operations": lambda doc: doc["channels"]["panics"].update(publish={}),
    "an operation that neither sends nor receives": lambda doc: doc["operations"]["gate_writes_panics"].update(
        action="publish"
    ),
    "an operation without a channel": lambda doc: doc["operations"]["gate_writes_panics"].pop("channel"),
    "no partitions": lambda doc: doc["channels"]["panics"]["bindings"]["kafka"].update(partitions=0),
    "a message in place": lambda doc: doc["channels"]["panics"]["messages"].update({"panic.v1": {"name": "panic"}}),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_document_that_breaks_them_is_found_out(name: str) -> None:
    damaged = copy.deepcopy(DOC)
    DAMAGE[name](damaged)
    assert list(jsonschema.Draft202012Validator(DOCUMENT).iter_errors(damaged))


def test_every_reference_leads_somewhere_and_operations_refer_to_messages_of_their_channel() -> None:
    for reference in _references(DOC):
        part: Any = DOC
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]
    for operation in DOC["operations"].values():
        assert all(
            message["$ref"].startswith(operation["channel"]["$ref"] + "/messages/") for message in operation["messages"]
        )


def test_it_says_what_the_table_of_topics_says() -> None:
    assert set(DOC["channels"]) == set(BY_NAME)
    said = {
        (operation["channel"]["$ref"].rpartition("/")[2], operation["action"], operation["tags"][0]["name"])
        for operation in DOC["operations"].values()
    }
    written = {(topic.name, "send", topic.writer.value) for topic in TOPICS}
    assert said == written | {(topic.name, "receive", role.value) for topic in TOPICS for role in topic.readers}
    for topic in TOPICS:
        binding = DOC["channels"][topic.name]["bindings"]["kafka"]
        assert (binding["topic"], binding["partitions"]) == (topic.name, Placement().partitions(topic))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_real_record_fits_the_payload_that_it_promises_and_a_damaged_one_does_not(topic: Any) -> None:
    payload = DOC["components"]["messages"][f"{topic.noun}.v1"]["payload"]
    validator = jsonschema.Draft202012Validator(payload)
    record = json.loads(record_of(topic).value)
    validator.validate(record)
    wrongs: tuple[Json, ...] = ({"type": "kz.qaqpa.other.v1"}, {"data": {}}, {"signature": None})
    for wrong in wrongs:
        assert list(validator.iter_errors(record | wrong))


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        yield from ([part["$ref"]] if "$ref" in part else [])
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)
