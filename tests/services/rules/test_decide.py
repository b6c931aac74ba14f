"""The one ``decide``: its vectors, and what must hold of it whatever the facts are."""

from collections import Counter
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.credential import Category, Credential
from schemas.credential_read import CredentialRead
from schemas.reasons import Reason, Verdict
from schemas.site_mode import SiteMode
from schemas.visitor_pass import VisitorPass
from services.rules.asked import TOKEN_FAULTS, person_of
from services.rules.decide import ALSO, NEVER_REFUSED, RULES, Decided, decide
from services.rules.facts import Facts
from services.rules.mends import MENDS
from tests.services.rules.made_up import CREDENTIALS, ENTRIES, EXITS, FACTS, MOMENTS, PASSES, of_category
from tests.vectors.decisions import Vector, load

VECTORS = load()
OPENNESS = {Verdict.REFUSE: 0, Verdict.ASK: 1, Verdict.ADMIT: 2}
AGES = st.timedeltas(timedelta(0), timedelta(days=400))
ADMITTING = {Reason.EXIT_FREE, Reason.GATE_FREE, Reason.EMERGENCY, Reason.VALID}
NOBODYS = {Reason.PASS_NOT_GENUINE, Reason.PASS_OF_ANOTHER_SITE, Reason.UNKNOWN_CREDENTIAL}
"""Reasons that are never softened: whose read it is, is not known."""


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_vector(vector: Vector) -> None:
    decided = decide(vector.read, vector.facts, vector.now)
    assert (decided.verdict, decided.reason, decided.values) == (vector.verdict, vector.reason, vector.values)
    person = None if vector.read.pass_fault in TOKEN_FAULTS else vector.person
    assert (decided.holder, decided.category) == ((person.holder, person.category) if person else (None, None))
    assert decided.policy_version == (vector.facts.policy.version if vector.facts.policy else 0)
    assert decided.policy_age_s == max(0.0, round((vector.now - vector.facts.confirmed_at).total_seconds(), 3))


def test_the_vectors_reach_every_reason_and_every_verdict_that_it_can_have() -> None:
    assert len(VECTORS) >= 300
    assert len({str(vector) for vector in VECTORS}) == len(VECTORS)
    reached = Counter((vector.reason, vector.verdict) for vector in VECTORS)
    assert {reason for reason, _ in reached} == set(Reason)
    softened = {reason for reason, verdict in reached if verdict is Verdict.REFUSE} - NOBODYS
    assert {(reason, Verdict.ASK) for reason in softened} <= set(reached), "each refusal is also asked about a pupil"
    assert {reason for reason, verdict in reached if verdict is Verdict.ADMIT} == ADMITTING


def test_agent_and_gate_can_be_in_most_of_the_vectors() -> None:
    assert sum(vector.at_the_stream for vector in VECTORS) > 300
    assert sum(vector.at_a_gate_alone for vector in VECTORS) > 300


def test_the_table_asks_in_the_order_in_which_the_reasons_are_listed() -> None:
    """``schemas/reasons.py`` promises it; what ends the matter comes first, what lets in last."""
    order = list(Reason)
    first = [min(order.index(reason) for reason in rule.reasons) for rule in RULES if rule.name != "known"]
    assert first == sorted(first)
    assert {reason for rule in RULES for reason in rule.reasons} == set(Reason)
    ends = [rule.ends for rule in RULES]
    assert ends == sorted(ends, reverse=True), "a rule that ends the matter never follows a question"
    assert set(MENDS) == set(Reason)
    assert {reason for reason, mend in MENDS.items() if mend == "nothing"} == ADMITTING


@given(EXITS, FACTS, MOMENTS)
def test_exit_is_never_blocked(shown: CredentialRead, facts: Facts, now: datetime) -> None:
    decided = decide(shown, facts, now)
    assert (decided.verdict, decided.reason) == (Verdict.ADMIT, Reason.EXIT_FREE)


