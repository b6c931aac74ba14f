"""The envelope: strict when writing, tolerant when reading, and every refusal has its reason. CloudEvents 1.0.2 names
the attributes.
"""

import json
import re
from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import EVENTS
from schemas.credential_read import CredentialRead
from schemas.envelope import Event, RefusedRecord, data_bytes, unwrap
from schemas.reasons import Refused
from schemas.topics import CREDENTIAL_READS, MAX_VALUE_BYTES, PANICS, TOPICS, Topic
from tests.schemas.examples import AT, GATE_SIGNER, data_of, event_of, kind_of, record_of

EACH_TOPIC = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)


def _changed(topic: Topic, **attributes: object) -> bytes:
    """Give a topic's record with attributes set, or taken away by ``...``."""
    record = json.loads(record_of(topic).value) | attributes
    return json.dumps({name: value for name, value in record.items() if value is not ...}).encode()


def _refusal(topic: Topic, value: bytes | None) -> RefusedRecord:
    with pytest.raises(RefusedRecord) as refused:
        unwrap(topic, value)
    return refused.value


@EACH_TOPIC
def test_what_was_written_is_what_is_read(topic: Topic) -> None:
    said = event_of(topic)
    read = unwrap(topic, record_of(topic).value)
    assert (read.id, read.source, read.time, read.site, read.data) == (
        said.id,
        said.source,
        said.time,
        said.site,
        said.data,
    )


@EACH_TOPIC
def test_attributes_and_fields_of_a_later_year_are_passed_over(topic: Topic) -> None:
    record = json.loads(record_of(topic).value)
    later = _changed(topic, traceparent="00-1", data=record["data"] | {"later": {"deep": [1]}})
    assert unwrap(topic, later).data == data_of(kind_of(topic))


@EACH_TOPIC
def test_a_future_version_is_refused_as_such(topic: Topic) -> None:
    refused = _refusal(topic, _changed(topic, type=f"kz.qaqpa.{topic.noun}.v9", data={"quite": "different"}))
    assert (refused.reason, refused.detail) == (Refused.FUTURE_VERSION, f"{topic.noun} v9: newer than this reader")


@EACH_TOPIC
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, Refused.MALFORMED),
        (b"", Refused.MALFORMED),
        (b"\x00\xff\xfe", Refused.MALFORMED),
        (b"not an event", Refused.MALFORMED),
        (b"[]", Refused.MALFORMED),
        (b'{"specversion":"1.0"}', Refused.MALFORMED),
        (b'{"a":' * 3000, Refused.MALFORMED),
        (b"x" * (MAX_VALUE_BYTES + 1), Refused.TOO_LARGE),
    ],
    ids=["none", "empty", "noise", "text", "list", "cut", "deep", "too large"],
)
def test_rubbish_is_refused_with_its_reason(topic: Topic, value: bytes | None, reason: Refused) -> None:
    assert _refusal(topic, value).reason is reason


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"data": {}}, Refused.MALFORMED),
        ({"data": None}, Refused.MALFORMED),
        ({"data": ...}, Refused.MALFORMED),
        ({"id": 7}, Refused.MALFORMED),
        ({"time": "yesterday"}, Refused.MALFORMED),
        ({"time": "2026-11-23T07:41:05"}, Refused.MALFORMED),
        ({"specversion": "2.0"}, Refused.FUTURE_VERSION),
        ({"type": "kz.qaqpa.panic.v1"}, Refused.WRONG_EVENT),
        ({"type": "com.example.anything.v1"}, Refused.WRONG_EVENT),
        ({"type": "credential_read"}, Refused.WRONG_EVENT),
    ],
    ids=str,
)
def test_a_wrong_attribute_is_refused_with_its_reason(attributes: dict[str, object], reason: Refused) -> None:
    assert _refusal(CREDENTIAL_READS, _changed(CREDENTIAL_READS, **attributes)).reason is reason


@given(st.binary(max_size=400))
def test_no_bytes_whatever_raise_anything_but_a_refusal(value: bytes) -> None:
    assert _refusal(PANICS, value).reason in {Refused.MALFORMED, Refused.WRONG_EVENT, Refused.FUTURE_VERSION}


@given(st.data())
def test_a_true_record_with_any_byte_changed_is_read_or_refused(data: st.DataObject) -> None:
    value = bytearray(record_of(PANICS).value)
    value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    try:
        unwrap(PANICS, bytes(value))
    except RefusedRecord:
        return


def test_writing_is_strict() -> None:
    true = data_of(kind_of(CREDENTIAL_READS))
    assert isinstance(true, CredentialRead)
    for wrong in (
        {"bits": "26"},
        {"direction": "sideways"},
        {"answer_by": AT.replace(tzinfo=None)},
        {"gate": None},
    ):
        with pytest.raises(msgspec.ValidationError):
            data_bytes(msgspec.structs.replace(true, **wrong))
    with pytest.raises(ValueError, match="cannot sign for gate/another"):
        GATE_SIGNER.record(Event(id="x:1:1", source="gate/another", time=AT, site="school-1", data=true))


@EACH_TOPIC
def test_every_record_is_a_cloudevent(topic: Topic) -> None:
    """CloudEvents 1.0.2: clause "Context Attributes" (names of lower-case letters and digits, their types) and the JSON
    Event Format.
    """
    record = json.loads(record_of(topic).value)
    context = {name: value for name, value in record.items() if name != "data"}
    assert record["specversion"] == "1.0"
    assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in context)
    assert all(isinstance(value, str) and value for value in context.values()), (
        "every attribute of ours is of type String, URI-reference or Timestamp"
    )
    assert re.fullmatch(r"[A-Za-z0-9/._~:#-]+", record["source"]), "source is a non-empty URI-reference"
    assert datetime.fromisoformat(record["time"]).tzinfo is not None, "time is an RFC 3339 timestamp"
    assert record["type"].startswith("kz.qaqpa."), "type is prefixed by a reverse-DNS name"
    assert isinstance(record["data"], dict), "data is JSON, so no datacontenttype and no data_base64"


def test_every_event_has_one_topic_noun() -> None:
    assert {topic.noun for topic in TOPICS} == {kind.noun for kind in EVENTS}
