"""Why a gate did as it did: every rule is told of, and the one that decided is the decision."""

from datetime import datetime

import pytest
from hypothesis import given

from schemas.credential_read import CredentialRead
from schemas.reasons import Reason, Verdict
from services.rules.decide import ALSO, RULES, decide
from services.rules.explain import Explained, explain
from services.rules.facts import Facts
from services.rules.mends import MENDS
from tests.services.rules.made_up import ENTRIES, EXITS, FACTS, MOMENTS
from tests.vectors.decisions import load

VECTORS = {str(vector): vector for vector in load()}


def of_vector(name: str) -> Explained:
    """Explain the read of a vector."""
    vector = VECTORS[name]
    return explain(vector.read, vector.facts, vector.now)


def said(explained: Explained) -> dict[str, str]:
    """Give what became of each rule that was not silent."""
    return {told.rule: told.said for told in explained.rules if told.said != "silent"}


@given(ENTRIES | EXITS, FACTS, MOMENTS)
def test_the_rule_that_decided_is_the_decision(shown: CredentialRead, facts: Facts, now: datetime) -> None:
    explained = explain(shown, facts, now)
    assert explained.decided == decide(shown, facts, now)
    assert [told.rule for told in explained.rules] == [rule.name for rule in RULES]
    [deciding] = [told for told in explained.rules if told.said == "decided"]
    decided = explained.decided
    assert (deciding.verdict, deciding.reason) == (decided.verdict, decided.reason)
    assert deciding.values == {name: value for name, value in decided.values.items() if name != ALSO}
    assert deciding.mend == MENDS[decided.reason]
    if decided.verdict is Verdict.ASK:
        hidden = {told.reason for told in explained.rules if told.said == "hidden"}
        assert hidden == {Reason(code) for code in decided.values.get(ALSO, "").split(",") if code}


def test_a_refusal_that_hides_a_question_shows_both() -> None:
    explained = of_vector("check refused: staff: outside the window too, a question hides no refusal")
    assert said(explained) == {
        "check refused": "hidden",
        "window": "decided",
        "valid": "not_reached",
    }
    [question] = [told for told in explained.rules if told.rule == "check refused"]
    assert (question.verdict, question.reason, question.mend) == (Verdict.ASK, Reason.CHECK_REFUSED, "check")


def test_what_a_refusal_leaves_behind_it_is_told_too() -> None:
    explained = of_vector("entrance: wrong entrance and outside the window: the window is said")
    assert said(explained) == {"window": "decided", "entrance": "hidden", "valid": "not_reached"}


@pytest.mark.parametrize(
    ("name", "decided"),
    [
        ("exit is free: a revoked card: exit", "exit"),
        ("mode: lockdown: staff stay out", "mode"),
        ("no policy: of a pass too", "no policy"),
        ("pass token: another school's", "pass token"),
        ("known: a genuine pass without a record", "known"),
    ],
)
def test_after_what_ends_the_matter_nothing_is_reached(name: str, decided: str) -> None:
    told = said(of_vector(name))
    after = [rule.name for rule in RULES]
    assert told == {decided: "decided", **dict.fromkeys(after[after.index(decided) + 1 :], "not_reached")}


def test_a_crew_is_spared_what_is_not_about_it() -> None:
    told = said(of_vector("emergency: at night"))
    assert told.pop("emergency") == "decided"
    assert told.pop("valid") == "not_reached"
    assert set(told.values()) == {"spared"}
    assert "item found" in told
    assert "revoked" not in told


def test_the_policy_that_was_in_force_is_named() -> None:
    decided = of_vector("staleness: staff: old enough to ask").decided
    assert (decided.policy_version, decided.policy_age_s) == (7, 86400.001)
