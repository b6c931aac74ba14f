"""The vectors of decisions, run by a gate alone: facts on its disk, presence and uses from its own records, the act
that follows.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from schemas.catalogue import Said
from schemas.credential_read import Direction
from schemas.envelope import Event
from schemas.gate_act import GateAct
from schemas.ids import grant_id
from schemas.passage import Passage
from schemas.reasons import Reason, Verdict
from schemas.topics import CREDENTIALS, GATE_ACTS, PASSAGES, SITE_MODES, SITE_POLICIES, VISITOR_PASSES, Placement, Topic
from schemas.trust import Signer, gate_source
from services.rules.decide import Decided
from tests.turnstile_bridge.played_gate import SETUP
from tests.vectors.decisions import EARLIER_READ, GATE, SITE, Vector, load
from turnstile_bridge import gate
from turnstile_bridge.alone import decided_alone
from turnstile_bridge.facts import FactsOnDisk
from turnstile_bridge.gate_words import Effect, GateState, Grant, Instant, OwnDecision, Say, Shown, Tick, Unlock
from turnstile_bridge.journal import Journal

ALONE = [vector for vector in load() if vector.at_a_gate_alone and vector.facts.screening is None]
"""Checks are the stream's: a gate that is cut off knows of none."""


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[FactsOnDisk]:
    """Give the facts of a gate that has none yet."""
    facts = FactsOnDisk(tmp_path / "facts.sqlite", SITE)
    yield facts
    facts.close()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Give the journal of a gate that has said nothing yet."""
    signer, placement = Signer(gate_source(GATE), bytes(32)), Placement()
    journal = Journal(
        tmp_path / "journal.sqlite",
        site=SITE,
        signer=signer,
        placement=placement,
        max_rows=1000,
        max_bytes=1_000_000,
    )
    yield journal
    journal.close()


@pytest.mark.parametrize("vector", ALONE, ids=str)
def test_a_gate_alone_decides_as_the_vector_says(vector: Vector, on_disk: FactsOnDisk, journal: Journal) -> None:
    follow(vector, on_disk)
    remember(vector, journal)
    decided = decided_alone(vector.read, on_disk, journal, vector.now, clock_doubted=vector.facts.clock_doubted)
    assert (decided.verdict, decided.reason, decided.values) == (vector.verdict, vector.reason, vector.values)
    effects = acted(vector, decided)
    [act] = [effect.data for effect in effects if isinstance(effect, Say) and isinstance(effect.data, GateAct)]
    assert (act.verdict, act.reason, act.values) == (vector.verdict, vector.reason, vector.values)
    assert any(isinstance(effect, Unlock) for effect in effects) == (vector.verdict is Verdict.ADMIT)


def test_a_gate_alone_is_asked_of_passes_and_cards_alike() -> None:
    assert len(ALONE) > 300
    assert {vector.read.technology for vector in ALONE} == {"card", "qr"}


def follow(vector: Vector, on_disk: FactsOnDisk) -> None:
    """Let the vector's facts come in, and be confirmed when the vector says."""
    facts: list[tuple[Topic, Said | None]] = [
        (SITE_POLICIES, vector.facts.policy),
        (CREDENTIALS, vector.facts.credential),
        (VISITOR_PASSES, vector.facts.visitor_pass),
        (SITE_MODES, vector.facts.mode),
    ]
    with on_disk.whole():
        for topic, data in facts:
            if data is not None:
                event: Event[Said] = Event(
                    id="administration:1:1", source="service/administration", time=vector.now, site=SITE, data=data
                )
                on_disk.take(event, topic, (0, 0))
    on_disk.confirm(vector.facts.confirmed_at)


def remember(vector: Vector, journal: Journal) -> None:
    """Let the acts and passages happen that the vector's presence and the standing of its pass follow from."""
    presence, standing, person = vector.facts.presence, vector.facts.pass_standing, vector.person
    if person is None:
        return
    if standing is not None:
        granted(vector, journal, standing.at)
        if standing.state == "used":
            passed(vector, journal, "entry", standing.at)
            if presence is None:
                passed(vector, journal, "exit", standing.at + timedelta(seconds=1))
    if presence is not None:
        passed(vector, journal, "entry" if presence.inside else "exit", presence.at)


def granted(vector: Vector, journal: Journal, at: datetime) -> None:
    """Let the gate have admitted the pass earlier."""
    grant = Grant(
        id=grant_id(EARLIER_READ),
        read=EARLIER_READ,
        reader="entry-1",
        direction="entry",
        credential=vector.read.credential,
        holder=vector.person.holder if vector.person else None,
        expires_at=at + timedelta(seconds=10),
    )
    act = GateAct(
        read=EARLIER_READ,
        gate=GATE,
        reader="entry-1",
        direction="entry",
        credential=grant.credential,
        decided_by="gate",
        decision=None,
        verdict=Verdict.ADMIT,
        reason=Reason.VALID,
        values={},
        holder=grant.holder,
        category="visitor",
        policy_version=1,
        policy_age_s=0.0,
        grant=grant.id,
        waited_ms=0.0,
    )
    journal.write([(Say(GATE_ACTS, act, grant=grant), at)])


def passed(vector: Vector, journal: Journal, direction: Direction, at: datetime) -> None:
    """Let the holder have gone through."""
    passage = Passage(
        gate=GATE,
        direction=direction,
        outcome="entered" if direction == "entry" else "left",
        grant=grant_id(EARLIER_READ),
        read=EARLIER_READ,
        credential=vector.read.credential,
        holder=vector.person.holder if vector.person else None,
    )
    journal.write([(Say(PASSAGES, passage), at)])


def acted(vector: Vector, decided: Decided) -> list[Effect]:
    """Play the read at a gate whose stream does not answer."""
    now = Instant(vector.now, 1000.0)
    later = Instant(vector.now, 1000.4)
    read = vector.read
    shown = Shown(
        "main:1:1", read.reader, read.direction, read.credential, read.bits, 0.3, read.technology, read.pass_fault
    )
    state, _ = gate.step(SETUP, GateState(), shown, now)
    state, _ = gate.step(SETUP, state, Tick(), later)
    _, effects = gate.step(SETUP, state, OwnDecision("main:1:1", decided), later)
    return effects
