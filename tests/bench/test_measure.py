"""The bench's own arithmetic, and that what it starts is there."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.ground import CARDS_A_SITE, SITES, UNKNOWN_EVERY, Ground
from bench.measure import ENGINES, quantiles
from schemas.topics import CREDENTIAL_READS
from schemas.trust import gate_source


@pytest.mark.parametrize(
    ("times", "p50", "p99"), [([5.0], 5.0, 5.0), ([3.0, 1.0, 2.0], 2.0, 3.0), (list(range(1, 201)), 100, 198)]
)
def test_quantiles_are_the_nearest_rank(times: list[float], p50: float, p99: float) -> None:
    found = quantiles(times)
    assert (found.p50, found.p99, found.n) == (p50, p99, len(times))


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_can_be_started(engine: str) -> None:
    assert find_spec(ENGINES[engine][0]) is not None


def test_reads_are_spread_over_schools_signed_by_their_gates_and_one_in_ten_is_unknown(tmp_path: Path) -> None:
    ground = Ground(tmp_path, "127.0.0.1:9", "")
    placement, trust = ground.configuration.placement(), ground.configuration.trust()
    for fact in ground.policies():
        trust.learn(fact)
    reads = [ground.read(number) for number in range(len(SITES))]
    events = [trust.read(CREDENTIAL_READS, record.partition, record.value) for record in reads]
    assert [event.source for event in events] == [gate_source(f"{site}-main") for site in SITES]
    assert all(
        record.partition == placement.partition(CREDENTIAL_READS, event.site)
        for record, event in zip(reads, events, strict=True)
    )
    unknown = [event for event in events if int(str(getattr(event.data, "credential", "")), 16) >= CARDS_A_SITE]
    assert len(unknown) == -(-len(SITES) // UNKNOWN_EVERY)
