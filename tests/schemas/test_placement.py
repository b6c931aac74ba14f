"""Where a site's records lie: as Kafka's own partitioner would have it, and where a worker finds its sites' facts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as theirs

from schemas.placement import gate_partitions_of, murmur2, partition_of
from schemas.topics import CREDENTIAL_READS, SITE_MODES, SITE_POLICIES, Placement

SITES = st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,62}\Z")


@given(st.binary(max_size=200))
def test_murmur2_is_that_of_kafkas_own_partitioner(data: bytes) -> None:
    assert murmur2(data) == theirs(data) & 0xFFFFFFFF


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
    ],
)
def test_murmur2_gives_the_values_of_apache_kafkas_own_tests(text: str, value: int) -> None:
    """Apache Kafka, UtilsTest.testMurmur2."""
    assert murmur2(text.encode()) == value & 0xFFFFFFFF


@given(SITES, st.integers(1, 64), st.integers(1, 20))
def test_a_sites_gate_partition_is_one_of_its_stream_partitions(site: str, stream: int, factor: int) -> None:
    gates = stream * factor
    assert partition_of(site, gates) in set(gate_partitions_of(partition_of(site, stream), stream, gates))


@given(st.integers(1, 64), st.integers(1, 20))
def test_the_stream_partitions_share_out_the_gate_partitions(stream: int, factor: int) -> None:
    shares = [list(gate_partitions_of(partition, stream, stream * factor)) for partition in range(stream)]
    assert sorted(itertools.chain.from_iterable(shares)) == list(range(stream * factor))


def test_counts_with_which_a_worker_could_not_find_its_facts_are_refused() -> None:
    with pytest.raises(ValueError, match="must be a multiple"):
        Placement(12, 30)
    with pytest.raises(ValueError, match="must be a multiple"):
        Placement(0, 0)
    assert Placement(3, 6).partitions(CREDENTIAL_READS) == 3
    assert Placement(3, 6).partitions(SITE_POLICIES) == Placement(3, 6).partitions(SITE_MODES) == 6
