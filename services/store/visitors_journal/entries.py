"""Entries of the visitors' journal: opened by a registration or by a passage of somebody who is not of the school,
numbered for each site as they come, never edited. What has to be corrected is added beneath, with its date.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from services.store import audit
from services.store.columns import UtcDateTime
from services.store.database import next_number, serialise
from services.store.people import by_holders
from services.store.visits.names import name_key, plain

KEPT = timedelta(days=365)
"""How long an entry names anybody: as long as a visit does (``law.md`` 5 states no term)."""

WORDS_AT_MOST = 500
BY_GATE = "gate"
"""Who added what a gate said after the day was over."""


class JournalEntryRow(SQLModel, table=True):
    """One coming of one visitor. ``source`` is the registration or the passage that opened it, ``visit`` the
    registration where there is one, ``sheet`` and ``line`` where on paper it was written first.

    ``left_at`` follows what the gates say until the day is settled (``settled_at``); what a guard has said of it stands
    (``left_by``: the guard's login, None where gates say it). ``said`` is what the entry says, kept when the person has
    left or the day is over (``closed_at``): nothing edits it later. After ``kept_until`` it names nobody
    (``erased_at``).
    """

    __tablename__ = "journal_entries"
    __table_args__ = (
        sa.Index("ix_journal_entries_site_source", "site", "source", unique=True),
        sa.Index("ix_journal_entries_site_opened_at", "site", "opened_at"),
        sa.Index("ix_journal_entries_site_holder", "site", "holder", "opened_at"),
        sa.Index("ix_journal_entries_settled_at", "settled_at", "opened_at"),
        sa.Index("ix_journal_entries_kept_until", "kept_until"),
    )

    site: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    source: str
    holder: str
    visit: str | None
    opened_at: datetime = Field(sa_type=UtcDateTime)
    name_key: str | None = None
    sheet: int | None = None
    line: int | None = None
    left_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    left_by: str | None = None
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    said: dict[str, object] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    kept_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class JournalAdditionRow(SQLModel, table=True):
    """What somebody added to an entry later: to which column, what, when, who. The entry itself stays as it is.
    ``form`` was minted with the form, so that one sent twice adds once.
    """

    __tablename__ = "journal_additions"

    site: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    step: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    column: str
    text: str
    at: datetime = Field(sa_type=UtcDateTime)
    by: str
    form: str | None = None


def open_entry(
    session: Session,
    *,
    site: str,
    source: str,
    holder: str,
    visit: str | None,
    at: datetime,
    sheet: int | None = None,
    line: int | None = None,
) -> int:
    """Open an entry and give its number; the same source opens one only."""
    serialise(session, "journal", site)
    known = session.exec(
        select(JournalEntryRow).where(JournalEntryRow.site == site, JournalEntryRow.source == source)
    ).first()
    if known is not None:
        return known.number
    number = next_number(session, JournalEntryRow.number, JournalEntryRow.site == site)
    person = by_holders(session, site, {holder}).get(holder)
    session.add(
        JournalEntryRow(
            site=site,
            number=number,
            source=source,
            holder=holder,
            visit=visit,
            opened_at=at,
            name_key=name_key(person.name) if person else None,
            sheet=sheet,
            line=line,
            kept_until=at + KEPT,
        )
    )
    session.flush()
    return number


def one(session: Session, site: str, number: int) -> JournalEntryRow | None:
    """Give an entry of a site."""
    return session.get(JournalEntryRow, (site, number))


def between(session: Session, site: str, since: datetime, until: datetime | None) -> Sequence[JournalEntryRow]:
    """Give the entries opened from a moment until another (not within), first one first."""
    query = select(JournalEntryRow).where(JournalEntryRow.site == site, JournalEntryRow.opened_at >= since)
    if until is not None:
        query = query.where(JournalEntryRow.opened_at < until)
    return session.exec(query.order_by(col(JournalEntryRow.opened_at), col(JournalEntryRow.number))).all()


def of_holders(
    session: Session, site: str, holders: Collection[str], since: datetime, until: datetime
) -> Sequence[JournalEntryRow]:
    """Give the entries of some people opened from a moment until another (not within), first one first."""
    query = select(JournalEntryRow).where(
        JournalEntryRow.site == site,
        col(JournalEntryRow.holder).in_(holders),
        JournalEntryRow.opened_at >= since,
        JournalEntryRow.opened_at < until,
    )
    return session.exec(query.order_by(col(JournalEntryRow.opened_at), col(JournalEntryRow.number))).all()


def search(session: Session, site: str, wanted: str, limit: int) -> Sequence[JournalEntryRow]:
    """Give the entries whose name has words that begin so, the newest first; none for no letters."""
    asked = name_key(wanted).split()
    if not asked:
        return []
    query = select(JournalEntryRow).where(JournalEntryRow.site == site)
    for word in asked:
        begins = col(JournalEntryRow.name_key).startswith(word, autoescape=True)
        query = query.where(begins | col(JournalEntryRow.name_key).contains(f" {word}", autoescape=True))
    return session.exec(query.order_by(col(JournalEntryRow.opened_at).desc()).limit(limit)).all()


def add(
    session: Session,
    *,
    site: str,
    number: int,
    column: str,
    text: str,
    by: str,
    at: datetime,
    form: str | None = None,
) -> bool:
    """Add a dated line to an entry; False when the site has no such entry, or its time is over, or nothing is said. A
    form that was sent before adds nothing.
    """
    serialise(session, "journal", site)
    told = plain(text)[:WORDS_AT_MOST]
    entry = session.get(JournalEntryRow, (site, number))
    if not told or entry is None or entry.erased_at is not None:
        return False
    mine = JournalAdditionRow.site == site, JournalAdditionRow.number == number
    if form and session.exec(select(JournalAdditionRow).where(*mine, JournalAdditionRow.form == form)).first():
        return True
    step = next_number(session, JournalAdditionRow.step, *mine)
    session.add(
        JournalAdditionRow(site=site, number=number, step=step, column=column, text=told, at=at, by=by, form=form)
    )
    audit.note(
        session, site=site, by=by, act="journal_added", subject=f"journal/{number}", detail={"column": column}, at=at
    )
    session.flush()
    return True


def additions(session: Session, site: str, numbers: Collection[int]) -> dict[int, list[JournalAdditionRow]]:
    """Give what was added to entries, by their numbers, first one first."""
    query = select(JournalAdditionRow).where(
        JournalAdditionRow.site == site, col(JournalAdditionRow.number).in_(numbers)
    )
    found: dict[int, list[JournalAdditionRow]] = {}
    for row in session.exec(query.order_by(col(JournalAdditionRow.step))):
        found.setdefault(row.number, []).append(row)
    return found
