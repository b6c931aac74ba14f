"""The paper journal: numbered sheets to print for the day the power is out, and typing them in later as such. A line of
a sheet is typed in once.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlmodel import Field, Session, SQLModel, col, select

from services.store import audit, people
from services.store.columns import UtcDateTime
from services.store.database import next_number, serialise
from services.store.journal_book import lines
from services.store.visitors_journal import entries
from services.store.visitors_journal.entries import JournalEntryRow
from services.store.visitors_journal.walk_ins import TAIL, WalkInRow
from services.store.visits.arrivals import HOLDER_PREFIX
from services.store.visits.names import name_key, plain

LINES = 12
SHEETS_AT_MOST = 20
WORDS_AT_MOST = 200


class JournalSheetRow(SQLModel, table=True):
    """One printed sheet, numbered for each site. ``printing`` was minted with the form that asked for it, so that a
    form sent twice prints the same sheets.
    """

    __tablename__ = "journal_sheets"

    site: str = Field(primary_key=True)
    sheet: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    printing: str
    lines: int
    printed_at: datetime = Field(sa_type=UtcDateTime)
    by: str


class PaperLine(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in one line of a sheet."""

    line: int
    came_at: datetime
    left_at: datetime | None
    name: str
    category: str
    document_kind: str
    document_tail: str
    host_text: str
    purpose: str


def print_sheets(
    session: Session, *, site: str, count: int, printing: str, by: str, at: datetime
) -> list[JournalSheetRow]:
    """Number some sheets for printing and give them; the same form again gives the same sheets."""
    serialise(session, "journal_sheets", site)
    known = of_printing(session, site, printing)
    if known:
        return list(known)
    first = next_number(session, JournalSheetRow.sheet, JournalSheetRow.site == site)
    rows = [
        JournalSheetRow(site=site, sheet=first + place, printing=printing, lines=LINES, printed_at=at, by=by)
        for place in range(min(max(count, 1), SHEETS_AT_MOST))
    ]
    session.add_all(rows)
    detail = {"first": str(first), "count": str(len(rows))}
    audit.note(session, site=site, by=by, act="journal_sheets_printed", subject="journal", detail=detail, at=at)
    session.flush()
    return rows


def of_printing(session: Session, site: str, printing: str) -> Sequence[JournalSheetRow]:
    """Give the sheets of one printing of a site."""
    query = select(JournalSheetRow).where(JournalSheetRow.site == site, JournalSheetRow.printing == printing)
    return session.exec(query.order_by(col(JournalSheetRow.sheet))).all()


def one(session: Session, site: str, sheet: int) -> JournalSheetRow | None:
    """Give a sheet of a site."""
    return session.get(JournalSheetRow, (site, sheet))


def latest(session: Session, site: str, limit: int) -> Sequence[JournalSheetRow]:
    """Give a site's sheets, the last printed first."""
    query = select(JournalSheetRow).where(JournalSheetRow.site == site)
    return session.exec(query.order_by(col(JournalSheetRow.sheet).desc()).limit(limit)).all()


def typed(session: Session, site: str, sheet: int) -> dict[int, JournalEntryRow]:
    """Give the entries that have been typed in from a sheet, by line."""
    query = select(JournalEntryRow).where(JournalEntryRow.site == site, JournalEntryRow.sheet == sheet)
    return {row.line: row for row in session.exec(query) if row.line is not None}


def type_in(
    session: Session, *, site: str, sheet: int, told: Sequence[PaperLine], by: str, post: str, at: datetime
) -> int:
    """Type lines of a sheet in and give how many were new: each is a registration from paper and a closed entry where
    the paper has a time out. A line that was typed in before stays as it was; a sheet that the site never printed is a
    LookupError.
    """
    serialise(session, "journal", site)
    printed = one(session, site, sheet)
    if printed is None:
        message = f"site {site} has no sheet {sheet}"
        raise LookupError(message)
    before = typed(session, site, sheet)
    new = [line for line in told if line.line not in before and 0 < line.line <= printed.lines]
    for line in new:
        _enter(session, line, _registration(line, site, sheet, by=by, post=post, at=at), sheet)
    if new:
        numbers = " ".join(str(line.line) for line in new)
        detail = {"lines": numbers}
        audit.note(session, site=site, by=by, act="journal_typed_in", subject=f"sheet/{sheet}", detail=detail, at=at)
    return len(new)


def _registration(told: PaperLine, site: str, sheet: int, *, by: str, post: str, at: datetime) -> WalkInRow:
    """Make the registration that a line is: nobody is drawn for a check in the past."""
    visit = f"paper-{sheet}-{told.line}"
    name = plain(told.name)[:WORDS_AT_MOST]
    return WalkInRow(
        site=site,
        visit=visit,
        holder=f"{HOLDER_PREFIX}{visit}",
        category=told.category,
        name=name,
        name_key=name_key(name),
        document_kind=told.document_kind,
        document_tail=plain(told.document_tail).replace(" ", "")[-TAIL:],
        host_text=plain(told.host_text)[:WORDS_AT_MOST],
        purpose=plain(told.purpose)[:WORDS_AT_MOST],
        drawn=False,
        came_at=told.came_at,
        from_paper=True,
        registered_at=at,
        by=by,
        post=post,
    )


def _enter(session: Session, told: PaperLine, row: WalkInRow, sheet: int) -> None:
    site, holder, visit = row.site, row.holder, row.visit
    session.add(row)
    people.put(session, site=site, holder=holder, name=row.name, group_name=row.host_text or None)
    at = told.came_at
    number = entries.open_entry(
        session, site=site, source=visit, holder=holder, visit=visit, at=at, sheet=sheet, line=told.line
    )
    if told.left_at is not None:
        entry = session.get_one(JournalEntryRow, (site, number))
        entry.left_at = told.left_at
        session.add(entry)
        session.flush()
        lines.keep(session, site, [entry], told.left_at)
