"""Ends a worker that has stopped without an exception, so that its supervisor starts it again.

Faust can stop consuming in silence. A thread of its own, with a connection of its own, compares what lies in the
worker's partitions with what it has taken: new records and no progress for half a minute is a worker that has
stopped, even when its event loop is what hangs.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from schemas.topics import Topic
from services.kafka_client.connection import topic_name
from services.kafka_client.ends import Ends
from services.settings import Configuration

LOOK_EVERY_S = 5.0
STUCK_AFTER_S = 30.0
STOP_WAIT_S = 3.0
EXIT_STUCK = 3

Place = tuple[str, int]
Look = Callable[[], tuple[Collection[int], Mapping[Place, int]]]

logger = logging.getLogger(__name__)


class Seen(msgspec.Struct, frozen=True):
    """When a partition last got on, how far it was then, and where it ended then."""

    at_s: float
    taken: int | None
    end: int


def seen_after(known: Seen | None, taken: int | None, end: int, now_s: float) -> Seen:
    """Give what is seen of a partition: anew when it got on or has nothing waiting."""
    waiting = end > taken if taken is not None else known is not None and end > known.end
    if known is None or taken != known.taken or not waiting:
        return Seen(now_s, taken, end)
    return known


def stuck(seen: Mapping[Place, Seen], now_s: float, after_s: float = STUCK_AFTER_S) -> list[Place]:
    """Give the partitions in which records wait and nothing has been taken for so long."""
    return [place for place, partition in seen.items() if now_s - partition.at_s >= after_s]


class Watchdog:
    """The thread that looks. ``look`` gives the worker's partitions and how far it has come in each."""

    def __init__(
        self,
        configuration: Configuration,
        topics: Sequence[Topic],
        look: Look,
        *,
        every_s: float = LOOK_EVERY_S,
        after_s: float = STUCK_AFTER_S,
    ) -> None:
        """Watch these topics; nothing runs until ``start``."""
        self._every_s = every_s
        self._after_s = after_s
        self._configuration = configuration
        self._topics = topics
        self._look = look
        self._stopped = threading.Event()
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self.thread = threading.Thread(target=lambda: asyncio.run(self._watch()), name="watchdog", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Look no longer: a worker that is being stopped makes no progress."""
        self._stopped.set()
        if self.thread is not None:
            self.thread.join(STOP_WAIT_S)

    async def _watch(self) -> None:
        ends = Ends(self._configuration)
        seen: dict[Place, Seen] = {}
        try:
            while not await asyncio.to_thread(self._stopped.wait, self._every_s):
                seen = await self._looked(ends, seen)
                places = stuck(seen, time.monotonic(), self._after_s)
                if places and not self._stopped.is_set():
                    logger.critical(
                        "stuck partitions=%s", ",".join(f"{topic}/{partition}" for topic, partition in places)
                    )
                    logging.shutdown()
                    os._exit(EXIT_STUCK)
        finally:
            await ends.stop()

    async def _looked(self, ends: Ends, seen: Mapping[Place, Seen]) -> dict[Place, Seen]:
        partitions, progress = self._look()
        found = (
            await ends.ends([(topic, partition) for topic in self._topics for partition in partitions])
            if partitions
            else None
        )
        if found is None:
            return {}
        now_s = time.monotonic()
        return {
            (topic, partition): seen_after(
                seen.get((topic, partition)),
                progress.get((topic_name(self._configuration, topic), partition)),
                end,
                now_s,
            )
            for (topic, partition), end in found.items()
        }
