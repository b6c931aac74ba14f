"""No code word reaches the guard: every decision that the rules can make is a sentence in three languages."""

import re
from typing import Any, get_args

import msgspec
import pytest

from schemas.credential_read import PassFault
from schemas.gate_act import GateAct
from schemas.reasons import Reason, Verdict
from schemas.site_mode import Mode
from schemas.site_policy import Escort, ThreatLevel
from services.i18n.words import UNKNOWN_VALUE, Language, words_in
from services.rules.decide import ALSO, RULES
from services.rules.opening_times import DUTY_ADMINISTRATOR
from services.web.guard_console.sentences import TOLD, WORDED, Verdicted, verdict_words
from tests.vectors.decisions import Vector, load

OF_THE_SCHOOL = {"entrances": "Аула", "name": "Каникул"}
"""Values in the school's own words, in whatever letters."""

TODAY = "2026-11-23"
VECTORS = load()


def act(reason: Reason, values: dict[str, str], verdict: Verdict = Verdict.ASK, category: str | None = None) -> GateAct:
    return GateAct(
        read="g:1:1",
        gate="g",
        reader="in",
        direction="entry",
        credential="0" * 32,
        decided_by="online",
        decision=None,
        verdict=verdict,
        reason=reason,
        values=values,
        holder=None,
        category=category,
        policy_version=1,
        policy_age_s=0.0,
        grant=None,
        waited_ms=0.0,
    )


def of_vector(vector: Vector) -> GateAct:
    told = {name: OF_THE_SCHOOL.get(name, value) if value else value for name, value in vector.values.items()}
    person = vector.person
    said = act(vector.reason, told, vector.verdict, person.category if person else None)
    return msgspec.structs.replace(said, direction=vector.read.direction)


def text(said: Verdicted) -> str:
    return " ".join((said.word, said.why, said.do, *said.more))


@pytest.mark.parametrize("language", list(Language))
def test_no_code_and_no_dash_reaches_the_guard_whatever_is_decided(language: Language) -> None:
    wrong = re.compile(r"[A-Za-z]" if language is not Language.EN else r"\w_\w")
    for vector in VECTORS:
        told = text(verdict_words(words_in(language), of_vector(vector), TODAY))
        assert UNKNOWN_VALUE not in told, f"{vector}: {told}"
        assert wrong.search(told) is None, f"{vector}: {told}"


def test_every_value_that_a_rule_gives_is_said() -> None:
    words = words_in(Language.EN)
    for vector in VECTORS:
        whole = text(verdict_words(words, of_vector(vector), TODAY))
        for name, value in vector.values.items():
            without = {key: kept for key, kept in vector.values.items() if key != name}
            less = verdict_words(words, msgspec.structs.replace(of_vector(vector), values=without), TODAY)
            assert text(less) != whole or not value, f"{vector} says nothing of {name}"


CODES: dict[str, set[str]] = {
    "level": set(get_args(ThreatLevel)) - {"none"},
    "escort": set(get_args(Escort)) - {"none"},
    "basis": {"threat_level", "category", "pass"},
    "fault": set(get_args(PassFault)) - {"not_yet_valid", "expired"},
    "mode": set(get_args(Mode)) - {"normal", "lockdown"},
    "who": {DUTY_ADMINISTRATOR},
}


def test_every_code_of_a_value_has_words_and_the_vectors_know_no_other_value() -> None:
    assert set(WORDED) == set(CODES)
    for name, codes in CODES.items():
        for code in codes:
            assert len(verdict_words(words_in(Language.KK), act(Reason.VALID, {name: code}), TODAY).more) == 1
    in_texts = {"since", "from", "until", "at", "windows", "entrances", "name", "inside", "capacity", "age_min"}
    given = {name for vector in VECTORS for name in vector.values}
    assert given <= in_texts | set(WORDED) | set(TOLD) | {ALSO}


@pytest.mark.parametrize("language", list(Language))
def test_further_reasons_are_listed_plainly(language: Language) -> None:
    words = words_in(language)
    later = {reason for rule in RULES if not rule.ends for reason in rule.reasons}
    for reason in later - {Reason.REVOKED, Reason.EMERGENCY, Reason.VALID}:
        assert f"value.also.{reason}" in words
    values: dict[str, Any] = {ALSO: "outside_window,escort_due"}
    [told] = verdict_words(words, act(Reason.REVOKED, values), TODAY).more
    assert words.say("value.also.outside_window") in told
    assert words.say("value.also.escort_due") in told
