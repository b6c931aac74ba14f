"""The gate's journal: everything it says is first a row on disk, and is gone from there only when the stream has it.

SQLite in WAL mode with ``synchronous=FULL``. Ids are minted here, ``gate:boot:seq``: ``boot`` counts the starts on
disk, ``seq`` the records since the gate was installed, so a gap shows. Records are signed once, when they are written.
Alarms (panics, forced passages) have a queue of their own that no backlog delays. With each record, in the same
transaction, the journal keeps what follows from it (``standing``): what is unfinished, who is inside, which passes were
used.
"""

import sqlite3
import threading
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from schemas.envelope import Event
from schemas.gate_event import GateEvent
from schemas.ids import EventId
from schemas.outgoing import outgoing
from schemas.panic import Panic
from schemas.topics import BY_NAME, Placement
from schemas.trust import Signer
from services.rules.facts import PassStanding, Presence
from turnstile_bridge import standing
from turnstile_bridge.database import connect
from turnstile_bridge.gate_words import Resumed, Say

Queue = Literal["records", "alarms"]
FILLING_SHARE = 0.8
FILLING_OVER_SHARE = 0.7
_ALARM_ROWS = 10_000
_ALARM_KINDS = frozenset({"forced"})

_TABLES = """
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, queue TEXT NOT NULL,
    topic TEXT NOT NULL, partition INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS records_by_queue ON records (queue, seq);
"""


_Row = tuple[int, str, Queue, str, int, bytes, bytes]


class Waiting(msgspec.Struct, frozen=True):
    """A row that the stream does not have yet. ``topic`` is without a cluster's prefix."""

    seq: int
    event_id: str
    topic: str
    partition: int
    key: bytes
    value: bytes


class Backlog(msgspec.Struct, frozen=True):
    """How much is waiting, in rows and in bytes of records, and what share of the bounds that is."""

    rows: int
    size: int
    share: float


class Written(msgspec.Struct, frozen=True):
    """What became of one record: its id; ``kept`` is False when the journal was full and only the gap in the ids
    tells of it.
    """

    id: str
    kept: bool


