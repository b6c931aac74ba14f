"""Asks the broker where partitions end as of now, on a connection of its own: a reader's own connection may be held
by a waiting fetch for half a second.
"""

import asyncio
import logging
from collections.abc import Collection

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import Topic
from services.kafka_client.connection import kafka_options, topic_name
from services.settings import Configuration

logger = logging.getLogger(__name__)


class Ends:
    """The end offsets of partitions, for whoever must know that it has read everything that was there. Opened when
    first asked.
    """

    def __init__(self, configuration: Configuration) -> None:
        """Take the cluster from the settings; nothing is opened yet."""
        self._configuration = configuration
        self._consumer: AIOKafkaConsumer | None = None
        self._opening = asyncio.Lock()

    async def ends(
        self, partitions: Collection[tuple[Topic, int]], timeout_s: float = 2.0
    ) -> dict[tuple[str, int], int] | None:
        """Give the next offset to be written by (the topic's own name, partition); None when the broker does not
        answer in time.
        """
        where = {
            TopicPartition(topic_name(self._configuration, topic), partition): (topic.name, partition)
            for topic, partition in partitions
        }
        try:
            async with asyncio.timeout(timeout_s):
                consumer = await self._open()
                found = await consumer.end_offsets(list(where))
        except (KafkaError, TimeoutError, OSError) as error:
            logger.warning("ends_unknown cause=%s", type(error).__name__)
            return None
        return {where[at]: offset for at, offset in found.items()}

    async def _open(self) -> AIOKafkaConsumer:
        async with self._opening:
            if self._consumer is None:
                consumer = AIOKafkaConsumer(
                    **kafka_options(self._configuration), enable_auto_commit=False, request_timeout_ms=10_000
                )
                try:
                    await consumer.start()
                except BaseException:
                    await consumer.stop()
                    raise
                self._consumer = consumer
            return self._consumer

    async def stop(self) -> None:
        """Close the connection."""
        if self._consumer is not None:
            await self._consumer.stop()
            self._consumer = None
