"""Faust's consumer, without two of its habits that lose time and records.

It asks the broker to hold a fetch for 1.5 s while none of its partitions has anything. aiokafka has one fetch a
broker under way, and leaves out of it the partitions whose records have not been taken yet: behind a backlog, or
beside topics that are seldom written, such a held fetch stopped busy partitions for a second and a half (measured:
600 reads/s with stalls; without them 4,000).

After a recovery it resumes the stream's partitions first and seeks them to the committed offsets afterwards. Records
that are delivered in between move the mark below which it drops what it reads again, so a backlog at a start had
holes (measured: 20 to 270 records of a partition, not answered, and no offset committed any more).

Rests on private names of faust 0.15.3 and aiokafka 0.14.0: ``tests/services/flow/test_faust_names.py`` fails when
they move.
"""

from collections.abc import Iterable

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP

FETCH_WAIT_MS = 50


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

    def _new_consumer_thread(self) -> PromptThread:
        return PromptThread(self, loop=self.loop, beacon=self.beacon)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Resume changelogs at once; the stream's partitions wait for ``perform_seek``, which always follows."""
        super().resume_partitions({place for place in tps if self._is_changelog_tp(place)})

    async def perform_seek(self) -> None:
        """Seek to the committed offsets, and only then let records of the stream come."""
        await super().perform_seek()
        super().resume_partitions({place for place in self.assignment() if not self._is_changelog_tp(place)})
