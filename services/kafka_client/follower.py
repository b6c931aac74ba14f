"""Follows topics without a group: exactly the partitions it is told, from where it is told, and it knows when it
has caught up.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import Topic
from services.kafka_client.connection import RETRY_FIRST_S, RETRY_LONGEST_S, kafka_options, topic_name
from services.settings import Configuration

_POLL_MS = 500
_MAX_RECORDS = 5_000
_FETCH_BYTES = 1024 * 1024

logger = logging.getLogger(__name__)


class Kept(NamedTuple):
    """A record as it lies in a partition, unread."""

    topic: Topic
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None


class Start(NamedTuple):
    """Where to begin in a topic: at ``offsets`` where one is known, else so long ago (``since``), else at the
    beginning or the end.
    """

    at_end: bool = False
    since: timedelta | None = None
    offsets: Mapping[int, int] | None = None


FROM_BEGINNING = Start()
FROM_END = Start(at_end=True)


class Follower:
    """A group-less reader of the given topics. The broker may be absent at any time: it waits and goes on where it
    was.
    """

    def __init__(
        self,
        configuration: Configuration,
        topics: Sequence[Topic],
        *,
        partitions: Mapping[str, Collection[int]] | None = None,
        starts: Mapping[str, Start] | None = None,
    ) -> None:
        """Follow ``topics``; ``partitions`` and ``starts`` are by the topic's own name (all partitions, from the
        beginning, where it has none).
        """
        self._configuration = configuration
        placement = configuration.placement()
        self._starts = starts or {}
        self._topics = {
            TopicPartition(topic_name(configuration, topic), partition): topic
            for topic in topics
            for partition in (partitions or {}).get(topic.name, range(placement.partitions(topic)))
        }
        self._ends: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._consumer: AIOKafkaConsumer | None = None
        self._caught_up = asyncio.Event()

    async def batches(self) -> AsyncGenerator[list[Kept], None]:
        """Give what arrives, in batches; an empty one at least every half second, so that the reader can look at
        the clock. Never ends by itself.
        """
        await self._open()
        consumer = self._consumer
        if consumer is None:
            return
        try:
            while True:
                self._note_caught_up()
                fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_MAX_RECORDS)
                batch = [
                    Kept(
                        self._topics[where], where.partition, record.offset, record.timestamp, record.key, record.value
                    )
                    for where, records in fetched.items()
                    for record in records
                ]
                yield batch
                for where, records in fetched.items():
                    self._next[where] = records[-1].offset + 1
        finally:
            self._consumer = None
            await consumer.stop()

    @property
    def caught_up(self) -> bool:
        """Tell whether everything that lay in the partitions when it began has been given and taken."""
        return self._caught_up.is_set()

    async def wait_caught_up(self) -> None:
        """Return when caught up; somebody else must be taking the batches."""
        await self._caught_up.wait()

    def positions(self) -> dict[tuple[str, int], int]:
        """Give the next offset by (the topic's own name, partition), of batches that have been taken whole."""
        return {(self._topics[where].name, where.partition): offset for where, offset in self._next.items()}

    async def ends(self, timeout_s: float = 2.0) -> dict[tuple[str, int], int] | None:
        """Ask the broker for the end offsets as of now; None when it does not answer in time, which is also how to
        tell that it is gone.
        """
        consumer = self._consumer
        if consumer is None:
            return None
        try:
            ends = await asyncio.wait_for(consumer.end_offsets(list(self._topics)), timeout_s)
        except (KafkaError, TimeoutError, OSError):
            return None
        return {(self._topics[where].name, where.partition): offset for where, offset in ends.items()}

    def _note_caught_up(self) -> None:
        if not self._caught_up.is_set() and all(self._next[where] >= end for where, end in self._ends.items()):
            self._caught_up.set()

    async def _open(self) -> None:
        pause_s = RETRY_FIRST_S
        while self._consumer is None:
            consumer = AIOKafkaConsumer(
                **kafka_options(self._configuration),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=_FETCH_BYTES,
                request_timeout_ms=10_000,
            )
            try:
                await consumer.start()
                consumer.assign(list(self._topics))
                await self._seek(consumer)
            except (KafkaError, OSError) as error:
                logger.warning("follower_waits cause=%s pause_s=%.1f", type(error).__name__, pause_s)
                await consumer.stop()
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, RETRY_LONGEST_S)
            except BaseException:
                await consumer.stop()
                raise
            else:
                self._consumer = consumer

    async def _seek(self, consumer: AIOKafkaConsumer) -> None:
        ends = await consumer.end_offsets(list(self._topics))
        beginnings = await consumer.beginning_offsets(list(self._topics))
        recent = await self._recent(consumer)
        for where, topic in self._topics.items():
            start = self._starts.get(topic.name, FROM_BEGINNING)
            known = (start.offsets or {}).get(where.partition)
            if known is None:
                known = (
                    ends[where]
                    if start.at_end
                    else recent.get(where, ends[where])
                    if start.since
                    else beginnings[where]
                )
            offset = self._next.get(where, known)
            self._next[where] = offset if beginnings[where] <= offset <= ends[where] else beginnings[where]
            consumer.seek(where, self._next[where])
        self._ends = self._ends or ends

    async def _recent(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        now = datetime.now(UTC)
        times = {
            where: int((now - start.since).timestamp() * 1000)
            for where, topic in self._topics.items()
            if (start := self._starts.get(topic.name, FROM_BEGINNING)).since is not None
        }
        found = await consumer.offsets_for_times(times) if times else {}
        return {where: at.offset for where, at in found.items() if at is not None}
