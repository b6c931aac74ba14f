"""Sends the outbox: in order, signed by administration, the same id again after a kill. One process does it."""

import asyncio
import fcntl
import logging
import os
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from schemas.outgoing import Outgoing, outgoing
from schemas.topics import Placement
from schemas.trust import Signer
from services.kafka_client.producer import RecordProducer, Undeliverable
from services.store import outbox
from services.store.clock import now
from services.store.database import Store
from services.store.outbox import OutboxRow

_BATCH = 500
_PAUSE_S = 1.0
_LOCK_KEY = 1_902_071_002

logger = logging.getLogger(__name__)


class OutboxRunner:
    """The loop from unsent rows to their topics."""

    def __init__(
        self, store: Store, producer: RecordProducer, signer: Signer, placement: Placement, poll_s: float
    ) -> None:
        """Look at the outbox of ``store`` every ``poll_s``."""
        self._store = store
        self._producer = producer
        self._signer = signer
        self._placement = placement
        self._poll_s = poll_s
        self._lock: OutboxLock = _FileLock(store) if store.is_sqlite else _PostgresLock(store)

    async def run(self) -> None:
        """Send for ever; a database that is away is waited for. While another process holds the lock this one stands
        by.
        """
        try:
            while True:  # noqa: ASYNC110  a row may come from any process: nobody could set an event here
                await asyncio.sleep(self._poll_s if await self._round() else _PAUSE_S)
        finally:
            self._lock.release()

    async def send_waiting(self) -> int:
        """Send what waits, in order, and give how many rows that were."""
        sent = 0
        while rows := await self._store.read(lambda session: outbox.unsent(session, _BATCH)):
            await self._send(rows)
            sent += len(rows)
        return sent

    async def _round(self) -> bool:
        try:
            if not await asyncio.to_thread(self._lock.held):
                return False
            await self.send_waiting()
        except (SQLAlchemyError, OSError) as error:
            logger.warning("outbox_waits cause=%s", type(error).__name__)
            return False
        return True

    async def _send(self, rows: Sequence[OutboxRow]) -> None:
        waiting = {row.number or 0: self._record(row) for row in rows}
        while waiting:
            try:
                await self._producer.deliver(list(waiting.values()))
            except Undeliverable as error:
                number = next(number for number, record in waiting.items() if record is error.record)
                logger.exception("outbox_row_refused number=%d", number)
                await self._mark([number], str(error))
                del waiting[number]
            else:
                break
        await self._mark(list(waiting))

    def _record(self, row: OutboxRow) -> Outgoing:
        return outgoing(self._signer, outbox.topic_of(row), row.event(), self._placement)

    async def _mark(self, numbers: list[int], refused: str | None = None) -> None:
        await self._store.write(lambda session: outbox.mark_sent(session, numbers, now(), refused))


class OutboxLock:
    """Who may send. It is lost with the process, or with the database's connection, that held it."""

    def held(self) -> bool:
        """Tell whether this process has the lock, taking it when it is free."""
        raise NotImplementedError

    def release(self) -> None:
        """Give it up."""
        raise NotImplementedError


class _FileLock(OutboxLock):
    def __init__(self, store: Store) -> None:
        self._path = f"{store.url.database}.outbox-lock"
        self._handle: int | None = None

    def held(self) -> bool:
        if self._handle is not None:
            return True
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class _PostgresLock(OutboxLock):
    """A session lock: asked on its own connection each time, so that a lost connection is noticed before anything is
    sent.
    """

    def __init__(self, store: Store) -> None:
        self._engine = store.engine
        self._connection: sa.Connection | None = None

    def held(self) -> bool:
        try:
            if self._connection is not None:
                self._connection.execute(sa.text("SELECT 1"))
                return True
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            taken = self._connection.execute(
                sa.text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK_KEY}
            ).scalar_one()
        except SQLAlchemyError:
            self.release()
            raise
        if not taken:
            self.release()
        return bool(taken)

    def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()
