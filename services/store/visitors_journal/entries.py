"""Entries of the visitors' journal: opened by a registration or by a passage of somebody who is not of the school,
numbered for each site, never edited. What has to be corrected is added beneath, with its date.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.store import audit
from services.store.columns import UtcDateTime
from services.store.database import next_number, serialise
from services.store.records.gate_acts import GateActRow
from services.store.records.passages import PassageRow

VISITING = ("visitor", "representative", "contractor", "official", "emergency")
"""The categories that the journal is about: everybody who is neither a pupil nor of the staff."""

WORDS_AT_MOST = 500


class JournalEntryRow(SQLModel, table=True):
    """One coming of one visitor. ``source`` is the registration or the passage that opened it, ``visit`` the
    registration where there is one.
    """

    __tablename__ = "journal_entries"
    __table_args__ = (
        sa.Index("ix_journal_entries_site_source", "site", "source", unique=True),
        sa.Index("ix_journal_entries_site_opened_at", "site", "opened_at"),
    )

    site: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    source: str
    holder: str
    visit: str | None
    opened_at: datetime = Field(sa_type=UtcDateTime)


class JournalAdditionRow(SQLModel, table=True):
    """What somebody added to an entry later: to which column, what, when, who. The entry itself stays as it is."""

    __tablename__ = "journal_additions"

    site: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    step: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    column: str
    text: str
    at: datetime = Field(sa_type=UtcDateTime)
    by: str


def open_entry(session: Session, *, site: str, source: str, holder: str, visit: str | None, at: datetime) -> int:
    """Open an entry and give its number; the same source opens one only."""
    serialise(session, "journal", site)
    known = session.exec(
        select(JournalEntryRow).where(JournalEntryRow.site == site, JournalEntryRow.source == source)
    ).first()
    if known is not None:
        return known.number
    number = next_number(session, JournalEntryRow.number, JournalEntryRow.site == site)
    session.add(JournalEntryRow(site=site, number=number, source=source, holder=holder, visit=visit, opened_at=at))
    session.flush()
    return number


def fill(session: Session, site: str, since: datetime) -> int:
    """Open entries for the passages since a moment of people who are not of the school, and give how many were new.

    The first passage after a registration belongs to the registration's own entry.
    """
    serialise(session, "journal", site)
    entered = (
        select(PassageRow)
        .join(GateActRow, (col(GateActRow.site) == PassageRow.site) & (col(GateActRow.grant) == PassageRow.grant))
        .where(
            PassageRow.site == site,
            PassageRow.at >= since,
            PassageRow.outcome == "entered",
            PassageRow.direction == "entry",
            col(PassageRow.holder).is_not(None),
            col(GateActRow.category).in_(VISITING),
        )
        .order_by(col(PassageRow.at))
    )
    known = between(session, site, since, None)
    sources = {entry.source for entry in known}
    waiting = {entry.holder: entry.opened_at for entry in known if entry.visit is not None}
    opened = 0
    for passage in session.exec(entered).unique():
        holder = passage.holder or ""
        if passage.id in sources:
            continue
        if holder in waiting and _is_first_since(session, passage, waiting[holder]):
            continue
        open_entry(session, site=site, source=passage.id, holder=holder, visit=None, at=passage.at)
        sources.add(passage.id)
        opened += 1
    return opened


def between(session: Session, site: str, since: datetime, until: datetime | None) -> Sequence[JournalEntryRow]:
    """Give the entries opened from a moment until another (not within), first one first."""
    query = select(JournalEntryRow).where(JournalEntryRow.site == site, JournalEntryRow.opened_at >= since)
    if until is not None:
        query = query.where(JournalEntryRow.opened_at < until)
    return session.exec(query.order_by(col(JournalEntryRow.opened_at), col(JournalEntryRow.number))).all()


def add(session: Session, *, site: str, number: int, column: str, text: str, by: str, at: datetime) -> bool:
    """Add a dated line to an entry; False when the site has no such entry or nothing is said."""
    serialise(session, "journal", site)
    if not text.strip() or session.get(JournalEntryRow, (site, number)) is None:
        return False
    step = next_number(
        session, JournalAdditionRow.step, JournalAdditionRow.site == site, JournalAdditionRow.number == number
    )
    session.add(
        JournalAdditionRow(
            site=site, number=number, step=step, column=column, text=text.strip()[:WORDS_AT_MOST], at=at, by=by
        )
    )
    audit.note(
        session, site=site, by=by, act="journal_added", subject=f"journal/{number}", detail={"column": column}, at=at
    )
    return True


def additions(session: Session, site: str, numbers: Sequence[int]) -> dict[int, list[JournalAdditionRow]]:
    """Give what was added to entries, by their numbers, first one first."""
    query = select(JournalAdditionRow).where(
        JournalAdditionRow.site == site, col(JournalAdditionRow.number).in_(numbers)
    )
    found: dict[int, list[JournalAdditionRow]] = {}
    for row in session.exec(query.order_by(col(JournalAdditionRow.step))):
        found.setdefault(row.number, []).append(row)
    return found


def _is_first_since(session: Session, passage: PassageRow, moment: datetime) -> bool:
    if passage.at < moment:
        return False
    query = select(sa.func.min(PassageRow.at)).where(
        PassageRow.site == passage.site,
        PassageRow.holder == passage.holder,
        PassageRow.outcome == "entered",
        PassageRow.at >= moment,
    )
    first = session.exec(query).one()
    return first >= passage.at
