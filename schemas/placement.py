"""Where a site's records lie: one site, one partition, in every topic of a family.

Kafka's murmur2 is used everywhere (librdkafka's default partitioner disagrees with it), so any client agrees on the
partition.
"""

from collections.abc import Iterator
from functools import lru_cache

_MULTIPLIER = 0x5BD1E995
_SEED = 0x9747B28C
_MASK = 0xFFFFFFFF
_POSITIVE = 0x7FFFFFFF
_WORD = 4
_SITES_REMEMBERED = 65_536


def murmur2(data: bytes) -> int:
    """Hash bytes as Kafka's own default partitioner does (unsigned 32 bits)."""
    length = len(data)
    value = (_SEED ^ length) & _MASK
    whole = length - length % _WORD
    for start in range(0, whole, _WORD):
        word = int.from_bytes(data[start : start + _WORD], "little")
        word = word * _MULTIPLIER & _MASK
        word ^= word >> 24
        word = word * _MULTIPLIER & _MASK
        value = (value * _MULTIPLIER & _MASK) ^ word
    rest = data[whole:]
    if rest:
        value ^= int.from_bytes(rest, "little")
        value = value * _MULTIPLIER & _MASK
    value ^= value >> 13
    value = value * _MULTIPLIER & _MASK
    return value ^ (value >> 15)


@lru_cache(_SITES_REMEMBERED)
def partition_of(site: str, partitions: int) -> int:
    """Give the partition of a site in a family of topics that has so many partitions."""
    return (murmur2(site.encode()) & _POSITIVE) % partitions


def gate_partitions_of(stream_partition: int, stream_partitions: int, gate_partitions: int) -> Iterator[int]:
    """Give the gates' topics' partitions that hold the sites of one stream partition.

    The gates' topics have a multiple of the stream's partitions, so the sites of stream partition p lie in p, p + n, p
    + 2n, ...
    """
    return iter(range(stream_partition, gate_partitions, stream_partitions))
