"""Reads topics as a member of a consumer group, in batches that are committed by hand: at least once, in bulk."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from schemas.topics import Topic
from services.kafka_client.connection import RETRY_FIRST_S, RETRY_LONGEST_S, group_name, kafka_options, topic_name
from services.kafka_client.follower import Kept
from services.settings import Configuration

_POLL_MS = 500

logger = logging.getLogger(__name__)


class GroupReader:
    """Batches of a consumer group. What was given and not committed is given again after a kill or a rebalance."""

    def __init__(
        self, configuration: Configuration, group: str, topics: Sequence[Topic], *, max_records: int = 500
    ) -> None:
        """Read ``topics`` as ``group``; at most ``max_records`` a batch."""
        self._configuration = configuration
        self._group = group_name(configuration, group)
        self._topics = {topic_name(configuration, topic): topic for topic in topics}
        self._max_records = max_records
        self._consumer: AIOKafkaConsumer | None = None

    async def batches(self) -> AsyncGenerator[list[Kept], None]:
        """Give records in batches, each partition's in order; an empty one at least every half second. Never ends
        by itself.
        """
        consumer = await self._open()
        self._consumer = consumer
        try:
            while True:
                fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=self._max_records)
                yield [
                    Kept(
                        self._topics[where.topic],
                        where.partition,
                        record.offset,
                        record.timestamp,
                        record.key,
                        record.value,
                    )
                    for where, records in fetched.items()
                    for record in records
                ]
        finally:
            self._consumer = None
            await consumer.stop()

    async def commit(self, batch: Sequence[Kept]) -> None:
        """Commit a batch that has had all its effects. A commit that fails is left: the batch will come again and
        change nothing.
        """
        consumer = self._consumer
        if consumer is None or not batch:
            return
        offsets: dict[TopicPartition, int] = {}
        for record in batch:
            where = TopicPartition(topic_name(self._configuration, record.topic), record.partition)
            offsets[where] = max(offsets.get(where, 0), record.offset + 1)
        try:
            await consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError, KafkaError) as error:
            logger.warning("commit_failed group=%s cause=%s", self._group, type(error).__name__)

    async def _open(self) -> AIOKafkaConsumer:
        pause_s = RETRY_FIRST_S
        while True:
            consumer = AIOKafkaConsumer(
                *self._topics,
                **kafka_options(self._configuration),
                group_id=self._group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                session_timeout_ms=6_000,
                heartbeat_interval_ms=1_000,
                request_timeout_ms=10_000,
            )
            try:
                await consumer.start()
            except (KafkaError, OSError) as error:
                logger.warning(
                    "reader_waits group=%s cause=%s pause_s=%.1f", self._group, type(error).__name__, pause_s
                )
                await consumer.stop()
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, RETRY_LONGEST_S)
            else:
                return consumer
