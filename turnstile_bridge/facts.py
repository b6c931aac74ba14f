"""What a gate knows when it must decide alone: its site's policy, credentials, passes and mode, followed from Kafka
into SQLite.

Every record was checked before it came here (signature, writing role, partition); one that was refused is kept
beside, counted, and never acted on. A record and the offset after
it are one transaction, so a restart goes on where it stopped.
"""

import hashlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from schemas.catalogue import Said
from schemas.credential import Credential
from schemas.envelope import Event, RefusedRecord
from schemas.outgoing import subject_of
from schemas.pass_token import jti_of
from schemas.site_mode import SiteMode
from schemas.site_policy import SitePolicy
from schemas.topics import Key, Topic
from schemas.visitor_pass import VisitorPass
from services.rules.facts import Facts
from turnstile_bridge.database import connect

REFUSED_KEPT = 1000
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (
    noun TEXT NOT NULL, subject TEXT NOT NULL, version INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (noun, subject)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS offsets (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS confirmed (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS newest (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS refused (
    number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, partition INTEGER NOT NULL,
    at_offset INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, sha256 TEXT NOT NULL
);
"""

FactT = TypeVar("FactT", Credential, VisitorPass, SitePolicy, SiteMode)


class FactsOnDisk:
    """The facts of one site at one gate, by one connection; each thread opens its own."""

    def __init__(self, path: Path, site: str) -> None:
        """Open or make the file; raises sqlite3.Error when the disk does not allow it."""
        self._site = site
        self._connection = connect(path, durable=False)
        self._connection.executescript(_TABLES)

    def whole(self) -> sqlite3.Connection:
        """Give the transaction in which a batch is taken: ``with facts.whole(): ...``."""
        return self._connection

    def take(self, event: Event[Said], topic: Topic, position: tuple[int, int]) -> bool:
        """Keep a fact and the offset after it; False when an equal or newer version was known. ``position`` is
        partition and offset.
        """
        data = event.data
        if not isinstance(data, Credential | VisitorPass | SitePolicy | SiteMode):
            return False
        subject = subject_of(data) if topic.key is Key.SUBJECT else event.site
        changed = self._connection.execute(
            "INSERT INTO facts VALUES (?, ?, ?, ?) ON CONFLICT (noun, subject)"
            " DO UPDATE SET version = excluded.version, data = excluded.data WHERE excluded.version > facts.version",
            (topic.noun, subject, data.version, msgspec.json.encode(data)),
        ).rowcount
        self._connection.execute(
            "INSERT INTO newest VALUES (1, ?) ON CONFLICT (only_row) DO UPDATE SET at = excluded.at"
            " WHERE excluded.at > newest.at",
            (event.time.astimezone(UTC).isoformat(timespec="microseconds"),),
        )
        self.passed_over(topic, position)
        return changed > 0

    def passed_over(self, topic: Topic, position: tuple[int, int]) -> None:
        """Note that a record (of a neighbour, say) was seen and is nothing to us."""
        partition, offset = position
        self._connection.execute(
            "INSERT INTO offsets VALUES (?, ?, ?) ON CONFLICT (topic, partition) DO UPDATE SET next = excluded.next",
            (topic.name, partition, offset + 1),
        )

    def refuse(self, topic: Topic, position: tuple[int, int], value: bytes | None, refusal: RefusedRecord) -> None:
        """Keep a refused record's reason, the last thousand of them."""
        digest = hashlib.sha256(value or b"").hexdigest()
        self._connection.execute(
            "INSERT INTO refused (topic, partition, at_offset, reason, detail, sha256) VALUES (?, ?, ?, ?, ?, ?)",
            (topic.name, *position, refusal.reason, refusal.detail, digest),
        )
        self._connection.execute(
            "DELETE FROM refused WHERE number <= (SELECT MAX(number) FROM refused) - ?", (REFUSED_KEPT,)
        )
        if topic.compacted:
            self.passed_over(topic, position)

    def next_offset(self, topic: Topic, partition: int) -> int | None:
        """Give the offset to go on from, or None for the beginning."""
        row = self._connection.execute(
            "SELECT next FROM offsets WHERE topic = ? AND partition = ?", (topic.name, partition)
        ).fetchone()
        return int(row[0]) if row else None

    def confirm(self, at: datetime) -> None:
        """Note that at this time the facts were whole and current."""
        with self._connection as connection:
            connection.execute(
                "INSERT INTO confirmed VALUES (1, ?) ON CONFLICT (only_row) DO UPDATE SET at = excluded.at",
                (at.isoformat(),),
            )

    def facts_for(self, credential: str) -> Facts:
        """Give what a decision about a credential may look at, of what administration said; what the gate saw itself
        is the journal's to add.
        """
        confirmed = self._connection.execute("SELECT at FROM confirmed").fetchone()
        jti = jti_of(credential)
        return Facts(
            policy=self.policy(),
            confirmed_at=datetime.fromisoformat(confirmed[0]) if confirmed else _NEVER,
            credential=self._fact("credential", credential, Credential) if jti is None else None,
            mode=self.mode(),
            presence=None,
            visitor_pass=self._fact("visitor_pass", jti, VisitorPass) if jti is not None else None,
        )

    def newest_said_at(self) -> datetime | None:
        """Give when the newest fact was said, by the clock of who said it: now is later."""
        row = self._connection.execute("SELECT at FROM newest").fetchone()
        return datetime.fromisoformat(row[0]) if row else None

    def policy(self) -> SitePolicy | None:
        """Give the site's policy."""
        return self._fact("site_policy", self._site, SitePolicy)

    def mode(self) -> SiteMode | None:
        """Give the site's mode."""
        return self._fact("site_mode", self._site, SiteMode)

    def refused(self) -> list[tuple[str, str, int]]:
        """Count the refused records by topic and reason."""
        found = self._connection.execute(
            "SELECT topic, reason, COUNT(*) FROM refused GROUP BY topic, reason ORDER BY topic, reason"
        )
        return [(str(topic), str(reason), int(count)) for topic, reason, count in found]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _fact(self, noun: str, subject: str, shape: type[FactT]) -> FactT | None:
        row = self._connection.execute(
            "SELECT data FROM facts WHERE noun = ? AND subject = ?", (noun, subject)
        ).fetchone()
        return msgspec.json.decode(row[0], type=shape) if row else None
