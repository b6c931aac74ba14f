"""Entries of a site's lists: whom the director has barred by an order, and whom a court or a basis like it keeps from a
pupil. For the duty administrator and the director alone; kept for a year after an entry has ended, then erased.
"""

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from services.store import audit
from services.store.columns import UtcDateTime
from services.store.database import serialise

EntryKind = Literal["ban", "custody"]
KEPT_AFTER = timedelta(days=365)
"""How long an entry that no longer holds is kept, for whoever complains about it."""

NAMES_AT_MOST = 3
_ENTRY_BYTES = 8
_PREFIX = "entry-"


class ListEntryRow(SQLModel, table=True):
    """One person on a list: ``names`` in up to three spellings, ``iin_hash`` a keyed hash where the number is known.

    ``basis`` is the order or the document, of the day ``basis_on``; ``pupil`` the holder whom a custody entry is about.
    It holds until ``until``, or ``ended_at`` where somebody ended it before; ``kept_until`` is when it is erased.
    """

    __tablename__ = "list_entries"
    __table_args__ = (
        sa.Index("ix_list_entries_site_until", "site", "until"),
        sa.Index("ix_list_entries_site_pupil", "site", "pupil"),
        sa.Index("ix_list_entries_kept_until", "kept_until"),
    )

    site: str = Field(primary_key=True)
    entry: str = Field(primary_key=True)
    kind: str
    names: list[str] = Field(sa_type=JSON)
    iin_hash: str | None
    pupil: str | None
    basis: str
    basis_on: date
    until: datetime = Field(sa_type=UtcDateTime)
    entered_at: datetime = Field(sa_type=UtcDateTime)
    entered_by: str
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str | None = None
    kept_until: datetime = Field(sa_type=UtcDateTime)

    def holds(self, at: datetime) -> bool:
        """Tell whether it holds at a moment."""
        return self.ended_at is None and at < self.until


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is entered. ``entry`` was minted with the form, so that a form sent twice is one entry."""

    entry: str
    kind: EntryKind
    names: list[str]
    iin_hash: str | None
    pupil: str | None
    basis: str
    basis_on: date
    until: datetime


def new_entry() -> str:
    """Mint the name of an entry that is about to be typed."""
    return f"{_PREFIX}{secrets.token_hex(_ENTRY_BYTES)}"


def is_entry(text: str) -> bool:
    """Tell whether a text has the form of such a name."""
    return text.startswith(_PREFIX) and text.removeprefix(_PREFIX).isalnum() and len(text) == len(new_entry())


def enter(session: Session, *, site: str, told: Entry, by: str, at: datetime) -> ListEntryRow:
    """Enter a person; the same form again gives its first row. The audit says which list, and nothing of the person."""
    serialise(session, "lists", site)
    known = one(session, site, told.entry)
    if known is not None:
        return known
    row = ListEntryRow(
        site=site,
        entered_at=at,
        entered_by=by,
        kept_until=told.until + KEPT_AFTER,
        **{**msgspec.structs.asdict(told), "names": told.names[:NAMES_AT_MOST]},
    )
    session.add(row)
    audit.note(session, site=site, by=by, act="list_entered", subject=told.entry, detail={"kind": told.kind}, at=at)
    session.flush()
    return row


def end(session: Session, *, site: str, entry: str, by: str, at: datetime) -> bool:
    """End an entry before its time; False when it does not hold any more."""
    serialise(session, "lists", site)
    row = session.get(ListEntryRow, (site, entry), populate_existing=True)
    if row is None or not row.holds(at):
        return False
    row.ended_at, row.ended_by, row.kept_until = at, by, at + KEPT_AFTER
    session.add(row)
    audit.note(session, site=site, by=by, act="list_ended", subject=entry, detail={"kind": row.kind}, at=at)
    return True


def one(session: Session, site: str, entry: str) -> ListEntryRow | None:
    """Give an entry of a site."""
    return session.get(ListEntryRow, (site, entry))


def all_of(session: Session, site: str) -> Sequence[ListEntryRow]:
    """Give a site's entries, those that were entered last first; with those that no longer hold."""
    query = select(ListEntryRow).where(ListEntryRow.site == site)
    return session.exec(query.order_by(col(ListEntryRow.entered_at).desc(), col(ListEntryRow.entry))).all()
