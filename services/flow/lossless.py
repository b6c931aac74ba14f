"""The agent that loses nothing: gather what has come, check it, judge it, deliver what it makes, keep its rows, and
only then acknowledge.

Faust's own batches acknowledge in their ``finally`` and poll a timer; here the stream's acknowledgements are off, a
batch is whatever came while the one before it was delivered (so an idle way waits for nothing), and a batch that is
cancelled or no longer ours stays unacknowledged and comes again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import faust
from faust.types import EventT, Message, StreamT

from schemas.catalogue import Said
from schemas.envelope import Event, RefusedRecord
from schemas.outgoing import Outgoing
from schemas.reasons import Refused
from schemas.topics import Role, Topic, changelog_name
from schemas.trust import Trust
from services.flow.batch_table import BatchTable
from services.flow.case import Case, OursFailed, Speaker
from services.flow.dead_letters import Refusal, dead_letter
from services.flow.delivery import Clock, Delivery
from services.flow.facts import FollowedFacts

BATCH = 400
GATHERED = 2 * BATCH
STOP_GRACE_S = 3.0
BREATHE_EVERY = 50
"""Signatures are checked in the loop: in a thread beside it they cost the same and a busy machine gains nothing."""

Hop = Callable[[Event[Any], Case], None]

logger = logging.getLogger(__name__)


class App(NamedTuple):
    """What an app is made of, for its one agent."""

    faust: faust.App
    role: Role
    name: str
    topics: Mapping[str, Topic]
    hops: Mapping[str, Hop]
    tables: Mapping[str, BatchTable]
    speaker: Speaker
    trust: Trust
    facts: FollowedFacts
    delivery: Delivery
    clock: Clock


class _Checked(NamedTuple):
    """A batch whose records have been checked: each is believed, or refused with a reason."""

    events: Sequence[EventT]
    records: Sequence[Event[Said] | Refusal]
    still: Callable[[], bool]


class _PartitionRows:
    """The rows of one partition."""

    def __init__(self, tables: Mapping[str, BatchTable], partition: int) -> None:
        self._tables = tables
        self._partition = partition

    def row(self, table: str, key: str) -> bytes | None:
        try:
            return self._tables[table].row(self._partition, key.encode())
        except Exception as error:
            message = f"table {table}, partition {self._partition}"
            raise OursFailed(message) from error


class LosslessAgent:
    """The body of an app's one agent."""

    def __init__(self, app: App) -> None:
        """Take the app; nothing runs yet."""
        self._app = app
        self._gathered: deque[EventT] = deque()
        self._some = asyncio.Event()
        self._room = asyncio.Event()
        self._stopping = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        self.progress: dict[tuple[str, int], int] = {}

    async def run(self, stream: StreamT[bytes]) -> None:
        """Take the stream until it is cancelled."""
        stream.enable_acks = False
        self._gathered.clear()
        working = self._working = asyncio.create_task(self._work(), name="lossless")
        try:
            async for event in stream.events():
                self._gathered.append(event)
                self._some.set()
                while len(self._gathered) >= GATHERED:
                    self._room.clear()
                    await self._room.wait()
        finally:
            await _ended(working)

    async def stop(self) -> None:
        """Take no further batch, and give those under way a moment to finish. Before Faust stops: it shuts the tables
        first of all.
        """
        self._stopping.set()
        self._some.set()
        if self._working is not None:
            await asyncio.wait({self._working}, timeout=STOP_GRACE_S)
            await _ended(self._working)

    async def _work(self) -> None:
        """Check the next batch while the one before it is delivered; judge it when that one's rows are kept."""
        finishing = asyncio.ensure_future(asyncio.sleep(0))
        try:
            while not self._stopping.is_set():
                await self._some.wait()
                batch = self._next_batch()
                if batch and not self._stopping.is_set():
                    checked = await self._check(batch)
                    await finishing
                    finishing = asyncio.ensure_future(self._finish(checked))
            await finishing
        except Exception as error:  # noqa: BLE001  whatever it is ends the process
            await self._fail(error)
        finally:
            await _ended(finishing)

    def _next_batch(self) -> list[EventT]:
        batch = [self._gathered.popleft() for _ in range(min(BATCH, len(self._gathered)))]
        if not self._gathered:
            self._some.clear()
        self._room.set()
        return batch

    async def _check(self, batch: Sequence[EventT]) -> _Checked:
        """Check every record as of facts that are whole now; nothing is left when the partitions are no longer ours."""
        app = self._app
        generation = app.faust.consumer_generation_id

        def still() -> bool:
            return bool(app.faust.consumer_generation_id == generation and not app.faust.should_stop)

        events = [event for event in batch if event.message.generation_id == generation]
        if not events or not await app.facts.current({event.message.partition for event in events}, still):
            return _Checked([], [], still)
        records = []
        for number, event in enumerate(events):
            if number % BREATHE_EVERY == 0:
                await asyncio.sleep(0)
            records.append(self._read(event))
        return _Checked(events, records, still)

    async def _finish(self, checked: _Checked) -> None:
        try:
            if checked.events and checked.still() and not await self._judge_and_deliver(checked):
                logger.info("batch_left role=%s records=%d", self._app.role, len(checked.events))
        except Exception as error:  # noqa: BLE001  whatever it is ends the process
            await self._fail(error)

    async def _judge_and_deliver(self, checked: _Checked) -> bool:
        """Rows to the changelog, then what is said, then the acknowledgement: nothing is said without its row."""
        app = self._app
        try:
            spoken = self._judge(checked)
            if not await self._keep_rows(checked.still):
                return False
        finally:
            for table in app.tables.values():
                table.forget()
        if spoken and await app.delivery.deliver(spoken, checked.still) is None:
            return False
        if not checked.still():
            return False
        for event in checked.events:
            self.progress[event.message.topic, event.message.partition] = event.message.offset + 1
            event.ack()
        return True

    async def _keep_rows(self, still: Callable[[], bool]) -> bool:
        app = self._app
        changes = [(name, change) for name, table in app.tables.items() for change in table.changes()]
        if not changes:
            return True
        records = [
            Outgoing(changelog_name(app.name, name), change.key, change.value, change.partition)
            for name, change in changes
        ]
        offsets = await app.delivery.deliver(records, still)
        if offsets is None or not still():
            return False
        ends: dict[str, dict[int, int]] = {name: {} for name in app.tables}
        for (name, change), offset in zip(changes, offsets, strict=True):
            ends[name][change.partition] = max(offset, ends[name].get(change.partition, -1))
        for name, table in app.tables.items():
            table.settle(ends[name])
        return True

    async def _fail(self, error: Exception) -> None:
        logger.error("agent_failed role=%s", self._app.role, exc_info=error)
        await self._app.faust.crash(error)

    def _read(self, event: EventT) -> Event[Said] | Refusal:
        message = event.message
        topic = self._app.topics[message.topic]
        try:
            return self._app.trust.read(topic, message.partition, message.value)
        except RefusedRecord as error:
            return _refusal(topic, message, error.reason, error.detail)
        except Exception as error:
            logger.exception("read_failed topic=%s partition=%d offset=%d", *_place(topic, message))
            return _refusal(topic, message, Refused.FAULT, type(error).__name__)

    def _judge(self, checked: _Checked) -> list[Outgoing]:
        app = self._app
        now = app.clock()
        spoken: list[Outgoing] = []
        for event, record in zip(checked.events, checked.records, strict=True):
            refusal = record if isinstance(record, Refusal) else self._hop(event, record, now, spoken)
            if refusal is not None:
                place = (refusal.topic, refusal.partition, refusal.offset)
                logger.warning("refused topic=%s partition=%d offset=%d reason=%s", *place, refusal.reason)
                spoken.append(dead_letter(app.role, app.speaker, refusal, now))
        return spoken

    def _hop(self, event: EventT, record: Event[Said], now: datetime, spoken: list[Outgoing]) -> Refusal | None:
        app, message = self._app, event.message
        topic = app.topics[message.topic]
        case = Case(now, app.facts.store, _PartitionRows(app.tables, message.partition), app.speaker)
        try:
            app.hops[topic.name](record, case)
        except RefusedRecord as error:
            return _refusal(topic, message, error.reason, error.detail)
        except OursFailed:
            raise
        except Exception as error:
            logger.exception("hop_failed topic=%s partition=%d offset=%d", *_place(topic, message))
            return _refusal(topic, message, Refused.FAULT, type(error).__name__)
        spoken += case.spoken
        for (table, key), value in case.changes.items():
            app.tables[table].collect(message.partition, key.encode(), value)
        return None


async def _ended(task: asyncio.Future[None]) -> None:
    """Cancel a task and return when it has ended."""
    task.cancel()
    await asyncio.wait({task})


def _place(topic: Topic, message: Message) -> tuple[str, int, int]:
    return topic.name, message.partition, message.offset


def _refusal(topic: Topic, message: Message, reason: Refused, detail: str) -> Refusal:
    return Refusal(topic.name, message.partition, message.offset, message.value, reason, detail)