class Journal:
    """The journal of one gate. One thread writes (and mints), the senders read and acknowledge, each by its own
    connection.
    """

    def __init__(
        self, path: Path, *, site: str, signer: Signer, placement: Placement, max_rows: int, max_bytes: int
    ) -> None:
        """Open or make the journal and count this start; raises sqlite3.Error when the disk does not allow it."""
        self._path = path
        self._site = site
        self._signer = signer
        self._gate = signer.source.partition("/")[2]
        self._placement = placement
        self._max_rows, self._max_bytes = max_rows, max_bytes
        self._connection = connect(path)
        self._connection.executescript(_TABLES + standing.TABLES)
        with self._connection as connection:
            connection.execute(
                "INSERT INTO counters VALUES ('boot', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
            )
            connection.execute("INSERT OR IGNORE INTO counters VALUES ('seq', 0)")
        counters = dict(self._connection.execute("SELECT name, value FROM counters").fetchall())
        self.boot, self._seq = int(counters["boot"]), int(counters["seq"])
        self.news: dict[Queue, threading.Event] = {"records": threading.Event(), "alarms": threading.Event()}
        self._lock = threading.Lock()
        self._rows, self._bytes = _measure(self._connection)
        self.dropped = 0

    def next_id(self) -> str:
        """Give the id that the next record gets."""
        return str(EventId(self._gate, self.boot, self._seq + 1))

    def write(self, said: Iterable[tuple[Say, datetime]]) -> list[Written]:
        """Mint, sign and write records in one transaction, with what they open and close; wakes the senders.

        A full journal or disk takes alarms only; what it cannot take leaves a gap in the ids, and nothing is
        raised: a gate must open without a journal too.
        """
        rows: list[tuple[_Row, Say, datetime]] = []
        written: list[Written] = []
        for say, at in said:
            self._seq += 1
            event_id = str(EventId(self._gate, self.boot, self._seq))
            if say.id is not None and say.id != event_id:
                message = f"a record was promised the id {say.id} and would get {event_id}"
                raise AssertionError(message)
            event = Event(id=event_id, source=self._signer.source, time=at, site=self._site, data=say.data)
            record = outgoing(self._signer, say.topic, event, self._placement)
            row: _Row = (self._seq, event_id, queue_of(say), record.topic, record.partition, record.key, record.value)
            kept = self._has_room(row[2])
            if kept:
                rows.append((row, say, at))
            written.append(Written(event_id, kept))
        if rows and not self._insert(rows):
            written = [Written(one.id, kept=False) for one in written]
        self.dropped += sum(1 for one in written if not one.kept)
        for row, _, _ in rows:
            self.news[row[2]].set()
        return written

    def backlog(self) -> Backlog:
        """Tell how full the journal is."""
        with self._lock:
            rows, size = self._rows, self._bytes
        return Backlog(rows, size, max(rows / self._max_rows, size / self._max_bytes))

    def unfinished(self, now: datetime) -> Resumed:
        """Give the reads without an act, the grants without a passage, the questions without an answer, and the
        answers that were acted on.
        """
        with self._connection as connection:
            return standing.unfinished(connection, now)

    def presence(self, person: str) -> Presence | None:
        """Give where a holder (or a credential without one) was last seen to pass at this gate."""
        return standing.presence(self._connection, person)

    def pass_standing(self, jti: str) -> PassStanding | None:
        """Give how far this gate itself has used a pass."""
        return standing.pass_standing(self._connection, jti)

    def sender(self, queue: Queue) -> "Outbox":
        """Give one queue to the thread that sends it; to be called in that thread."""
        return Outbox(self, self._path, queue)

    def close(self) -> None:
        """Close the journal."""
        self._connection.close()

    def sent(self, rows: int, size: int) -> None:
        """Note that a sender's rows are gone."""
        with self._lock:
            self._rows -= rows
            self._bytes -= size

    def _has_room(self, queue: Queue) -> bool:
        with self._lock:
            if queue == "alarms":
                return self._rows < self._max_rows + _ALARM_ROWS
            return self._rows < self._max_rows and self._bytes < self._max_bytes

    def _insert(self, rows: list[tuple[_Row, Say, datetime]]) -> bool:
        try:
            with self._connection as connection:
                for row, say, at in rows:
                    connection.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", row)
                    standing.keep(connection, row[1], say, at)
                connection.execute("UPDATE counters SET value = ? WHERE name = 'seq'", (self._seq,))
        except sqlite3.OperationalError:
            return False
        with self._lock:
            self._rows += len(rows)
            self._bytes += sum(len(row[6]) for row, _, _ in rows)
        return True


class Outbox:
    """One queue of the journal, in order, for the one thread that sends it."""

    def __init__(self, journal: Journal, path: Path, queue: Queue) -> None:
        """Open a connection of its own."""
        self._journal = journal
        self._connection = connect(path, durable=False)
        self._queue = queue

    @property
    def news(self) -> threading.Event:
        """Give what is set when there is something new to send; the sender clears it before it looks."""
        return self._journal.news[self._queue]

    def waiting(self, limit: int, after: int = 0) -> list[Waiting]:
        """Give the oldest rows after a sequence number."""
        found = self._connection.execute(
            "SELECT seq, event_id, topic, partition, key, value FROM records"
            " WHERE queue = ? AND seq > ? ORDER BY seq LIMIT ?",
            (self._queue, after, limit),
        )
        return [Waiting(*row) for row in found]

    def acknowledged(self, rows: list[Waiting]) -> None:
        """Forget rows that the broker has."""
        with self._connection as connection:
            connection.executemany("DELETE FROM records WHERE seq = ?", [(row.seq,) for row in rows])
        self._journal.sent(len(rows), sum(len(row.value) for row in rows))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def queue_of(say: Say) -> Queue:
    """Tell which queue a record waits in: alarms are never behind reads."""
    alarm = isinstance(say.data, Panic) or (isinstance(say.data, GateEvent) and say.data.kind in _ALARM_KINDS)
    return "alarms" if alarm else "records"


def look(path: Path) -> dict[str, tuple[int, int]]:
    """Tell, without disturbing a running bridge, how many records (and bytes) of each topic wait."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        found = connection.execute("SELECT topic, COUNT(*), SUM(LENGTH(value)) FROM records GROUP BY topic").fetchall()
    finally:
        connection.close()
    return {BY_NAME[topic].name: (rows, size) for topic, rows, size in found}


def _measure(connection: sqlite3.Connection) -> tuple[int, int]:
    rows, size = connection.execute("SELECT COUNT(*), COALESCE(SUM(LENGTH(value)), 0) FROM records").fetchone()
    return int(rows), int(size)
