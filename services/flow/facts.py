"""Follows the facts of exactly the worker's partitions, without a group, and tells when they are whole as of now.

A read is judged only after everything that lay in its site's facts when the read was taken has been learned: a
revocation that was acknowledged before a read was produced holds for that read, also right after a restart and behind
an import.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence

from schemas.placement import gate_partitions_of
from schemas.topics import Family, Topic
from services.flow.fact_store import FactStore, RefusedFact
from services.kafka_client.ends import Ends
from services.kafka_client.follower import Follower, Kept, Start
from services.settings import Configuration

_LEARNED_AT_ONCE = 100
_ASK_AGAIN_S = 0.1

OnRefused = Callable[[Sequence[RefusedFact]], Awaitable[None]]
OnFailed = Callable[[Exception], Awaitable[None]]

logger = logging.getLogger(__name__)


class FollowedFacts:
    """Keeps a FactStore at the end of its topics' partitions."""

    def __init__(
        self,
        configuration: Configuration,
        topics: Sequence[Topic],
        store: FactStore,
        *,
        on_refused: OnRefused,
        on_failed: OnFailed,
    ) -> None:
        """Take the facts' topics, and who is told of records that cannot be believed and of a failure that has ended
        the following.
        """
        self._on_failed = on_failed
        self._configuration = configuration
        self._placement = configuration.placement()
        self._topics = topics
        self.store = store
        self._on_refused = on_refused
        self._ends = Ends(configuration)
        self._partitions: frozenset[int] = frozenset()
        self._task: asyncio.Task[None] | None = None
        self._reached: dict[tuple[str, int], int] = {}
        self._moved = asyncio.Condition()

    async def follow(self, stream_partitions: Collection[int]) -> None:
        """Follow the facts of the sites of these stream partitions, and of no others."""
        wanted = frozenset(stream_partitions)
        if wanted == self._partitions and self._task is not None and not self._task.done():
            return
        await self._stop_following()
        self._partitions = wanted
        if wanted:
            self._task = asyncio.create_task(self._follow(wanted), name="facts")

    async def current(self, stream_partitions: Collection[int], still: Callable[[], bool]) -> bool:
        """Return True once everything that lies in these partitions' facts now has been learned; False when ``still``
        no longer holds.
        """
        wanted = [
            (topic, partition) for topic in self._topics for partition in self._partitions_of(topic, stream_partitions)
        ]
        ends = await self._ends.ends(wanted)
        while ends is None:
            if not still():
                return False
            await asyncio.sleep(_ASK_AGAIN_S)
            ends = await self._ends.ends(wanted)
        async with self._moved:
            while any(self._reached.get(where, -1) < end for where, end in ends.items()):
                if not still():
                    return False
                try:
                    async with asyncio.timeout(_ASK_AGAIN_S):
                        await self._moved.wait()
                except TimeoutError:
                    continue
        return still()

    async def stop(self) -> None:
        """Stop following and close the connections; the store stays open."""
        await self._stop_following()
        await self._ends.stop()

    async def _follow(self, stream_partitions: frozenset[int]) -> None:
        try:
            await self._learn_for_ever(stream_partitions)
        except Exception as error:
            logger.exception("following_failed")
            await self._on_failed(error)

    async def _learn_for_ever(self, stream_partitions: frozenset[int]) -> None:
        partitions = {topic.name: self._partitions_of(topic, stream_partitions) for topic in self._topics}
        starts = {
            topic.name: Start(offsets=self.store.offsets(topic, partitions[topic.name])) for topic in self._topics
        }
        follower = Follower(self._configuration, self._topics, partitions=partitions, starts=starts)
        async for batch in follower.batches():
            self._reached.update(follower.positions())
            await self._note_moved()
            for first in range(0, len(batch), _LEARNED_AT_ONCE):
                await self._learn(batch[first : first + _LEARNED_AT_ONCE])
                await asyncio.sleep(0)

    async def _learn(self, records: Sequence[Kept]) -> None:
        refused = self.store.learn(records)
        if refused:
            await self._on_refused(refused)
        for record in records:
            self._reached[record.topic.name, record.partition] = record.offset + 1
        await self._note_moved()

    async def _note_moved(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _stop_following(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        self._reached.clear()

    def _partitions_of(self, topic: Topic, stream_partitions: Collection[int]) -> list[int]:
        """Give where the facts of these stream partitions' sites lie in a topic of either family."""
        if topic.family is Family.STREAM:
            return list(stream_partitions)
        placement = self._placement
        return [
            gate
            for stream in stream_partitions
            for gate in gate_partitions_of(stream, placement.stream_partitions, placement.gate_partitions)
        ]
