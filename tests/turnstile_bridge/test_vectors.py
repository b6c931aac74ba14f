"""The vectors of ``decide`` as a gate alone decides them: from the facts on its disk, however old they are."""

from pathlib import Path

import msgspec
import pytest

from schemas.envelope import Event
from schemas.topics import CREDENTIALS, SITE_MODES, SITE_POLICIES, Role
from schemas.trust import service_source
from services.rules.decide import decide
from tests.vectors.decisions import SITE, Vector, load
from turnstile_bridge.facts import FactsOnDisk


@pytest.mark.parametrize("vector", load(), ids=str)
def test_a_gate_alone_decides_as_the_vector_says(vector: Vector, tmp_path: Path) -> None:
    facts = FactsOnDisk(tmp_path / "facts.db", SITE)
    told = (
        (SITE_POLICIES, vector.facts.policy),
        (SITE_MODES, vector.facts.mode),
        (CREDENTIALS, vector.facts.credential),
    )
    with facts.whole():
        for topic, data in told:
            if data is not None:
                source = service_source(Role.ADMINISTRATION)
                facts.take(Event(id="x", source=source, time=vector.now, site=SITE, data=data), topic, (0, 0))
    facts.confirm(vector.facts.confirmed_at)
    known = msgspec.structs.replace(facts.facts_for(vector.read.credential), presence=vector.facts.presence)
    facts.close()
    decided = decide(vector.read, known, vector.now)
    assert (decided.verdict, decided.reason, decided.values) == (vector.verdict, vector.reason, vector.values)
