"""The vectors of decisions, run by a gate alone: facts on its disk, presence from its passages, the act that
follows.
"""

import pytest

from schemas.catalogue import Said
from schemas.envelope import Event
from schemas.gate_act import GateAct
from schemas.passage import Passage
from schemas.reasons import Verdict
from schemas.topics import CREDENTIALS, PASSAGES, SITE_MODES, SITE_POLICIES, Topic
from services.rules.decide import Decided
from tests.turnstile_bridge.gate_home import GATE, SITE, GateHome
from tests.turnstile_bridge.played_gate import SETUP
from tests.vectors.decisions import Vector, load
from turnstile_bridge import gate
from turnstile_bridge.alone import decided_alone
from turnstile_bridge.facts import FactsOnDisk
from turnstile_bridge.gate_words import Effect, GateState, Instant, OwnDecision, Say, Shown, Tick, Unlock
from turnstile_bridge.journal import Journal


@pytest.mark.parametrize("vector", load(), ids=str)
def test_a_gate_alone_decides_as_the_vector_says(vector: Vector, home: GateHome) -> None:
    configuration = home.configuration
    on_disk = FactsOnDisk(configuration.data_dir / "facts.sqlite", SITE)
    journal = Journal(
        configuration.data_dir / "journal.sqlite",
        site=SITE,
        signer=configuration.signer(),
        placement=configuration.placement,
        max_rows=1000,
        max_bytes=1_000_000,
    )
    follow(vector, on_disk)
    remember(vector, journal)
    decided = decided_alone(vector.read, on_disk, journal, vector.now)
    assert (decided.verdict, decided.reason, decided.values) == (vector.verdict, vector.reason, vector.values)
    effects = acted(vector, decided)
    [act] = [effect.data for effect in effects if isinstance(effect, Say) and isinstance(effect.data, GateAct)]
    assert (act.verdict, act.reason, act.values) == (vector.verdict, vector.reason, vector.values)
    assert any(isinstance(effect, Unlock) for effect in effects) == (vector.verdict is Verdict.ADMIT)
    on_disk.close()
    journal.close()


def follow(vector: Vector, on_disk: FactsOnDisk) -> None:
    """Let the vector's facts come in, and be confirmed when the vector says."""
    facts: list[tuple[Topic, Said | None]] = [
        (SITE_POLICIES, vector.facts.policy),
        (CREDENTIALS, vector.facts.credential),
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
    """Let the passage happen that the vector's presence follows from."""
    presence, credential = vector.facts.presence, vector.facts.credential
    if presence is None or credential is None:
        return
    passage = Passage(
        gate=GATE,
        direction="entry" if presence.inside else "exit",
        outcome="entered" if presence.inside else "left",
        grant="grant/main:0:1",
        read="main:0:1",
        credential=credential.credential,
        holder=credential.holder,
    )
    journal.write([(Say(PASSAGES, passage), presence.at)])


def acted(vector: Vector, decided: Decided) -> list[Effect]:
    """Play the read at a gate whose stream does not answer."""
    now = Instant(vector.now, 1000.0)
    later = Instant(vector.now, 1000.4)
    read = vector.read
    shown = Shown("main:1:1", read.reader, read.direction, read.credential, read.bits, 0.3)
    state, _ = gate.step(SETUP, GateState(), shown, now)
    state, _ = gate.step(SETUP, state, Tick(), later)
    _, effects = gate.step(SETUP, state, OwnDecision("main:1:1", decided), later)
    return effects
