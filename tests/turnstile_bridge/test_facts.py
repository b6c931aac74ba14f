"""What a gate knows: followed facts on disk, the newest version of each, and what was refused."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.access_decision import AccessDecision
from schemas.catalogue import Said
from schemas.envelope import Event
from schemas.ids import decision_id
from schemas.reasons import Reason, Refused, Verdict
from schemas.site_mode import SiteMode
from schemas.topics import ACCESS_DECISIONS, CREDENTIALS, SITE_MODES, SITE_POLICIES, Placement, Role, Topic
from schemas.trust import Signer
from tests.turnstile_bridge.gate_home import SITE, STAFF, STRANGER, GateHome
from turnstile_bridge.facts import REFUSED_KEPT, FactsOnDisk
from turnstile_bridge.gate_words import ModeKnown
from turnstile_bridge.incoming import Incoming

NOW = datetime(2026, 9, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
def incoming(home: GateHome) -> Iterator[Incoming]:
    """Give the way in of a gate."""
    incoming = Incoming(home.configuration.trust(), SITE, "school-1-main", home.configuration.data_dir / "facts.sqlite")
    yield incoming
    incoming.close()


def take(incoming: Incoming, topic: Topic, offset: int, value: bytes, partition: int | None = None) -> ModeKnown | None:
    """Let a record come in."""
    place = incoming_partition(topic) if partition is None else partition
    with incoming.facts.whole():
        return incoming.fact(topic, (place, offset), value)


def incoming_partition(topic: Topic, site: str = SITE) -> int:
    """Give where a site's facts lie."""
    return Placement().partition(topic, site)


def record(signer: Signer, data: Said, site: str = SITE) -> bytes:
    """Sign a fact."""
    return signer.record(Event(id="administration:1:1", source=signer.source, time=NOW, site=site, data=data))


def test_the_newest_version_holds_whatever_the_order(home: GateHome, incoming: Incoming) -> None:
    signer = home.services[Role.ADMINISTRATION]
    revoked = home.credential(STAFF, "staff", version=2, revoked_at=NOW)
    take(incoming, CREDENTIALS, 0, record(signer, revoked))
    take(incoming, CREDENTIALS, 1, record(signer, home.credential(STAFF, "staff", version=1)))
    take(incoming, SITE_POLICIES, 0, record(signer, home.policy(version=4)))
    facts = incoming.facts.facts_for(home.hash(STAFF))
    assert facts.credential == revoked
    assert facts.policy == home.policy(version=4)
    assert incoming.facts.facts_for(home.hash(STRANGER)).credential is None


def test_following_goes_on_after_what_was_taken_and_after_neighbours(home: GateHome, incoming: Incoming) -> None:
    signer = home.services[Role.ADMINISTRATION]
    place = incoming_partition(CREDENTIALS)
    assert incoming.facts.next_offset(CREDENTIALS, place) is None
    take(incoming, CREDENTIALS, 6, record(signer, home.credential(STAFF, "staff")))
    take(incoming, CREDENTIALS, 7, record(signer, home.credential(STRANGER, "staff"), site="school-2"))
    take(incoming, CREDENTIALS, 8, b"rubbish")
    again = FactsOnDisk(home.configuration.data_dir / "facts.sqlite", SITE)
    assert again.next_offset(CREDENTIALS, place) == 9
    assert again.facts_for(home.hash(STRANGER)).credential is None
    again.close()


def test_a_new_mode_is_told_once(home: GateHome, incoming: Incoming) -> None:
    mode = SiteMode(version=3, mode="lockdown", drill=False, by=["duty"], because=None)
    value = record(home.services[Role.ADMINISTRATION], mode)
    assert take(incoming, SITE_MODES, 0, value) == ModeKnown("lockdown", drill=False)
    assert take(incoming, SITE_MODES, 1, value) is None
    assert incoming.facts.mode() == mode


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("signer", Refused.NOT_THE_WRITER),
        ("stranger", Refused.UNKNOWN_SIGNER),
        ("partition", Refused.WRONG_PARTITION),
        ("changed", Refused.WRONG_SIGNATURE),
        ("future", Refused.FUTURE_VERSION),
        ("large", Refused.TOO_LARGE),
        ("rubbish", Refused.MALFORMED),
    ],
)
def test_a_fact_that_cannot_be_trusted_is_kept_beside_and_changes_nothing(
    home: GateHome, incoming: Incoming, wrong: str, reason: Refused
) -> None:
    signer = home.services[Role.ADMINISTRATION]
    fact = home.credential(STAFF, "staff")
    good = record(signer, fact)
    values = {
        "signer": record(home.services[Role.WEB], fact),
        "stranger": record(Signer("service/administration", bytes(32)), fact),
        "partition": good,
        "changed": good.replace(b'"category":"staff"', b'"category":"pupil"'),
        "future": good.replace(b"credential.v1", b"credential.v9"),
        "large": good + b" " * 70_000,
        "rubbish": good[: len(good) // 2],
    }
    place = incoming_partition(CREDENTIALS) + (wrong == "partition")
    take(incoming, CREDENTIALS, 0, values[wrong], place)
    assert incoming.facts.facts_for(home.hash(STAFF)).credential is None
    assert incoming.facts.refused() == [("credentials", str(reason), 1)]
    assert incoming.refused == 1
    take(incoming, CREDENTIALS, 1, good)
    assert incoming.facts.facts_for(home.hash(STAFF)).credential == fact, "what comes after it is not lost"


def test_refused_records_are_bounded(incoming: Incoming) -> None:
    with incoming.facts.whole():
        for offset in range(REFUSED_KEPT + 50):
            incoming.fact(CREDENTIALS, (0, offset), b"rubbish")
    assert incoming.facts.refused()[0][2] == REFUSED_KEPT


def test_a_decision_for_another_gate_of_the_site_is_passed_over(home: GateHome, incoming: Incoming) -> None:

    def decision(gate: str) -> bytes:
        data = AccessDecision(
            read=f"{gate}:1:1",
            gate=gate,
            reader="entry",
            direction="entry",
            credential="aa",
            verdict=Verdict.ADMIT,
            reason=Reason.VALID,
            values={},
            holder=None,
            category=None,
            policy_version=1,
            policy_age_s=0.0,
            late=False,
            expires_at=NOW,
        )
        signer = home.services[Role.ADMISSION]
        return signer.record(Event(id=decision_id(data.read), source=signer.source, time=NOW, site=SITE, data=data))

    place = incoming_partition(ACCESS_DECISIONS)
    assert incoming.decision((place, 0), decision("school-1-back")) is None
    told = incoming.decision((place, 1), decision("school-1-main"))
    assert told is not None
    assert told.id == "decision/school-1-main:1:1"
    assert incoming.refused == 0


def test_facts_survive_a_reader_that_looks_on(home: GateHome, incoming: Incoming) -> None:
    path = home.configuration.data_dir / "facts.sqlite"
    onlooker = sqlite3.connect(path)
    onlooker.execute("BEGIN")
    onlooker.execute("SELECT COUNT(*) FROM facts").fetchone()
    take(incoming, CREDENTIALS, 0, record(home.services[Role.ADMINISTRATION], home.credential(STAFF, "staff")))
    onlooker.close()
    assert Path(path).exists()
    assert incoming.facts.facts_for(home.hash(STAFF)).credential is not None
