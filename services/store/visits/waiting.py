"""What has waited too long: a visit that nobody answers goes to the duty administrator, a visitor who has not left is
raised. Each is told once; who looks at the list sees it for as long as it is so.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.store import audit, messages
from services.store.columns import UtcDateTime
from services.store.insertion import insert_once
from services.store.lists import matches
from services.store.local_time import zone_of
from services.store.visits.evenings import EveningVisitRow
from services.store.visits.hosts import HostRow
from services.store.visits.visits import VisitRow

BEFORE_IT_BEGINS = timedelta(minutes=30)
"""How long before the hour that was asked for a visit without an answer goes on, however late it was asked for."""

GRACE = timedelta(minutes=15)
"""How long after the agreed end a visitor may still be inside without anybody being told."""

_AT_ONCE = 200
_NO_JSON = "null"
_SYSTEM = "waiting"


Why = Literal["unanswered", "overdue", "not_left"]
"""What is told: nobody has answered, a visitor is past their hour, or was registered at the post and is past its hours.
"""


class RaisedRow(SQLModel, table=True):
    """That something was told of a visit, so that it is told once. ``number`` is 0, or the version of the arrival;
    ``visit`` is the source of the journal's entry where somebody was registered at the post.
    """

    __tablename__ = "visits_raised"

    site: str = Field(primary_key=True)
    visit: str = Field(primary_key=True)
    why: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)


def tell_unanswered(session: Session, at: datetime, within: timedelta) -> int:
    """Tell the duty administrators of visits of all sites that have waited for an answer ``within`` a time, or begin
    soon, or are to nobody whom the school knows; give how many.
    """
    nobody = ~sa.exists().where(col(HostRow.site) == VisitRow.site, col(HostRow.host) == VisitRow.host)
    late = (col(VisitRow.requested_at) <= at - within) | (col(VisitRow.arrives_at) <= at + BEFORE_IT_BEGINS)
    query = select(VisitRow).where(VisitRow.state == "requested", VisitRow.leaves_at > at, nobody | late)
    query = query.where(~matches.withheld(col(VisitRow.site), col(VisitRow.visit)))
    rows = session.exec(query.where(_not_raised("unanswered")).limit(_AT_ONCE)).all()
    for row in rows:
        raise_once(session, site=row.site, subject=row.visit, why="unanswered", number=0, at=at)
        messages.tell_duty(session, site=row.site, kind="visit_unanswered", subject=row.visit, number=0, at=at)
    return len(rows)


def tell_overdue(session: Session, at: datetime) -> int:
    """Tell host and duty administrators of visitors of all sites who have not left, and give how many; guests of a
    parents' evening are shown in the lists only.
    """
    of_evening = sa.exists().where(
        col(EveningVisitRow.site) == VisitRow.site, col(EveningVisitRow.visit) == VisitRow.visit
    )
    query = select(VisitRow).where(*_may_be_overdue(at), ~of_evening, _not_raised("overdue", of_version=True))
    rows = _still_inside(session, session.exec(query.limit(_AT_ONCE)).all(), at)
    for row in rows:
        site, visit, number = row.site, row.visit, row.version
        raise_once(session, site=site, subject=visit, why="overdue", number=number, at=at)
        messages.tell_duty(session, site=site, kind="visit_overdue", subject=visit, number=number, at=at)
        if row.host is not None:
            messages.put(session, site=site, kind="host_overdue", subject=visit, number=number, at=at)
    return len(rows)


def overdue(session: Session, site: str, at: datetime, limit: int) -> Sequence[VisitRow]:
    """Give a site's visitors who should have left and have not, whoever has waited longest first."""
    query = select(VisitRow).where(VisitRow.site == site, *_may_be_overdue(at))
    return _still_inside(session, session.exec(query.order_by(col(VisitRow.leaves_at))).all(), at)[:limit]


def raise_once(session: Session, *, site: str, subject: str, why: Why, number: int, at: datetime) -> None:
    """Note that something is told of a visit, or of a coming that the journal knows by its source."""
    row = {"site": site, "visit": subject, "why": why, "number": number, "at": at}
    insert_once(session, RaisedRow, [row])
    audit.note(session, site=site, by=_SYSTEM, act=f"visit_{why}", subject=subject, at=at)


def out_by(session: Session, row: VisitRow) -> datetime:
    """Give when a visitor who has arrived is to be out: the end of the visit, of one that recurs the end of its hours
    on the day of the arrival.
    """
    if not row.weekdays or row.arrived_at is None:
        return row.leaves_at
    zone = zone_of(session, row.site)
    of_day = row.leaves_at.astimezone(zone).timetz()
    return min(datetime.combine(row.arrived_at.astimezone(zone).date(), of_day), row.leaves_at)


def _may_be_overdue(at: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Give what the database can tell: who has arrived and whose visit is over, or may recur."""
    regular = sa.func.coalesce(sa.cast(VisitRow.weekdays, sa.Text), _NO_JSON) != _NO_JSON
    return col(VisitRow.state) == "arrived", (col(VisitRow.leaves_at) <= at - GRACE) | regular


def _still_inside(session: Session, rows: Iterable[VisitRow], at: datetime) -> list[VisitRow]:
    return [row for row in rows if at >= out_by(session, row) + GRACE]


def _not_raised(why: Why, *, of_version: bool = False) -> sa.ColumnElement[bool]:
    same = [col(RaisedRow.site) == VisitRow.site, col(RaisedRow.visit) == VisitRow.visit, col(RaisedRow.why) == why]
    return ~sa.exists().where(*same, *([col(RaisedRow.number) == VisitRow.version] if of_version else []))
