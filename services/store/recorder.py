"""The ``recorder`` process: every record of every topic, checked, into the store; and the outbox, out of it.

A batch is one transaction of upserts by event id, then its offsets are committed: a kill in between repeats the batch
and changes nothing. What cannot be taken becomes a dead letter; what the database cannot take at the moment is tried
until it can.
"""

import asyncio
import logging
import signal
from collections.abc import Mapping, Sequence

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlmodel import Session

from schemas.catalogue import Said
from schemas.envelope import Event, RefusedRecord
from schemas.outgoing import outgoing
from schemas.reasons import Refused
from schemas.topics import DEAD_LETTERS, SITE_POLICIES, TOPICS, Role
from schemas.trust import read_policy
from services.kafka_client import topics_admin
from services.kafka_client.connection import RETRY_FIRST_S, RETRY_LONGEST_S
from services.kafka_client.ends import Ends
from services.kafka_client.follower import Follower, Kept
from services.kafka_client.group_reader import GroupReader
from services.kafka_client.producer import RecordProducer
from services.settings import Configuration, RecorderSettings
from services.store import recording, schema_version
from services.store.database import Store
from services.store.journal_book import filling
from services.store.outbox_runner import OutboxRunner
from services.store.refused_records import dead_letter
from services.store.releases import telling
from services.store.visits import arrivals

READ = tuple(topic for topic in TOPICS if Role.RECORDER in topic.readers)
_GROUP = "recorder"
_STOP_WITHIN_S = 5.0
_POLICIES_WITHIN_S = 10.0
_LOOK_S = 0.02
_LATER_KNOWN = frozenset({Refused.UNKNOWN_SIGNER, Refused.FOREIGN_SITE})

logger = logging.getLogger(__name__)


def run(configuration: Configuration) -> None:
    """Run the process until SIGTERM or SIGINT; raises WrongSetting or TopicsNotReady for the operator to mend."""
    asyncio.run(_until_stopped(Recorder(configuration)))


