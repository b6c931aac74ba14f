"""Delivers a batch's records to the end: every record is with the broker, or the partition is no longer ours, or it
is a dead letter.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from schemas.outgoing import Outgoing
from schemas.reasons import Refused
from schemas.topics import Role
from services.flow.case import Speaker
from services.flow.dead_letters import Refusal, dead_letter
from services.kafka_client.producer import RecordProducer, Undeliverable

_LOOK_S = 0.25

Clock = Callable[[], datetime]

logger = logging.getLogger(__name__)


class Delivery:
    """The one way out of an app."""

    def __init__(self, producer: RecordProducer, role: Role, speaker: Speaker, clock: Clock) -> None:
        """Take the producer, and who signs the dead letters of what cannot be sent."""
        self._producer = producer
        self._role = role
        self._speaker = speaker
        self._clock = clock

    async def deliver(self, records: Sequence[Outgoing], still: Callable[[], bool]) -> list[int] | None:
        """Return the offset of each record when the broker has them all; None, trying no longer, when ``still`` says
        that they are not ours to send.

        A record that no broker can ever take is replaced by its dead letter, and has the offset -1: waiting for it
        would block its partition for ever.
        """
        waiting = dict(enumerate(records))
        never: set[int] = set()
        while True:
            try:
                offsets = await self._while_ours(list(waiting.values()), still)
            except Undeliverable as error:
                at = next(at for at, record in waiting.items() if record is error.record)
                logger.error("undeliverable topic=%s bytes=%d", error.record.topic, len(error.record.value))  # noqa: TRY400  expected, and kept
                waiting[at] = self._letter(error.record)
                never.add(at)
            else:
                return (
                    None
                    if offsets is None
                    else [-1 if at in never else offset for at, offset in zip(waiting, offsets, strict=True)]
                )

    async def _while_ours(self, records: Sequence[Outgoing], still: Callable[[], bool]) -> list[int] | None:
        delivering = asyncio.create_task(self._producer.deliver(records))
        try:
            while not (await asyncio.wait({delivering}, timeout=_LOOK_S))[0]:
                if not still():
                    return None
            return delivering.result()
        finally:
            delivering.cancel()
            await asyncio.wait({delivering})

    def _letter(self, record: Outgoing) -> Outgoing:
        refusal = Refusal(
            record.topic, record.partition, -1, record.value, Refused.UNDELIVERABLE, f"{len(record.value)} bytes"
        )
        return dead_letter(self._role, self._speaker, refusal, self._clock())
