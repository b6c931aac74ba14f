"""What is said is frozen: the code says what the files say, old records are still read, and a change that breaks a
reader is seen.
"""

import copy
import json
from typing import Any

import jsonschema
import msgspec
import pytest

from schemas import asyncapi
from schemas.catalogue import EVENTS, EventKind
from schemas.compatibility import broken
from schemas.frozen import envelope_schema, file_name, frozen
from schemas.topics import BY_NAME
from schemas.trust import Trust
from tests.schemas.examples import FOLDER, PLACEMENT, read_examples

EACH_KIND = pytest.mark.parametrize("kind", EVENTS, ids=file_name)


def test_the_code_says_what_is_frozen() -> None:
    lying = {path.name: path.read_bytes() for path in (FOLDER / "json_schema").glob("*.json")}
    assert frozen() == lying, "if the change is meant, run `qaqpa schemas freeze`"
    assert (FOLDER / "asyncapi.json").read_bytes() == asyncapi.document()


@EACH_KIND
def test_every_event_has_true_and_tolerated_examples_and_both_are_read(kind: EventKind) -> None:
    examples = read_examples(kind)
    assert examples["true"]
    assert examples["tolerated"]
    for example in examples["true"] + examples["tolerated"]:
        read = msgspec.json.decode(json.dumps(example), type=kind.shape)
        written = json.loads(msgspec.json.encode(read))
        known = {name: written[name] for name in example if name in written}
        assert _moments_aside(_pruned(known, example)) == _moments_aside({name: example[name] for name in known})


@EACH_KIND
def test_the_last_true_example_says_everything_that_can_be_said_today(kind: EventKind) -> None:
    """The first may be of the first day, without what was added since."""
    example = read_examples(kind)["true"][-1]
    written = json.loads(msgspec.json.encode(msgspec.convert(example, kind.shape)))
    assert _pruned(written, example) == written


@EACH_KIND
def test_examples_fit_their_json_schema_in_the_eyes_of_another_implementation(kind: EventKind) -> None:
    validator = jsonschema.Draft202012Validator(_frozen(kind), format_checker=jsonschema.FormatChecker())
    for example in read_examples(kind)["true"] + read_examples(kind)["tolerated"]:
        validator.validate(example)


@EACH_KIND
def test_a_missing_or_mistyped_field_is_refused_by_reader_and_schema_alike(kind: EventKind) -> None:
    schema = _frozen(kind)
    validator = jsonschema.Draft202012Validator(schema)
    example = read_examples(kind)["true"][0]
    fields = schema["$defs"][kind.shape.__name__]
    assert set(fields["required"]) <= set(example)
    for name in fields["required"]:
        rest = {key: value for key, value in example.items() if key != name}
        wrong = example | {name: {"nobody": "says this"} if not isinstance(example[name], dict) else "text"}
        for bad in (rest, wrong):
            assert list(validator.iter_errors(bad)), (name, bad)
            with pytest.raises(msgspec.ValidationError):
                msgspec.json.decode(json.dumps(bad), type=kind.shape)


def test_a_record_of_the_first_version_is_read_and_its_signature_still_holds() -> None:
    kept = json.loads((FOLDER / "examples" / "envelope.json").read_bytes())
    topic = BY_NAME[kept["topic"]]
    event = Trust(kept["keyring"], PLACEMENT).read(topic, kept["partition"], kept["value"].encode())
    assert event.id == "administration:1795413227:4"
    jsonschema.Draft202012Validator(envelope_schema()).validate(json.loads(kept["value"]))


CHANGES: dict[str, tuple[Any, str | None]] = {
    "an optional field is added": (
        lambda fields: fields["properties"].update(lane={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        None,
    ),
    "a value is added": (lambda fields: fields["properties"]["technology"]["enum"].append("face"), None),
    "a description is reworded": (lambda fields: fields.update(description="Said better."), None),
    "a required field is added": (
        lambda fields: (fields["properties"].update(lane={"type": "string"}), fields["required"].append("lane")),
        "lane: became required",
    ),
    "a field is taken away": (
        lambda fields: (fields["properties"].pop("bits"), fields["required"].remove("bits")),
        "bits: was taken away",
    ),
    "a field is retyped": (
        lambda fields: fields["properties"].update(bits={"type": "string"}),
        "bits: type was integer, is string",
    ),
    "a field may be absent": (
        lambda fields: fields["required"].remove("reader"),
        "reader: is no longer written by everyone",
    ),
    "a field may be null": (
        lambda fields: fields["properties"].update(reader={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        "reader: type was string, is None",
    ),
    "a value is taken away": (
        lambda fields: fields["properties"]["technology"]["enum"].remove("pin"),
        "technology: value pin was taken away",
    ),
    "any value is allowed": (lambda fields: fields["properties"]["technology"].pop("enum"), "technology: values were"),
    "a moment loses its format": (
        lambda fields: fields["properties"]["answer_by"].pop("format"),
        "answer_by: format was date-time, is None",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_only_compatible_changes_pass(name: str) -> None:
    change, refusal = CHANGES[name]
    old = json.loads((FOLDER / "json_schema" / "credential_read.v1.json").read_bytes())
    new = copy.deepcopy(old)
    change(new["$defs"]["CredentialRead"])
    found = broken(old, new)
    if refusal is None:
        assert found == []
    else:
        assert any(told.startswith(refusal) for told in found), found


def test_a_change_deep_in_a_policy_is_seen() -> None:
    old = json.loads((FOLDER / "json_schema" / "site_policy.v1.json").read_bytes())
    new = copy.deepcopy(old)
    new["$defs"]["Window"]["properties"]["opens_min"] = {"type": "string"}
    assert broken(old, new) == [
        f"categories[].{windows}[].opens_min: type was integer, is string" for windows in ("lessons", "windows")
    ]


def _pruned(written: Any, example: Any) -> Any:
    """Leave out what was written only because it was added after the example: optional fields with their defaults."""
    if isinstance(written, dict) and isinstance(example, dict):
        return {name: _pruned(value, example[name]) for name, value in written.items() if name in example}
    if isinstance(written, list) and isinstance(example, list) and len(written) == len(example):
        return [_pruned(*pair) for pair in zip(written, example, strict=True)]
    return written


def _frozen(kind: EventKind) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "json_schema" / file_name(kind)).read_bytes())
    return found


def _moments_aside(example: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in example.items()
        if not name.endswith(("_at", "_by", "_from", "_until")) or name == "changed_by"
    }