async def _until_stopped(recorder: "Recorder") -> None:
    working = asyncio.create_task(recorder.work())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, recorder.stop)
    stopping = asyncio.create_task(recorder.stopping.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    await asyncio.wait({working}, timeout=_STOP_WITHIN_S)
    working.cancel()
    try:
        await working
    except asyncio.CancelledError:
        logger.warning("stopped_in_work process=recorder")
    finally:
        await recorder.close()


class Recorder:
    """Reads, checks, keeps; three loops in one process: the gates' keys, the records, the outbox."""

    def __init__(self, configuration: Configuration) -> None:
        """Take keys and places from the settings; raises WrongSetting. Nothing is opened yet."""
        settings = configuration.section("recorder", RecorderSettings)
        self._configuration = configuration
        self._placement = configuration.placement()
        self._trust = configuration.trust()
        self._signer = configuration.signer(Role.RECORDER, "recorder.recorder_key", settings.recorder_key)
        administration = configuration.signer(
            Role.ADMINISTRATION, "recorder.administration_key", settings.administration_key
        )
        self._store = Store.of(configuration)
        self._policies = Follower(configuration, [SITE_POLICIES])
        self._ends = Ends(configuration)
        self._producer = RecordProducer(configuration)
        self._outbox = OutboxRunner(
            self._store, self._producer, administration, self._placement, settings.outbox_poll_ms / 1000
        )
        self.stopping = asyncio.Event()

    def stop(self) -> None:
        """End after the batch in hand."""
        self.stopping.set()

    async def close(self) -> None:
        """Close every connection."""
        await self._producer.stop()
        await self._ends.stop()
        self._store.close()

    async def work(self) -> None:
        """Wait for database and broker, then keep records until stopped."""
        await self._database_at_head()
        await topics_admin.require(self._configuration, [*READ, DEAD_LETTERS[Role.RECORDER]])
        loops = [asyncio.create_task(self._follow_policies()), asyncio.create_task(self._outbox.run())]
        reading = asyncio.create_task(self._read())
        try:
            await asyncio.wait({reading, *loops}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, *loops):
                task.cancel()
            results = await asyncio.gather(reading, *loops, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _database_at_head(self) -> None:
        pause_s = RETRY_FIRST_S
        while not self.stopping.is_set():
            try:
                await asyncio.to_thread(schema_version.require_head, self._store)
            except DBAPIError as error:
                logger.warning("database_awaited cause=%s pause_s=%.1f", type(error).__name__, pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, RETRY_LONGEST_S)
            else:
                return

    async def _follow_policies(self) -> None:
        async for batch in self._policies.batches():
            for kept in batch:
                try:
                    read_policy(self._trust, kept.partition, kept.value)
                except RefusedRecord as refused:
                    logger.warning(
                        "policy_refused partition=%d offset=%d reason=%s", kept.partition, kept.offset, refused.reason
                    )

    async def _read(self) -> None:
        await self._policies.wait_caught_up()
        reader = GroupReader(self._configuration, _GROUP, READ)
        ready = False
        async for batch in reader.batches():
            if not ready:
                ready = True
                logger.info("ready process=recorder")
            if batch:
                await self._take(batch)
                await reader.commit(batch)
            if self.stopping.is_set():
                return

    async def _take(self, batch: Sequence[Kept]) -> None:
        judged = [(kept, self._judge(kept)) for kept in batch]
        if any(isinstance(found, RefusedRecord) and found.reason in _LATER_KNOWN for _, found in judged):
            await self._policies_as_of_now()
            judged = [
                (kept, self._judge(kept) if isinstance(found, RefusedRecord) else found) for kept, found in judged
            ]
        good = [(kept, found) for kept, found in judged if not isinstance(found, RefusedRecord)]
        bad = [(kept, found) for kept, found in judged if isinstance(found, RefusedRecord)]
        await self._keep(good)
        await self._bury(bad)

    def _judge(self, kept: Kept) -> Event[Said] | RefusedRecord:
        try:
            return self._trust.read(kept.topic, kept.partition, kept.value)
        except RefusedRecord as refused:
            return refused

    async def _policies_as_of_now(self) -> None:
        """Wait until every policy that lies on the cluster now is known: a gate may speak right after it has been
        enrolled.
        """
        partitions = range(self._placement.partitions(SITE_POLICIES))
        ends = await self._ends.ends([(SITE_POLICIES, partition) for partition in partitions], _POLICIES_WITHIN_S)
        try:
            async with asyncio.timeout(_POLICIES_WITHIN_S):
                while self._behind(ends or {}):  # noqa: ASYNC110  positions move after a batch has been taken, with no event
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            logger.warning("policies_behind within_s=%.0f", _POLICIES_WITHIN_S)

    def _behind(self, ends: Mapping[tuple[str, int], int]) -> bool:
        known = self._policies.positions()
        return any(known.get(where, 0) < end for where, end in ends.items())

    async def _keep(self, good: Sequence[tuple[Kept, Event[Said]]]) -> None:
        """Keep events in one transaction; when it fails over one of them, each in its own, and that one becomes a dead
        letter.
        """
        if not good or await self._write([event for _, event in good]) is None:
            return
        for kept, event in good:
            error = await self._write([event])
            if error is not None:
                logger.error("record_not_kept id=%s cause=%s", event.id, type(error).__name__, exc_info=error)
                await self._bury(
                    [(kept, RefusedRecord(Refused.FAULT, f"the store cannot take it: {type(error).__name__}"))]
                )

    async def _bury(self, bad: Sequence[tuple[Kept, RefusedRecord]]) -> None:
        if not bad:
            return
        letters = [dead_letter(kept, refused) for kept, refused in bad]
        for kept, refused in bad:
            logger.warning(
                "record_refused topic=%s partition=%d offset=%d reason=%s",
                kept.topic.name,
                kept.partition,
                kept.offset,
                refused.reason,
            )
        topic = DEAD_LETTERS[Role.RECORDER]
        await self._producer.deliver([outgoing(self._signer, topic, letter, self._placement) for letter in letters])
        error = await self._write(letters)
        if error is not None:
            raise error

    async def _write(self, events: Sequence[Event[Said]]) -> Exception | None:
        """Write events in one transaction, waiting for an absent database as long as it takes; gives the error when it
        is about the events.
        """
        pause_s = RETRY_FIRST_S
        while True:
            try:
                await self._store.write(lambda session: _keep(session, events))
            except Exception as error:  # noqa: BLE001  whatever one record causes must not stop those after it
                if not _is_outage(error):
                    return error
                logger.warning(
                    "database_retried cause=%s records=%d pause_s=%.1f", type(error).__name__, len(events), pause_s
                )
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, RETRY_LONGEST_S)
            else:
                return None


def _keep(session: Session, events: Sequence[Event[Said]]) -> None:
    recording.record(session, events)
    arrivals.note(session, events)
    telling.note(session, events)
    filling.note(session, events)


def _is_outage(error: Exception) -> bool:
    """Tell whether the database is at fault (away, locked, full, without its tables) and not the record."""
    if isinstance(error, (DataError, IntegrityError)):
        return False
    return isinstance(error, (DBAPIError, OSError)) or (
        isinstance(error, SQLAlchemyError) and "QueuePool" in str(error)
    )
