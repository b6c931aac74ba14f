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
from aiokafka.structs import RecordMetadata

from schemas.outgoing import Outgoing
from services.kafka_client.connection import RETRY_FIRST_S, RETRY_LONGEST_S, kafka_options, topic_name
from services.settings import Configuration

_Sent = asyncio.Future[RecordMetadata]
_BATCH_BYTES = 128 * 1024
_STOP_S = 5.0
_MAX_BYTES = 1024 * 1024
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
        for record in records.values():
            if len(record.value) > _MAX_BYTES:
                raise Undeliverable(record, MessageSizeTooLargeError())
        try:
            sent = await self._send(await self._started(), records)
        except (KafkaError, OSError) as error:
            return type(error).__name__
        results = await asyncio.gather(*(result for _, result in sent), return_exceptions=True)
        cause = ""
        for (members, _), result in zip(sent, results, strict=True):
            if isinstance(result, _NEVER):
                await self._begin_anew()
                raise Undeliverable(_largest(records[at] for at in members), result) from result
            if isinstance(result, BaseException):
                cause = type(result).__name__
            elif result.offset < 0:
                cause = "no offset"
            else:
                offsets.update({at: result.offset + place for place, at in enumerate(members)})
        return cause

    async def _send(self, producer: AIOKafkaProducer, records: Mapping[int, Outgoing]) -> list[tuple[list[int], _Sent]]:
        """Hand over whole batches, each partition's records in their order: a future a record is half the cost."""
        places: dict[tuple[str, int], list[int]] = {}
        for at, record in records.items():
            places.setdefault((record.topic, record.partition), []).append(at)
        sent: list[tuple[list[int], _Sent]] = []
        for (topic, partition), ats in places.items():
            name = topic_name(self._configuration, topic)
            batch, members = producer.create_batch(), list[int]()
            for at in ats:
                record = records[at]
                if batch.append(key=record.key, value=record.value, timestamp=None) is None:
                    sent.append((members, await producer.send_batch(batch, name, partition=partition)))
                    batch, members = producer.create_batch(), []
                    batch.append(key=record.key, value=record.value, timestamp=None)
                members.append(at)
            sent.append((members, await producer.send_batch(batch, name, partition=partition)))
        return sent

    async def _begin_anew(self) -> None:
        """Leave a producer that has lost a batch: its sequence numbers have a gap, and the broker would refuse all
        that follows. What it still has in hand is sent when the broker is there, and given up when it is not.
        """
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            async with asyncio.timeout(_STOP_S):
                await producer.stop()
        except TimeoutError:
            await producer._sender.close()  # noqa: SLF001  aiokafka's own stop waits for the broker without end
            await producer.client.close()

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **kafka_options(self._configuration),
                    acks="all",
                    enable_idempotence=True,
                    request_timeout_ms=10_000,
                    max_batch_size=_BATCH_BYTES,
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
