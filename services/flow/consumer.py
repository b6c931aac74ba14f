"""Faust's consumer, without those of its habits that lose time and records.

It asks the broker to hold a fetch for 1.5 s while none of its partitions has anything. aiokafka has one fetch a
broker under way, and leaves out of it the partitions whose records have not been taken yet: behind a backlog, or
beside topics that are seldom written, such a held fetch stopped busy partitions for a second and a half (measured:
600 reads/s with stalls; without them 4,000).

After a recovery it resumes the stream's partitions first, then seeks them to the committed offsets, then empties the
agents' queues. Records that are delivered in between move the mark below which it drops what it reads again, or are
emptied with the queues, so a backlog at a start had holes (measured: 20 to 270 records of a partition, not answered,
and no offset committed any more).

It hands aiokafka its own living set of the partitions to take from. A recovery's end empties that set while a take
waits, and aiokafka reads an empty set as "all": records were taken after the seek, thrown away as not active, and the
next ones told as a gap of the log, which Faust commits over (measured: 50 and 176 reads without a decision, and every
offset committed).

So here a take asks for what was active when it began, a seek waits for the end of the take before it, and records
that do not follow the ones before them are not believed: the partition is sought back to what is missing, and only what
the log no longer has is passed over, and said.

It takes a commit that the broker refused (the group had just begun anew, as after a broker's death) for done, and
commits no more until the next record comes: after a restart, what had been answered would be answered again. Here it is
tried again at the next interval.

Rests on private names of faust 0.15.3 and aiokafka 0.14.0: ``tests/services/flow/test_faust_names.py`` fails when
they move.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP
from mode import Service

FETCH_WAIT_MS = 50
TAKEN_WITHIN_S = 0.1
"""How long one take waits for records, and so how long a partition that is resumed may wait for the next take."""

NOTHING_ACTIVE_S = 0.02
BREATHE_EVERY = 50

logger = logging.getLogger(__name__)


class PromptThread(AIOKafkaConsumerThread):
    """The thread in which aiokafka's consumer lives."""

    mundane_level = "debug"

    def _create_worker_consumer(self, transport: Transport) -> object:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001  see the head
        return consumer


class PromptConsumer(Consumer):
    """Faust's consumer with that thread, with partitions that are resumed when they have been sought, and without
    holes.
    """

    mundane_level = "debug"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Make the consumer as Faust does."""
        super().__init__(*arguments, **options)
        self._held: set[TP] = set()
        self._sought: set[TP] = set()
        self._next: dict[TP, int] = {}
        self._missed: dict[TP, int] = {}
        self._not_taking = asyncio.Event()
        self._not_taking.set()

    def _new_consumer_thread(self) -> PromptThread:
        return PromptThread(self, loop=self.loop, beacon=self.beacon)

    def _set_active_tps(self, tps: set[TP]) -> set[TP]:
        """Leave what has just been assigned alone until a recovery resumes it: Faust takes from it at once when the
        worker had nothing before.
        """
        self._paused_partitions.update(tps)
        active: set[TP] = super()._set_active_tps(tps)
        return active

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

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:  # noqa: FBT001, FBT002  Faust's own signature
        """Commit, and forget what was not committed: Faust believes it to be."""
        before = {place: self._committed_offset[place] for place in offsets}
        did_commit: bool = await super()._commit_offsets(offsets, start_new_transaction)
        if not did_commit:
            self._committed_offset.update(before)
        return did_commit

    async def perform_seek(self) -> None:
        """Seek to the committed offsets, or to the log's begin where there are none, when the take that is under way
        has ended: what it took from the new place would be thrown away.
        """
        held = set(self._held)
        await self._not_taking.wait()
        await super().perform_seek()
        committed = {place: offset for place in held if (offset := self._read_offset[place]) is not None}
        begins = await self.earliest_offsets(*(held - committed.keys())) if held - committed.keys() else {}
        for place, offset in begins.items():
            await self._seek(place, offset)
        self._next |= {**committed, **begins}
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
        """Hand taken records to the agents: Faust's loop, without two tasks and a timer for each record."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                await self._hand_over(await self._take())
                await asyncio.sleep(0)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise

    async def _take(self) -> Mapping[TP, Sequence[Any]]:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        active = frozenset(self._get_active_partitions())
        if not active:
            await asyncio.sleep(NOTHING_ACTIVE_S)
            return {}
        self._not_taking.clear()
        try:
            taken: Mapping[TP, Sequence[Any]] = await self._getmany(active_partitions=active, timeout=TAKEN_WITHIN_S)
        finally:
            self._not_taking.set()
        return taken

    async def _hand_over(self, taken: Mapping[TP, Sequence[Any]]) -> None:
        """Hand records over while their partitions are ours: what is left of them then is sought again by the recovery
        that follows.
        """
        generation = self.app.consumer_generation_id
        handed = 0
        for place, batch in taken.items():
            if place not in self._get_active_partitions() and place not in self._buffered_partitions:
                continue
            ordered = not self._is_changelog_tp(place)
            if ordered and not await self._follows(place, batch[0].offset):
                continue
            for record in batch:
                if not self.flow_active or self.app.consumer_generation_id != generation:
                    return
                if ordered and record.offset < self._next[place]:
                    continue
                self._next[place] = record.offset + 1
                await self.callback(self._to_message(place, record))
                handed += 1
                if handed % BREATHE_EVERY == 0:
                    await asyncio.sleep(0)

    async def _follows(self, place: TP, offset: int) -> bool:
        """Tell whether these records come next. What is missing before them is sought once more, and passed over only
        when the log has it no longer.
        """
        expected = self._next[place]
        if offset <= expected:
            return True
        begins = max(expected, (await self.earliest_offsets(place))[place])
        if begins < offset and self._missed.get(place) != expected:
            logger.error("sought_back topic=%s partition=%d missing=%d..%d", *place, begins, offset - 1)
            self._missed[place] = expected
            await self._seek(place, begins)
            return False
        logger.error("expired_unread topic=%s partition=%d missing=%d..%d", *place, expected, offset - 1)
        await self._add_gap(place, expected, offset - 1)
        self._next[place] = offset
        return True