@given(ENTRIES, FACTS, st.sampled_from(sorted(NEVER_REFUSED)), MOMENTS)
def test_an_enrolled_pupil_and_an_emergency_crew_are_never_refused(
    shown: CredentialRead, facts: Facts, category: Category, now: datetime
) -> None:
    theirs = of_category(facts, category)
    decided = decide(shown, theirs, now)
    assert decided.verdict is not Verdict.REFUSE or person_of(shown, theirs) is None


@given(ENTRIES, FACTS, CREDENTIALS, st.none() | PASSES, MOMENTS, AGES)
def test_a_revoked_credential_is_never_admitted_unless_the_gate_is_free_for_all(
    shown: CredentialRead,
    facts: Facts,
    credential: Credential,
    visit: VisitorPass | None,
    now: datetime,
    ago: timedelta,
) -> None:
    """Neither a card nor a pass, of nobody, not even by a clock that is doubted."""
    put = msgspec.structs.replace
    revoked = put(credential, revoked_at=now - ago)
    revoked_pass = put(visit, revoked_at=now - ago) if visit else None
    decided = decide(shown, put(facts, credential=revoked, visitor_pass=revoked_pass), now)
    assert decided.verdict is not Verdict.ADMIT or decided.reason is Reason.GATE_FREE


@given(ENTRIES, FACTS, MOMENTS, AGES)
def test_older_facts_never_open_more(shown: CredentialRead, facts: Facts, now: datetime, older: timedelta) -> None:
    fresh = decide(shown, facts, now)
    stale = decide(shown, msgspec.structs.replace(facts, confirmed_at=facts.confirmed_at - older), now)
    assert OPENNESS[stale.verdict] <= OPENNESS[fresh.verdict]
    assert stale.verdict is fresh.verdict or stale.reason in {Reason.POLICY_STALE, Reason.POLICY_TOO_STALE}


@given(ENTRIES, FACTS, MOMENTS)
def test_a_doubted_clock_never_admits_except_a_crew(shown: CredentialRead, facts: Facts, now: datetime) -> None:
    decided = decide(shown, msgspec.structs.replace(facts, clock_doubted=True), now)
    assert decided.verdict is not Verdict.ADMIT or decided.reason in {Reason.GATE_FREE, Reason.EMERGENCY}


@given(ENTRIES, FACTS, MOMENTS)
def test_a_lockdown_opens_nothing(shown: CredentialRead, facts: Facts, now: datetime) -> None:
    lockdown = SiteMode(version=2, mode="lockdown", drill=False, by=["duty-admin"], because=None)
    decided = decide(shown, msgspec.structs.replace(facts, mode=lockdown), now)
    assert decided.verdict is not Verdict.ADMIT
    assert decided.reason is Reason.LOCKDOWN


@given(ENTRIES, FACTS, MOMENTS)
def test_a_drill_changes_nothing(shown: CredentialRead, facts: Facts, now: datetime) -> None:
    drill = SiteMode(version=2, mode="lockdown", drill=True, by=["duty-admin"], because=None)
    without = decide(shown, msgspec.structs.replace(facts, mode=None), now)
    assert decide(shown, msgspec.structs.replace(facts, mode=drill), now) == without


@given(ENTRIES | EXITS, FACTS, MOMENTS)
def test_the_same_facts_decide_the_same(shown: CredentialRead, facts: Facts, now: datetime) -> None:
    first = decide(shown, facts, now)
    again = msgspec.json.decode(msgspec.json.encode(facts), type=Facts)
    assert decide(shown, again, now) == first
    assert msgspec.json.decode(msgspec.json.encode(first), type=Decided) == first


@given(ENTRIES, FACTS, MOMENTS)
def test_a_decision_has_one_reason_of_the_table_and_speaks_of_its_holder_only(
    shown: CredentialRead, facts: Facts, now: datetime
) -> None:
    decided = decide(shown, facts, now)
    person = person_of(shown, facts)
    assert decided.reason in set(Reason) - {Reason.EXIT_FREE}
    assert decided.holder == (person.holder if person else None)
    assert decided.policy_age_s >= 0
    assert (ALSO in decided.values) <= (decided.verdict is Verdict.ASK)
    also = decided.values.get(ALSO, "").split(",")
    assert decided.reason not in also
    assert set(also) <= {*Reason, ""}
