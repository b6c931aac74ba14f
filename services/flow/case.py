"""One record being judged: what a hop may look at, and what it says. Hops are pure over it, so tests and agents run
the same.
"""

from datetime import datetime
from functools import cache
from typing import Protocol, TypeVar

import msgspec

from schemas.credential import Credential
from schemas.envelope import DataT, Event
from schemas.outgoing import Outgoing, outgoing
from schemas.release import Release
from schemas.screening import Screening
from schemas.site_mode import SiteMode
from schemas.site_policy import SitePolicy
from schemas.topics import Placement, Topic
from schemas.trust import Signer
from schemas.visitor_pass import VisitorPass

RowT = TypeVar("RowT", bound=msgspec.Struct)

_ENCODER = msgspec.msgpack.Encoder()


class OursFailed(Exception):  # noqa: N818  said of us, not of a record
    """Facts or rows could not be read: our fault, so the worker ends and the record is judged by the next one."""


class KnownFacts(Protocol):
    """The followed facts, for lookups that neither wait nor fail."""

    def policy(self, site: str) -> SitePolicy | None:
        """Give the newest policy of a site."""

    def credential(self, site: str, credential: str) -> Credential | None:
        """Give the newest version of a credential of a site."""

    def visitor_pass(self, site: str, jti: str) -> VisitorPass | None:
        """Give the newest version of a pass of a site."""

    def screening(self, site: str, holder: str) -> Screening | None:
        """Give the latest check of a holder at a site."""

    def release(self, site: str, holder: str) -> Release | None:
        """Give the latest leave of a holder to go out while lessons last."""

    def mode(self, site: str) -> SiteMode | None:
        """Give the mode a site is in."""


class Rows(Protocol):
    """The rows of the app's tables in the partition of the record being judged."""

    def row(self, table: str, key: str) -> bytes | None:
        """Give a row as it is stored."""


class Speaker:
    """Who speaks for this app: signs what it says and places it."""

    def __init__(self, signer: Signer, placement: Placement) -> None:
        """Take the app's key and the cluster's partition counts."""
        self._signer = signer
        self.placement = placement
        self.source = signer.source

    def record(self, topic: Topic, event: Event[DataT]) -> Outgoing:
        """Sign and address an event."""
        return outgoing(self._signer, topic, event, self.placement)


class Case:
    """A record's judgement in the making: kept only when the hop returns, dropped whole when it fails."""

    def __init__(self, now: datetime, facts: KnownFacts, rows: Rows, speaker: Speaker) -> None:
        """Begin with what is known at a time (UTC)."""
        self.now = now
        self.facts = facts
        self.speaker = speaker
        self.spoken: list[Outgoing] = []
        self.changes: dict[tuple[str, str], bytes] = {}
        self._rows = rows

    def row(self, table: str, key: str, shape: type[RowT]) -> RowT | None:
        """Give a row, this case's own change of it first."""
        stored = self.changes.get((table, key)) or self._rows.row(table, key)
        return None if stored is None else _decoder(shape).decode(stored)

    def put(self, table: str, key: str, row: msgspec.Struct) -> None:
        """Change a row."""
        self.changes[table, key] = _ENCODER.encode(row)

    def say(self, topic: Topic, event: Event[DataT]) -> Outgoing:
        """Say an event, and give its record."""
        record = self.speaker.record(topic, event)
        self.spoken.append(record)
        return record

    def repeat(self, record: Outgoing) -> None:
        """Say again what was said before, byte for byte."""
        self.spoken.append(record)


@cache
def _decoder(shape: type[RowT]) -> msgspec.msgpack.Decoder[RowT]:
    return msgspec.msgpack.Decoder(shape)
