"""``decide`` by its vectors, and what must hold whatever the facts are."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.credential import Category, Credential
from schemas.credential_read import CredentialRead
from schemas.reasons import Reason, Verdict
from schemas.site_mode import SiteMode
from schemas.site_policy import CategoryRules, SitePolicy, Window
from services.rules.decide import Decided, decide
from services.rules.facts import Facts, Presence
from tests.vectors.decisions import Vector, load

VECTORS = load()

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds the zone
WINDOWS = st.builds(
    Window,
    weekdays=st.lists(st.integers(1, 7), unique=True),
    opens_min=st.integers(0, 1440),
    closes_min=st.integers(0, 1440),
)
RULES = st.builds(
    CategoryRules,
    windows=st.lists(WINDOWS, max_size=3),
    anti_passback=st.sampled_from(["off", "hard"]),
    admit_staleness_s=st.floats(0, 1e6),
)
POLICIES = st.builds(
    SitePolicy,
    version=st.integers(1, 99),
    name=st.just("a school"),
    utc_offset_min=st.integers(-720, 840),
    answer_within_ms=st.just(300),
    categories=st.dictionaries(st.sampled_from(get_args(Category)), RULES),
    gates=st.just({}),
)
CREDENTIALS = st.builds(
    Credential,
    credential=st.just("0" * 32),
    version=st.integers(1, 9),
    holder=st.just("h-1"),
    category=st.sampled_from(get_args(Category)),
    valid_from=MOMENTS,
    valid_until=MOMENTS,
    revoked_at=st.none() | MOMENTS,
)
MODES = st.builds(
    SiteMode,
    version=st.just(1),
    mode=st.sampled_from(["normal", "free", "lockdown", "evacuation"]),
    drill=st.booleans(),
    by=st.just(["duty-admin"]),
    because=st.none(),
)
FACTS = st.builds(
    Facts,
    policy=st.none() | POLICIES,
    confirmed_at=MOMENTS,
    credential=st.none() | CREDENTIALS,
    mode=st.none() | MODES,
    presence=st.none() | st.builds(Presence, st.booleans(), st.just("g:1:1"), MOMENTS),
)


def read(direction: str) -> CredentialRead:
    """Give a read in a direction."""
    return msgspec.convert(
        {
            "gate": "g",
            "reader": "r",
            "direction": direction,
            "credential": "0" * 32,
            "technology": "card",
            "bits": 26,
            "answer_by": "2026-01-01T00:00:00Z",
        },
        CredentialRead,
    )


ENTRY, EXIT = read("entry"), read("exit")
OPENNESS = {Verdict.REFUSE: 0, Verdict.ASK: 1, Verdict.ADMIT: 2}


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_vector(vector: Vector) -> None:
    decided = decide(vector.read, vector.facts, vector.now)
    assert (decided.verdict, decided.reason, decided.values) == (vector.verdict, vector.reason, vector.values)
    assert (decided.holder, decided.category) == (
        (vector.facts.credential.holder, vector.facts.credential.category) if vector.facts.credential else (None, None)
    )
    assert decided.policy_version == (vector.facts.policy.version if vector.facts.policy else 0)
    assert decided.policy_age_s == max(0.0, round((vector.now - vector.facts.confirmed_at).total_seconds(), 3))


def test_the_vectors_reach_every_reason_and_every_verdict_that_it_can_have() -> None:
    assert len(VECTORS) >= 60
    reached = Counter((vector.reason, vector.verdict) for vector in VECTORS)
    assert {reason for reason, _ in reached} == set(Reason)
    softened = {reason for reason, verdict in reached if verdict is Verdict.REFUSE} - {Reason.UNKNOWN_CREDENTIAL}
    assert {(reason, Verdict.ASK) for reason in softened} <= set(reached), "each refusal is also asked about a pupil"


@given(FACTS, MOMENTS)
def test_exit_is_never_blocked(facts: Facts, now: datetime) -> None:
    assert decide(EXIT, facts, now).verdict is Verdict.ADMIT


@given(FACTS, CREDENTIALS, MOMENTS)
def test_a_pupil_is_never_refused(facts: Facts, credential: Credential, now: datetime) -> None:
    pupil = msgspec.structs.replace(credential, category="pupil")
    assert decide(ENTRY, msgspec.structs.replace(facts, credential=pupil), now).verdict is not Verdict.REFUSE


@given(FACTS, CREDENTIALS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_revoked_credential_is_never_admitted_unless_the_gate_is_free_for_all(
    facts: Facts, credential: Credential, now: datetime, ago: timedelta
) -> None:
    revoked = msgspec.structs.replace(credential, revoked_at=now - ago)
    decided = decide(ENTRY, msgspec.structs.replace(facts, credential=revoked), now)
    assert decided.verdict is not Verdict.ADMIT or decided.reason is Reason.GATE_FREE


@given(FACTS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_older_facts_never_open_more(facts: Facts, now: datetime, older: timedelta) -> None:
    fresh = decide(ENTRY, facts, now)
    stale = decide(ENTRY, msgspec.structs.replace(facts, confirmed_at=facts.confirmed_at - older), now)
    assert OPENNESS[stale.verdict] <= OPENNESS[fresh.verdict]
    assert stale.verdict is fresh.verdict or stale.reason is Reason.POLICY_STALE


@given(FACTS, MOMENTS)
def test_a_lockdown_opens_nothing(facts: Facts, now: datetime) -> None:
    lockdown = SiteMode(version=2, mode="lockdown", drill=False, by=["duty-admin"], because=None)
    assert decide(ENTRY, msgspec.structs.replace(facts, mode=lockdown), now).verdict is not Verdict.ADMIT


@given(FACTS, MOMENTS)
def test_a_drill_changes_nothing(facts: Facts, now: datetime) -> None:
    drill = SiteMode(version=2, mode="lockdown", drill=True, by=["duty-admin"], because=None)
    without = decide(ENTRY, msgspec.structs.replace(facts, mode=None), now)
    assert decide(ENTRY, msgspec.structs.replace(facts, mode=drill), now) == without


@given(st.sampled_from([ENTRY, EXIT]), FACTS, MOMENTS)
def test_the_same_facts_decide_the_same(shown: CredentialRead, facts: Facts, now: datetime) -> None:
    first = decide(shown, facts, now)
    again = msgspec.json.decode(msgspec.json.encode(facts), type=Facts)
    assert decide(shown, again, now) == first
    assert msgspec.json.decode(msgspec.json.encode(first), type=Decided) == first


@given(FACTS, MOMENTS)
def test_a_decision_has_one_reason_of_the_table_and_speaks_of_its_holder_only(facts: Facts, now: datetime) -> None:
    decided = decide(ENTRY, facts, now)
    assert decided.reason in set(Reason) - {Reason.EXIT_FREE}
    assert decided.holder == (facts.credential.holder if facts.credential else None)
    assert decided.policy_age_s >= 0
