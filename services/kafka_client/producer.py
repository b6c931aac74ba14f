"""Produces signed records where they belong, and comes back only when the broker has them."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    UnsupportedForMessageFormatError,
)

from schemas.outgoing import Outgoing
from services.kafka_client.connection import RETRY_FIRST_S, RETRY_LONGEST_S, kafka_options, topic_name
from services.settings import Configuration

_NEVER = (MessageSizeTooLargeError, RecordListTooLargeError, UnsupportedForMessageFormatError)

logger = logging.getLogger(__name__)


class Undeliverable(Exception):  # noqa: N818  said of a record
    """The broker can never take this record, however often it is sent."""

    def __init__(self, record: Outgoing, cause: Exception) -> None:
        """Keep the record, for the dead letters."""
        super().__init__(f"{record.topic}: {type(cause).__name__}")
        self.record = record


class RecordProducer:
    """An idempotent producer that waits for all replicas. It may be made and used before the broker is there:
    delivering waits.
    """

    def __init__(self, configuration: Configuration) -> None:
        """Take the cluster from the settings; nothing is opened yet."""
        self._configuration = configuration
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def deliver(self, records: Sequence[Outgoing]) -> list[int]:
        """Send records, each partition's in their order, and return when the broker has every one: the offset of
        each.

        Waits for an absent broker as long as it takes. Raises Undeliverable for a record that no broker will take;
        those before and beside it may have been sent, so call again with the rest: effects are idempotent by event
        id.
        """
        offsets: dict[int, int] = {}
        pause_s = RETRY_FIRST_S
        while len(offsets) < len(records):
            cause = await self._attempt({at: record for at, record in enumerate(records) if at not in offsets}, offsets)
            if missing := len(records) - len(offsets):
                logger.warning("delivery_retried records=%d cause=%s pause_s=%.1f", missing, cause, pause_s)
                await self._begin_anew()
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, RETRY_LONGEST_S)
        return [offsets[at] for at in range(len(records))]

    async def _attempt(self, records: Mapping[int, Outgoing], offsets: dict[int, int]) -> str:
        """Send once, note the offsets of what the broker has, and name what kept back the rest."""
        try:
            producer = await self._started()
            sent = [
                await producer.send(
                    topic_name(self._configuration, record.topic), record.value, record.key, record.partition
                )
                for record in records.values()
            ]
        except _NEVER as error:
            raise Undeliverable(_largest(records.values()), error) from error
        except (KafkaError, OSError) as error:
            return type(error).__name__
        results = await asyncio.gather(*sent, return_exceptions=True)
        cause = ""
        for (at, record), result in zip(records.items(), results, strict=True):
            if isinstance(result, _NEVER):
                await self._begin_anew()
                raise Undeliverable(record, result) from result
            if isinstance(result, BaseException):
                cause = type(result).__name__
            elif result.offset < 0:
                cause = "no offset"
            else:
                offsets[at] = result.offset
        return cause

    async def _begin_anew(self) -> None:
        """Leave a producer that has lost a batch: its sequence numbers have a gap, and the broker would refuse all
        that follows.
        """
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **kafka_options(self._configuration), acks="all", enable_idempotence=True, request_timeout_ms=10_000
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def stop(self) -> None:
        """Send what is still in hand and close."""
        await self._begin_anew()


def _largest(records: Iterable[Outgoing]) -> Outgoing:
    return max(records, key=lambda record: len(record.value))
