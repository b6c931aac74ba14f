"""A policy file is read whole or told whole: every mistake with its line, and what is written reads back the same."""

import json
from datetime import date, timedelta
from pathlib import Path

import jsonschema
import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from schemas.site_policy import CategoryRules, Days, Measure, PassKey, SitePolicy, Threat, Window
from services.cli import policy_file
from services.cli.policy_file import PolicyMistakes, read_policy
from services.cli.policy_parts import CATEGORIES
from services.cli.policy_text import written
from services.rules.policy_faults import faults_in
from services.rules.policy_times import weekdays_of, weekdays_text
from tests.schemas.examples import AT, GATE_SIGNER, policy

FOLDER = Path(__file__).parents[2] / "vectors" / "policy_files"
GOOD, BAD = (sorted((FOLDER / kind).glob("*.yaml")) for kind in ("good", "bad"))
EXPECTED = json.loads((FOLDER / "bad" / "expected.json").read_text(encoding="utf-8"))
SCHEMA = json.loads(Path(policy_file.__file__).with_name("policy_file.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_a_good_file_is_read_and_reads_back_as_it_is_written(file: Path) -> None:
    told = read_policy(file.read_text(encoding="utf-8"), FOLDER)
    assert faults_in(told.policy) == []
    again = read_policy(written(told.site, told.policy), FOLDER)
    assert (again.site, again.policy) == (told.site, told.policy)


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_a_good_file_is_good_by_the_schema_that_editors_use(file: Path) -> None:
    jsonschema.validate(yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader), SCHEMA)


@pytest.mark.parametrize("name", ["misspelt_key", "misspelt_category", "level_misspelt", "weekday", "time_of_day"])
def test_the_schema_sees_what_an_editor_can_see(name: str) -> None:
    text = (FOLDER / "bad" / f"{name}.yaml").read_text(encoding="utf-8")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.load(text, Loader=yaml.BaseLoader), SCHEMA)


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_is_told_with_lines_all_at_once(file: Path) -> None:
    with pytest.raises(PolicyMistakes) as mistakes:
        read_policy(file.read_text(encoding="utf-8"), FOLDER)
    assert [str(told) for told in mistakes.value.told] == EXPECTED[file.stem]


def test_every_expected_mistake_has_its_file() -> None:
    assert set(EXPECTED) == {file.stem for file in BAD}


@pytest.mark.parametrize("text", ["\x00", "[" * 5000, "a: " + "x" * 300_000, "{{{", "- &a [*a]", "é: ï\n", "%"])
def test_no_text_at_all_is_more_than_a_mistake(text: str) -> None:
    with pytest.raises(PolicyMistakes):
        read_policy(text, FOLDER)


@given(st.text(max_size=200))
def test_whatever_is_typed_is_a_policy_or_mistakes(text: str) -> None:
    with pytest.raises(PolicyMistakes):
        read_policy(text, FOLDER)


@given(st.sets(st.integers(1, 7), min_size=1))
def test_weekdays_read_back(days: set[int]) -> None:
    assert weekdays_of(weekdays_text(days)) == sorted(days)


def test_what_a_file_leaves_out_stays_as_it_is_in_force() -> None:
    key = PassKey(kid="p1", public_key=GATE_SIGNER.public_key, valid_from=AT, valid_until=AT + timedelta(days=90))
    threat = Threat(level="yellow", valid_from=AT, valid_until=AT + timedelta(days=3), source="№ 12")
    known = msgspec.structs.replace(policy().data, pass_keys=[key], threat=threat)
    least = (FOLDER / "good" / "least.yaml").read_text(encoding="utf-8")
    kept = read_policy(least, FOLDER, known).over(known)
    assert (kept.gates, kept.pass_keys, kept.threat) == (known.gates, known.pass_keys, known.threat)
    ended = read_policy(f"{least}threat: none\npass_keys: []\n", FOLDER, known).over(known)
    assert (ended.gates, ended.pass_keys, ended.threat) == (known.gates, [], None)


def test_every_field_of_a_policy_can_be_written_and_read() -> None:
    window = Window(weekdays=[1, 3, 4], opens_min=420, closes_min=800, shift="2", late_from_min=500)
    rules = CategoryRules(
        windows=[window],
        anti_passback="soft",
        admit_staleness_s=90.5,
        passback_within_s=900.0,
        refuse_staleness_s=172_800.0,
        open_on_holidays=False,
        entrances=["school-1-main"],
        escort="staff",
        screening="drawn",
        walk_in=False,
        lessons=[window],
    )
    whole: SitePolicy = msgspec.structs.replace(
        policy().data,
        version=0,
        utc_offset_min=-210,
        categories=dict.fromkeys(CATEGORIES, rules),
        calendar=[Days(first=date(2027, 5, 1), last=date(2027, 5, 1), kind="working", name="өтеу")],
        threat=Threat(level="red", valid_from=AT, valid_until=AT + timedelta(hours=3), source="№ 12 өкім"),
        measures={"orange": {"visitor": Measure(entry="ask", screening="always", escort="host", walk_in=False)}},
        visitor_capacity=0,
        screening_share=0.125,
        question_after_s=1.5,
        reserve_s=600.0,
        pass_keys=[PassKey(kid="k", public_key=GATE_SIGNER.public_key, valid_from=AT, valid_until=AT + timedelta(1))],
    )
    assert read_policy(written("school-1", whole), FOLDER).policy == whole
