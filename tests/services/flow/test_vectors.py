"""The vectors of ``decide`` through the admission agent's own hop: what a gate alone decides, the stream decides
too.
"""

import msgspec
import pytest

from schemas.envelope import Event
from schemas.topics import Role
from schemas.trust import gate_source
from services.flow.passages_to_presence import PRESENCE, PresenceRow, presence_key
from services.flow.reads_to_decisions import reads_to_decisions
from tests.services.flow.desk import Desk
from tests.services.flow.people import fact
from tests.vectors.decisions import GATE, SITE, Vector, load

CURRENT = [vector for vector in load() if vector.facts.confirmed_at == vector.now]
"""The stream judges only while its facts are whole and current; how a gate judges by old ones is its own matter."""


@pytest.mark.parametrize("vector", CURRENT, ids=str)
def test_the_agent_decides_as_the_vector_says(vector: Vector) -> None:
    facts = vector.facts
    known = [facts.policy, facts.mode, facts.credential]
    desk = Desk(Role.ADMISSION, *(fact("fact", SITE, data) for data in known if data is not None), now=vector.now)
    if facts.presence is not None and facts.credential is not None:
        row = msgspec.msgpack.encode(PresenceRow(facts.presence))
        desk.rows[PRESENCE, presence_key(SITE, facts.credential.holder)] = row
    read = Event(id=f"{GATE}:1:1", source=gate_source(GATE), time=vector.now, site=SITE, data=vector.read)
    (decision,) = desk.say(reads_to_decisions, read)
    assert (decision.verdict, decision.reason, decision.values) == (vector.verdict, vector.reason, vector.values)
    assert not decision.late


def test_most_vectors_are_the_streams_too() -> None:
    assert len(CURRENT) > len(load()) / 2
