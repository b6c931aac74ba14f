"""The vectors of ``decide`` through the admission agent's own hop: what a gate alone decides, the stream decides
too.
"""

import msgspec
import pytest

from schemas.envelope import Event
from schemas.topics import Role
from schemas.trust import gate_source
from services.flow.passages_to_presence import PRESENCE, PresenceRow, presence_key
from services.flow.passes import OCCUPANCY, USES, UsesRow
from services.flow.reads_to_decisions import reads_to_decisions
from services.rules.facts import Facts
from services.rules.occupancy import Occupancy
from services.rules.pass_uses import PassUses
from tests.services.flow.desk import Desk
from tests.services.flow.people import fact
from tests.vectors.decisions import GATE, SITE, Vector, load

CURRENT = [vector for vector in load() if vector.at_the_stream]
"""How a gate judges by old facts or a doubted clock is its own matter."""


def lay_rows(desk: Desk, vector: Vector) -> None:
    """Let admission have made what the vector says of presence, of the pass, and of how many visitors are inside."""
    facts, person = vector.facts, vector.person
    if facts.presence is not None and person is not None:
        desk.rows[PRESENCE, presence_key(SITE, person.holder)] = msgspec.msgpack.encode(PresenceRow(facts.presence))
    if facts.pass_standing is not None and facts.visitor_pass is not None:
        row = msgspec.msgpack.encode(UsesRow(_uses(facts)))
        desk.rows[USES, f"{SITE}/{facts.visitor_pass.jti}"] = row
    inside = {f"visitor-{number}": vector.now for number in range(facts.visitors_inside or 0)}
    by_name = dict(list(inside.items())[: facts.visitors_unsure])
    desk.rows[OCCUPANCY, SITE] = msgspec.msgpack.encode(Occupancy(inside, by_name))


def _uses(facts: Facts) -> PassUses:
    standing = facts.pass_standing
    assert standing is not None
    return PassUses(granted=standing) if standing.state == "reserved" else PassUses(used=[standing])


@pytest.mark.parametrize("vector", CURRENT, ids=str)
def test_the_agent_decides_as_the_vector_says(vector: Vector) -> None:
    facts = vector.facts
    known = [facts.policy, facts.mode, facts.credential, facts.visitor_pass, facts.screening]
    desk = Desk(Role.ADMISSION, *(fact("fact", SITE, data) for data in known if data is not None), now=vector.now)
    lay_rows(desk, vector)
    read = Event(id=f"{GATE}:1:1", source=gate_source(GATE), time=vector.now, site=SITE, data=vector.read)
    decision, *_ = desk.say(reads_to_decisions, read)
    assert (decision.verdict, decision.reason, decision.values) == (vector.verdict, vector.reason, vector.values)
    assert not decision.late


def test_most_vectors_are_the_streams_too() -> None:
    assert len(CURRENT) > len(load()) / 2
