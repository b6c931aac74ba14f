"""What a gate knows: followed facts on disk, the newest version of each, and what was refused."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from schemas.access_decision import AccessDecision
from schemas.catalogue import Said
from schemas.envelope import Event
from schemas.guard_answer import GuardAnswer
from schemas.ids import decision_id
from schemas.reasons import Reason, Refused, Verdict
from schemas.site_mode import SiteMode
from schemas.topics import (
    ACCESS_DECISIONS,
    CREDENTIALS,
    GUARD_ANSWERS,
    SITE_MODES,
    SITE_POLICIES,
    VISITOR_PASSES,
    Placement,
    Role,
    Topic,
)
from schemas.trust import Signer
from tests.turnstile_bridge.gate_home import SITE, STAFF, STRANGER, GateHome
from turnstile_bridge.facts import REFUSED_KEPT, FactsOnDisk
from turnstile_bridge.gate_words import Answered, GuardAnswered, ModeKnown
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
    assert incoming.order(ACCESS_DECISIONS, (place, 0), decision("school-1-back")) is None
    told = incoming.order(ACCESS_DECISIONS, (place, 1), decision("school-1-main"))
    assert isinstance(told, Answered)
    assert (told.id, told.at) == ("decision/school-1-main:1:1", NOW)
    assert incoming.refused == 0


def test_a_guards_answer_is_taken_from_administration_only_and_for_this_gate_only(
    home: GateHome, incoming: Incoming
) -> None:
    answer = guard_answer()
    other = msgspec.structs.replace(answer, gate="school-1-back")
    place = incoming_partition(GUARD_ANSWERS)
    by = home.services[Role.ADMINISTRATION]
    assert incoming.order(GUARD_ANSWERS, (place, 0), record(by, answer)) == GuardAnswered(
        "administration:1:1", answer, at=NOW
    )
    assert incoming.order(GUARD_ANSWERS, (place, 1), record(by, other)) is None
    assert incoming.refused == 0
    assert incoming.order(GUARD_ANSWERS, (place, 2), record(home.services[Role.WEB], answer)) is None
    assert incoming.order(GUARD_ANSWERS, (place, 3), record(by, answer)[:-9] + b"}") is None
    assert incoming.facts.refused() == [
        ("guard_answers", str(Refused.MALFORMED), 1),
        ("guard_answers", str(Refused.NOT_THE_WRITER), 1),
    ]


def guard_answer() -> GuardAnswer:
    """Word a guard's answer."""
    return GuardAnswer(
        gate="school-1-main",
        direction="entry",
        read="school-1-main:1:1",
        answer="admit",
        because="document_seen",
        holder=None,
        category=None,
        by="guard",
        post="post-1",
        allowed_by=None,
        comment=None,
        expires_at=NOW,
    )


def test_a_pass_is_followed_and_found_by_its_name(home: GateHome, incoming: Incoming) -> None:
    signer = home.services[Role.ADMINISTRATION]
    visit = home.visitor_pass("7f3a9c10b2d84e55")
    take(incoming, VISITOR_PASSES, 0, record(signer, visit))
    revoked = msgspec.structs.replace(visit, version=2, revoked_at=NOW)
    take(incoming, VISITOR_PASSES, 1, record(signer, revoked))
    take(incoming, VISITOR_PASSES, 2, record(signer, visit))
    found = incoming.facts.facts_for("pass/7f3a9c10b2d84e55")
    assert (found.visitor_pass, found.credential) == (revoked, None)
    assert incoming.facts.facts_for("pass/another").visitor_pass is None
    assert incoming.facts.facts_for("7f3a9c10b2d84e55").visitor_pass is None, "a card of that name is not the pass"


def test_the_newest_thing_that_was_said_is_kept_with_its_time(home: GateHome, incoming: Incoming) -> None:
    assert incoming.facts.newest_said_at() is None
    by = home.services[Role.ADMINISTRATION]
    for offset, at in enumerate((NOW, NOW - timedelta(days=1), NOW + timedelta(milliseconds=1))):
        event: Event[Said] = Event(
            id="administration:1:1", source=by.source, time=at, site=SITE, data=home.policy(version=offset)
        )
        take(incoming, SITE_POLICIES, offset, by.record(event))
    assert incoming.facts.newest_said_at() == NOW + timedelta(milliseconds=1)


def test_facts_survive_a_reader_that_looks_on(home: GateHome, incoming: Incoming) -> None:
    path = home.configuration.data_dir / "facts.sqlite"
    onlooker = sqlite3.connect(path)
    onlooker.execute("BEGIN")
    onlooker.execute("SELECT COUNT(*) FROM facts").fetchone()
    take(incoming, CREDENTIALS, 0, record(home.services[Role.ADMINISTRATION], home.credential(STAFF, "staff")))
    onlooker.close()
    assert Path(path).exists()
    assert incoming.facts.facts_for(home.hash(STAFF)).credential is not None
