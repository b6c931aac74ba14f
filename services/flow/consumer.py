"""Faust's consumer, without two of its habits that lose time and records.

It asks the broker to hold a fetch for 1.5 s while none of its partitions has anything. aiokafka has one fetch a
broker under way, and leaves out of it the partitions whose records have not been taken yet: behind a backlog, or
beside topics that are seldom written, such a held fetch stopped busy partitions for a second and a half (measured:
600 reads/s with stalls; without them 4,000).

After a recovery it resumes the stream's partitions first, then seeks them to the committed offsets, then empties the
agents' queues. Records that are delivered in between move the mark below which it drops what it reads again, or are
emptied with the queues, so a backlog at a start had holes (measured: 20 to 270 records of a partition, not answered,
and no offset committed any more).

Rests on private names of faust 0.15.3 and aiokafka 0.14.0: ``tests/services/flow/test_faust_names.py`` fails when
they move.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP, Message
from mode import Service

FETCH_WAIT_MS = 50
FETCHED_WITHIN_S = 1.0
BREATHE_EVERY = 50


class PromptThread(AIOKafkaConsumerThread):
    """The thread in which aiokafka's consumer lives."""

    mundane_level = "debug"

    def _create_worker_consumer(self, transport: Transport) -> object:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001  see the head
        return consumer


class PromptConsumer(Consumer):
    """Faust's consumer with that thread, and with partitions that are resumed when they have been sought."""

    mundane_level = "debug"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Make the consumer as Faust does."""
        super().__init__(*arguments, **options)
        self._held: set[TP] = set()
        self._sought: set[TP] = set()

    def _new_consumer_thread(self) -> PromptThread:
        return PromptThread(self, loop=self.loop, beacon=self.beacon)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Resume changelogs at once; the stream's partitions are held until they have been sought and flow is resumed,
        which always follow in this order.
        """
        changelogs = {place for place in tps if self._is_changelog_tp(place)}
        self._held.update(set(tps) - changelogs)
        super().resume_partitions(changelogs)

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        """Pause partitions, also those that were held."""
        self._held.difference_update(tps)
        self._sought.difference_update(tps)
        super().pause_partitions(tps)

    async def perform_seek(self) -> None:
        """Seek to the committed offsets."""
        held = set(self._held)
        await super().perform_seek()
        self._sought.update(held & self._held)
        self._held.difference_update(held)

    def resume_flow(self) -> None:
        """Let records come: those of the stream's partitions now, when Faust has emptied the agents' queues for the
        last time.
        """
        super().resume_flow()
        sought, self._sought = self._sought & self.assignment(), set()
        super().resume_partitions(sought)

    async def _drain_messages(self, fetcher: Service) -> None:
        """Hand fetched records to the agents: Faust's loop, without two tasks and a timer for each record."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                records, active = await self._wait_next_records(FETCHED_WITHIN_S)
                if not self.flow_active:
                    await self.perform_seek()
                elif records:
                    await self._hand_over(records, active or set())
                await asyncio.sleep(0)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise

    async def _hand_over(self, records: Mapping[TP, Sequence[Any]], active: Collection[TP]) -> None:
        generation = self.app.consumer_generation_id
        handed = 0
        for place, batch in records.items():
            if place not in active and place not in self._buffered_partitions:
                continue
            for record in batch:
                if not self.flow_active or self.app.consumer_generation_id != generation:
                    return
                message = self._to_message(place, record)
                if await self._is_new(place, message):
                    await self.callback(message)
                handed += 1
                if handed % BREATHE_EVERY == 0:
                    await asyncio.sleep(0)

    async def _is_new(self, place: TP, message: Message) -> bool:
        """Move the mark below which records have been read, and tell whether this one lies above it.

        The mark is moved before the record is handed over: a seek that comes meanwhile has the last word.
        """
        mark, offset = self._read_offset[place], message.offset
        if mark is not None and offset < mark:
            return False
        if mark and offset - mark > 1 and self.app.topics.acks_enabled_for(message.topic):
            await self._add_gap(place, mark + 1, offset)
        self._read_offset[place] = offset
        return True
