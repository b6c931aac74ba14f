"""The database: SQLite (WAL) with one queued writer a process, or PostgreSQL by one URL. Reads never wait for the
writer.

Ten writing SQLite connections made valid people wait (p99 640 ms instead of 102), so a process has one writing thread,
and each of its transactions begins IMMEDIATE: two processes then queue at the file instead of failing in the middle.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, OperationalError
from sqlalchemy.pool import QueuePool
from sqlmodel import Session

from schemas.setting import WrongSetting
from services.settings import Configuration, StoreSettings

T = TypeVar("T")

_BUSY_MS = 10_000
_READERS = 4
_POSTGRES_WRITERS = 4
_RESTED_S = 1.0
"""After how long without work a connection is asked whether its server is still there: before each transaction that
would be a third of a small one.
"""
_DRIVERS = ("sqlite", "postgresql+psycopg")


class Store:
    """Transactions for everyone: ``write`` in the queue of writers, ``read`` beside it. Both run a function with a
    session in a thread.
    """

    def __init__(self, url: URL) -> None:
        """Take SQLAlchemy's URL; nothing is opened yet."""
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        writers = 1 if self.is_sqlite else _POSTGRES_WRITERS
        self._write_engine = _sqlite(url, writers, "BEGIN IMMEDIATE") if self.is_sqlite else _postgresql(url, writers)
        self._read_engine = (
            _sqlite(url, _READERS, "BEGIN") if self.is_sqlite else _postgresql(url, _READERS, reads=True)
        )
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")

    @classmethod
    def of(cls, configuration: Configuration) -> "Store":
        """Give the store of a settings file; raises WrongSetting."""
        return cls(store_url(configuration))

    @property
    def engine(self) -> sa.Engine:
        """Give the engine that writes, for migrations and locks."""
        return self._write_engine

    async def write(self, act: Callable[[Session], T]) -> T:
        """Run ``act`` in a transaction of its own, in the queue; it is committed when this returns."""
        return await asyncio.wrap_future(self._writers.submit(self._transaction, self._write_engine, act))

    async def read(self, ask: Callable[[Session], T]) -> T:
        """Run a query on a connection of its own."""
        return await asyncio.wrap_future(self._readers.submit(self._transaction, self._read_engine, ask))

    def write_now(self, act: Callable[[Session], T]) -> T:
        """Do as ``write``, for commands that have no event loop."""
        return self._writers.submit(self._transaction, self._write_engine, act).result()

    def read_now(self, ask: Callable[[Session], T]) -> T:
        """Do as ``read``, for commands that have no event loop."""
        return self._readers.submit(self._transaction, self._read_engine, ask).result()

    def close(self) -> None:
        """Finish what is queued and close every connection."""
        self._writers.shutdown()
        self._readers.shutdown()
        self._write_engine.dispose()
        self._read_engine.dispose()

    @staticmethod
    def _transaction(engine: sa.Engine, act: Callable[[Session], T]) -> T:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            return act(session)


def store_url(configuration: Configuration) -> URL:
    """Read the ``[store]`` section: a SQLite path is relative to the settings file, a password comes from its file.
    Raises WrongSetting.
    """
    settings = configuration.section("store", StoreSettings)
    try:
        url = make_url(settings.url)
    except ArgumentError as error:
        message = (
            "setting store.url: not a database URL; write sqlite:///qaqpa.db or postgresql+psycopg://user@host/name"
        )
        raise WrongSetting(message) from error
    if url.drivername not in _DRIVERS:
        message = f"setting store.url: {url.drivername} is not supported, use one of {', '.join(_DRIVERS)}"
        raise WrongSetting(message)
    if url.drivername == "sqlite":
        if not url.database or url.database == ":memory:":
            message = "setting store.url: name a file, as in sqlite:///qaqpa.db"
            raise WrongSetting(message)
        return url.set(database=str(configuration.path(url.database)))
    if settings.password_file is None:
        return url
    return url.set(password=configuration.password("store.password_file", settings.password_file))


def serialise(session: Session, *what: str) -> None:
    """Hold others back who change the same thing until this transaction ends. SQLite's writer already does; PostgreSQL
    takes a lock by name.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": "/".join(what)})


def next_number(session: Session, column: Any, *where: Any) -> int:
    """Give the number after the highest in a column, 1 in an empty one: where it is counted by hand, as for each site.
    Whoever counts has serialised.
    """
    last = session.execute(sa.select(sa.func.max(column)).where(*where)).scalar_one()
    return int(last or 0) + 1


def _postgresql(url: URL, connections: int, *, reads: bool = False) -> sa.Engine:
    """Make the engine of a server. What only reads goes without BEGIN and COMMIT, two ways to the server each: there
    every statement sees what is committed by then, within a transaction too (READ COMMITTED).
    """
    engine = sa.create_engine(
        url,
        pool_size=connections,
        max_overflow=2,
        connect_args={"connect_timeout": 5},
        **({"isolation_level": "AUTOCOMMIT"} if reads else {}),
    )

    @sa.event.listens_for(engine, "checkin")
    def _rests(_connection: Any, record: Any) -> None:
        record.info["used_s"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def _is_there(connection: Any, record: Any, _proxy: object) -> None:
        """Ask a connection that has rested whether its server is still there; the pool replaces one that is lost."""
        now_s = time.monotonic()
        if now_s - record.info.get("used_s", now_s) < _RESTED_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise DisconnectionError from error

    return engine


def _sqlite(url: URL, connections: int, begin: str) -> sa.Engine:
    engine = sa.create_engine(
        url, poolclass=QueuePool, pool_size=connections, max_overflow=2, connect_args={"check_same_thread": False}
    )

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_BUSY_MS}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # beneath SQLAlchemy, whose own way to say one word costs as much as a small query
        driver: Any = connection.connection.driver_connection
        try:
            driver.execute(begin)
        except sqlite3.Error as error:
            raise OperationalError(begin, None, error) from error

    return engine
