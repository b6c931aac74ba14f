"""What the police link knows across restarts.

How far it has read, what it still has to tell, under which number, and which deliveries Kafka has yet to take.

One SQLite file, written whole before anything is sent (``synchronous=FULL``). One process: a second one on the same
file is refused.
"""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from schemas.delivery import DeliveryOutcome
from schemas.outgoing import Outgoing
from schemas.setting import WrongSetting
from services.kafka_client.follower import Kept
from services.police_link.dc09 import next_sequence
from services.police_link.notice import Notice

_TABLES = """
CREATE TABLE IF NOT EXISTS positions (
    topic TEXT, partition INTEGER, next INTEGER, PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notices (
    key TEXT PRIMARY KEY, event TEXT, alarm TEXT, site TEXT, code TEXT, place TEXT, occurred_at TEXT, first INTEGER,
    sequence INTEGER, attempts INTEGER DEFAULT 0, told TEXT, settled INTEGER DEFAULT 0
);
CREATE INDEX IF NOT EXISTS notices_waiting ON notices (first DESC, occurred_at) WHERE settled = 0;
CREATE TABLE IF NOT EXISTS held (
    topic TEXT, partition INTEGER, position INTEGER, value BLOB, PRIMARY KEY (topic, partition, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT, key BLOB, value BLOB, partition INTEGER
);
CREATE TABLE IF NOT EXISTS numbering (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), sequence INTEGER);
INSERT OR IGNORE INTO numbering VALUES (1, 0);
"""


class Waiting(NamedTuple):
    """A notice that nobody has acknowledged yet.

    It keeps its sequence number; ``attempts`` were made, and ``told`` is the outcome that was last told of it.
    """

    notice: Notice
    sequence: int
    attempts: int
    told: DeliveryOutcome | None


class Held(NamedTuple):
    """A record whose signer is not known yet: the policy that names it may be on its way."""

    topic: str
    partition: int
    offset: int
    value: bytes


class Ledger:
    """The file. Every method is one transaction."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; raises WrongSetting when it cannot be, or is another process's."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None, timeout=2.0)
            self._database.executescript(
                "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            )
            self._database.executescript(f"BEGIN EXCLUSIVE; {_TABLES} COMMIT;")
        except (OSError, sqlite3.Error) as error:
            message = (
                f"setting police_link.data_dir: cannot use {path.name}: {error} (does another police-link run on it?)"
            )
            raise WrongSetting(message) from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def positions(self, topic: str) -> dict[int, int]:
        """Give the next offset by partition, of a topic's records that have been taken."""
        return dict(self._database.execute("SELECT partition, next FROM positions WHERE topic = ?", (topic,)))

    def take(self, batch: Iterable[Kept], notices: Iterable[Notice], held: Iterable[Held] = ()) -> None:
        """Take a batch of records: what is to be told of it, what waits for its signer, and how far that is.

        A notice that is known already changes nothing.
        """
        with _Transaction(self._database) as database:
            for notice in notices:
                self._add(database, notice)
            database.executemany("INSERT OR IGNORE INTO held VALUES (?, ?, ?, ?)", held)
            database.executemany(
                "INSERT INTO positions VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = max(next, excluded.next)",
                [(record.topic.name, record.partition, record.offset + 1) for record in batch],
            )

    def held(self) -> list[Held]:
        """Give the records that wait for their signer."""
        return [Held(*row) for row in self._database.execute("SELECT topic, partition, position, value FROM held")]

    def release(self, record: Held, notices: Iterable[Notice]) -> None:
        """End the waiting of a held record, with what is to be told of it."""
        with _Transaction(self._database) as database:
            for notice in notices:
                self._add(database, notice)
            database.execute("DELETE FROM held WHERE topic = ? AND partition = ? AND position = ?", record[:3])

    def waiting(self) -> list[Waiting]:
        """Give what is still to be told: presses first, then in the order in which it happened."""
        rows = self._database.execute(
            "SELECT sequence, attempts, told, key, event, alarm, site, code, place, occurred_at, first"
            " FROM notices WHERE settled = 0 ORDER BY first DESC, occurred_at, rowid"
        )
        return [Waiting(_notice(row[3:]), *row[:3]) for row in rows]

    def record(
        self, notice: Notice, outcome: DeliveryOutcome, attempts: int, delivery: Outgoing, *, settled: bool
    ) -> None:
        """Record what became of a notice, with the delivery that tells it; the same outcome again is not told again.

        What is not ``settled`` goes on waiting.
        """
        with _Transaction(self._database) as database:
            (told,) = database.execute("SELECT told FROM notices WHERE key = ?", (notice.key,)).fetchone()
            database.execute(
                "UPDATE notices SET attempts = ?, told = ?, settled = ? WHERE key = ?",
                (attempts, outcome, settled, notice.key),
            )
            if told != outcome:
                row = (delivery.topic, delivery.key, delivery.value, delivery.partition)
                database.execute("INSERT INTO deliveries (topic, key, value, partition) VALUES (?, ?, ?, ?)", row)

    def count(self, notice: Notice, attempts: int) -> None:
        """Record how many attempts have been made to tell a notice."""
        self._database.execute("UPDATE notices SET attempts = ? WHERE key = ?", (attempts, notice.key))

    def next_sequence(self) -> int:
        """Give a number for a poll."""
        with _Transaction(self._database) as database:
            return _numbered(database)

    def deliveries(self) -> list[tuple[int, Outgoing]]:
        """Give the deliveries that Kafka has not taken yet, oldest first, with their numbers here."""
        rows = self._database.execute(
            "SELECT number, topic, key, value, partition FROM deliveries ORDER BY number LIMIT 500"
        )
        return [(row[0], Outgoing(*row[1:])) for row in rows]

    def delivered(self, numbers: Iterable[int]) -> None:
        """Record that Kafka has taken these deliveries."""
        with _Transaction(self._database) as database:
            database.executemany("DELETE FROM deliveries WHERE number = ?", [(number,) for number in numbers])

    def forget(self, before: datetime) -> None:
        """Forget what was settled so long ago that Kafka does not keep it either."""
        limit = before.astimezone(UTC).isoformat()
        self._database.execute("DELETE FROM notices WHERE settled = 1 AND occurred_at < ?", (limit,))

    @staticmethod
    def _add(database: sqlite3.Connection, notice: Notice) -> None:
        if database.execute("SELECT 1 FROM notices WHERE key = ?", (notice.key,)).fetchone() is None:
            row = (*notice[:6], notice.occurred_at.astimezone(UTC).isoformat(), notice.first, _numbered(database))
            database.execute(
                "INSERT INTO notices (key, event, alarm, site, code, place, occurred_at, first, sequence)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )


class _Transaction:
    """BEGIN to COMMIT, or nothing at all of it."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> sqlite3.Connection:
        self._database.execute("BEGIN IMMEDIATE")
        return self._database

    def __exit__(self, kind: object, *_: object) -> None:
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")


def _numbered(database: sqlite3.Connection) -> int:
    (sequence,) = database.execute("SELECT sequence FROM numbering").fetchone()
    database.execute("UPDATE numbering SET sequence = ?", (next_sequence(sequence),))
    return next_sequence(sequence)


def _notice(row: tuple[str, str, str, str, str, str, str, int]) -> Notice:
    return Notice(*row[:6], datetime.fromisoformat(row[6]), bool(row[7]))
