"""How an entry ends: closed when the person has left or the day is over, with what it said kept in the row; settled
when no gate changes its time out any more; erased when its time is over.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from services.store.database import serialise
from services.store.journal_book import filling, lines
from services.store.local_time import local_midnight
from services.store.people import PersonRow
from services.store.visitors_journal.entries import JournalAdditionRow, JournalEntryRow
from services.store.visitors_journal.walk_ins import WalkInRow
from services.store.visits.arrivals import HOLDER_PREFIX
from services.store.visits.visits import VisitRow
from services.store.visits.waiting import RaisedRow

_AT_ONCE = 200
_KEPT_OF_A_LINE = ("category",)
"""What an entry still says when it names nobody any more, beside its number and its times."""


def settle(session: Session, at: datetime) -> int:
    """Close and settle the entries of days that are over at their site, and give how many; a few hundred at once. First
    every passage of such a day is looked at again, for what two recorders may each have seen half of.
    """
    waiting = select(JournalEntryRow.site, sa.func.min(JournalEntryRow.opened_at)).where(
        col(JournalEntryRow.settled_at).is_(None), JournalEntryRow.opened_at < at
    )
    settled = 0
    for site, first in session.exec(waiting.group_by(col(JournalEntryRow.site))).all():
        midnight = local_midnight(session, site, at)
        if first >= midnight:
            continue
        filling.look_again(session, site, first, midnight)
        serialise(session, "journal", site)
        over = (
            select(JournalEntryRow)
            .where(
                JournalEntryRow.site == site,
                col(JournalEntryRow.settled_at).is_(None),
                JournalEntryRow.opened_at < midnight,
            )
            .order_by(col(JournalEntryRow.opened_at))
            .limit(_AT_ONCE)
        )
        rows = session.exec(over).all()
        lines.keep(session, site, [row for row in rows if row.said is None], at)
        for row in rows:
            row.settled_at = at
        settled += len(rows)
    return settled


def forget(session: Session, at: datetime) -> int:
    """Erase what names a visitor in the entries whose time is over, of all sites, and give how many. Number, times and
    what kind of visitor it was stay; so does that something was added, without its words.
    """
    over = select(JournalEntryRow).where(
        col(JournalEntryRow.erased_at).is_(None), col(JournalEntryRow.kept_until) <= at
    )
    rows = session.exec(over.order_by(col(JournalEntryRow.kept_until)).limit(_AT_ONCE)).all()
    for row in rows:
        _erase(session, row, at)
    return len(rows)


def _erase(session: Session, row: JournalEntryRow, at: datetime) -> None:
    said = lines.of(session, row.site, [row])[row.number]
    row.said = {name: getattr(said, name) for name in _KEPT_OF_A_LINE}
    row.closed_at = row.closed_at or at
    row.settled_at = row.settled_at or at
    row.erased_at, row.name_key = at, None
    added = col(JournalAdditionRow.site) == row.site, col(JournalAdditionRow.number) == row.number
    session.execute(sa.update(JournalAdditionRow).where(*added).values(text=""))
    if row.visit is not None:
        session.execute(sa.delete(WalkInRow).where(col(WalkInRow.site) == row.site, col(WalkInRow.visit) == row.visit))
    session.execute(sa.delete(RaisedRow).where(col(RaisedRow.site) == row.site, col(RaisedRow.visit) == row.source))
    session.flush()
    if not _known_otherwise(session, row):
        person = col(PersonRow.site) == row.site, col(PersonRow.holder) == row.holder
        session.execute(sa.delete(PersonRow).where(*person))


def _known_otherwise(session: Session, row: JournalEntryRow) -> bool:
    """Tell whether the school still keeps the person's name: for a card, a later entry or a visit."""
    if not row.holder.startswith(HOLDER_PREFIX):
        return True
    entry = select(JournalEntryRow.number).where(
        JournalEntryRow.site == row.site, JournalEntryRow.holder == row.holder, col(JournalEntryRow.erased_at).is_(None)
    )
    visit = select(VisitRow.visit).where(VisitRow.site == row.site, VisitRow.holder == row.holder)
    return session.exec(entry).first() is not None or session.exec(visit).first() is not None
