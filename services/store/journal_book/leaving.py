"""Leaving where no gate reads it: whoever was registered at the post, in a form or on a sheet, and has no time out. A
guard says that they have left; who is inside when the hours of visitors are over is told to the duty administrator,
once.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import cast

import msgspec
import sqlalchemy as sa
from sqlmodel import Session, col, select

from schemas.credential import Category
from schemas.site_policy import SitePolicy
from services.rules.opening_times import closes_min
from services.store import audit, messages
from services.store.database import serialise
from services.store.journal_book import filling
from services.store.local_time import local_midnight, zone_of
from services.store.records import site_policies
from services.store.visitors_journal import entries, walk_ins
from services.store.visitors_journal.entries import JournalEntryRow
from services.store.visitors_journal.walk_ins import WalkInRow
from services.store.visits import waiting
from services.store.visits.waiting import GRACE, RaisedRow

_DAY = timedelta(days=1)
_ONE_FORM = "left"
"""What an addition by a guard is named after, so that one is made of an entry, however often it is pressed."""


class NotLeft(msgspec.Struct, frozen=True):
    """Somebody without a time out: the entry of their last coming, and what was written of them at the post."""

    entry: JournalEntryRow
    person: WalkInRow

    @property
    def category(self) -> Category:
        """Give by which of the school's rules they came."""
        return cast("Category", self.person.category)


def not_left(session: Session, site: str, at: datetime) -> list[NotLeft]:
    """Give who was registered at a site's post on the day of a moment and has no time out, first one first."""
    midnight = local_midnight(session, site, at)
    last = {row.holder: row for row in entries.between(session, site, midnight, midnight + _DAY)}
    inside = [row for row in last.values() if row.left_at is None and row.erased_at is None]
    people = walk_ins.of_holders(session, site, [row.holder for row in inside])
    added = entries.additions(session, site, [row.number for row in inside])
    written = {number for number, lines in added.items() if any(line.column == filling.TIME_OUT for line in lines)}
    return [NotLeft(row, people[row.holder]) for row in inside if row.holder in people and row.number not in written]


def leave(session: Session, *, site: str, number: int, by: str, at: datetime) -> bool:
    """Write that somebody has left now; False when their time out is there already. An entry that is not of somebody
    who was registered at the site's post is a LookupError.
    """
    serialise(session, "journal", site)
    entry = session.get(JournalEntryRow, (site, number), populate_existing=True)
    if entry is None or entry.erased_at is not None or not walk_ins.of_holders(session, site, [entry.holder]):
        message = f"site {site} has no entry {number} of somebody who was registered at the post"
        raise LookupError(message)
    added = entries.additions(session, site, [number]).get(number, [])
    if entry.left_at is not None or any(line.column == filling.TIME_OUT for line in added):
        return False
    filling.end(session, entry, at, by=by, form=_ONE_FORM)
    audit.note(session, site=site, by=by, act="journal_left", subject=f"journal/{number}", at=at)
    return True


def due_at(policy: SitePolicy | None, category: Category, came_at: datetime) -> datetime:
    """Give when somebody who came, by the school's clock, is to be out: when the windows of their category close on
    that day; at its end where none does.
    """
    rules = policy.categories.get(category) if policy else None
    closes = closes_min(rules.windows, came_at) if rules is not None else None
    hours = min(timedelta(minutes=closes) + GRACE, _DAY) if closes is not None else _DAY
    return came_at.replace(hour=0, minute=0, second=0, microsecond=0) + hours


def overdue(session: Session, site: str, of: datetime, at: datetime) -> list[NotLeft]:
    """Give who of those who came on the day ``of`` a moment should have left by ``at``."""
    policy, zone = site_policies.current(session, site), zone_of(session, site)
    found = not_left(session, site, of)
    return [one for one in found if at >= due_at(policy, one.category, one.entry.opened_at.astimezone(zone))]


def tell_overdue(session: Session, at: datetime) -> int:
    """Tell the duty administrators of all sites of those who are inside after the hours of visitors, and give how many
    those are: one message for all who are found at once. For the round, before days are settled.
    """
    told = 0
    for (site, _day), came_at in _to_look_at(session, at).items():
        late = [one for one in overdue(session, site, came_at, at) if not _is_raised(session, one.entry)]
        for one in late:
            waiting.raise_once(session, site=site, subject=one.entry.source, why="not_left", number=0, at=at)
        if late:
            day = came_at.astimezone(zone_of(session, site)).date()
            first = min(one.entry.number for one in late)
            subject = f"walk-ins/{day.isoformat()}"
            messages.tell_duty(session, site=site, kind="walk_ins_not_left", subject=subject, number=first, at=at)
        told += len(late)
    return told


def _to_look_at(session: Session, at: datetime) -> dict[tuple[str, date], datetime]:
    """Give the days of sites on which somebody may be inside too long whom nobody was told of, each by a coming. A day
    that is over is nobody's to look for any more: a sheet of paper may be typed in a week later.
    """
    raised = sa.exists().where(
        col(RaisedRow.site) == JournalEntryRow.site,
        col(RaisedRow.visit) == JournalEntryRow.source,
        col(RaisedRow.why) == "not_left",
    )
    registered = (col(WalkInRow.site) == JournalEntryRow.site) & (col(WalkInRow.holder) == JournalEntryRow.holder)
    query = select(JournalEntryRow.site, JournalEntryRow.opened_at, WalkInRow.category).join(WalkInRow, registered)
    query = query.where(
        col(JournalEntryRow.settled_at).is_(None),
        col(JournalEntryRow.left_at).is_(None),
        col(JournalEntryRow.erased_at).is_(None),
        JournalEntryRow.opened_at <= at,
        ~raised,
    )
    came: dict[str, list[tuple[datetime, Category]]] = defaultdict(list)
    for site, opened_at, category in session.exec(query):
        came[site].append((opened_at, cast("Category", category)))
    found: dict[tuple[str, date], datetime] = {}
    for site, comings in came.items():
        policy, zone = site_policies.current(session, site), zone_of(session, site)
        for opened_at, category in comings:
            local = opened_at.astimezone(zone)
            is_of_today = at < local.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY + GRACE
            if is_of_today and at >= due_at(policy, category, local):
                found.setdefault((site, local.date()), opened_at)
    return found


def _is_raised(session: Session, entry: JournalEntryRow) -> bool:
    return session.get(RaisedRow, (entry.site, entry.source, "not_left", 0)) is not None
