"""Pupils who would not show what they bring. It keeps nobody out and stands against nobody: the duty administrator is
told, talks to the pupil, and writes down how a parent was told.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.store import audit, messages
from services.store.administration import RuleForbids
from services.store.columns import UtcDateTime
from services.store.database import serialise
from services.store.local_time import local_midnight
from services.store.screenings import whom

WORDS_AT_MOST = 200


class PupilRefusalRow(SQLModel, table=True):
    """One pupil on one day (of the school's calendar). ``parent_told`` is who was told, how; it and ``settled_by`` are
    the duty administrator's.
    """

    __tablename__ = "pupil_refusals"
    __table_args__ = (sa.Index("ix_pupil_refusals_site_at", "site", "at"),)

    site: str = Field(primary_key=True)
    holder: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    by: str
    post: str
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_by: str | None = None
    parent_told: str | None = None


def tell(session: Session, *, site: str, holder: str, by: str, post: str, at: datetime) -> PupilRefusalRow:
    """Tell the duty administrator of a pupil who would not show what they bring: once a day, however often it is
    clicked. Of anybody else it is a RuleForbids.
    """
    if whom.category_of(session, site, holder) != "pupil":
        raise RuleForbids("not_a_pupil")
    serialise(session, "pupil_refusals", site, holder)
    day = local_midnight(session, site, at).date()
    known = session.get(PupilRefusalRow, (site, holder, day.isoformat()))
    if known is not None:
        return known
    row = PupilRefusalRow(site=site, holder=holder, day=day.isoformat(), at=at, by=by, post=post)
    session.add(row)
    messages.tell_duty(
        session, site=site, kind="pupil_refused_check", subject=holder, number=int(f"{day:%Y%m%d}"), at=at
    )
    audit.note(session, site=site, by=by, act="pupil_refused_check", subject=holder, at=at)
    return row


def settle(session: Session, *, site: str, holder: str, day: str, parent_told: str, by: str, at: datetime) -> bool:
    """Write down how a parent was told; False when there is nothing to settle, or it is settled."""
    serialise(session, "pupil_refusals", site, holder)
    row = session.get(PupilRefusalRow, (site, holder, day), populate_existing=True)
    if row is None or row.settled_at is not None:
        return False
    row.settled_at, row.settled_by, row.parent_told = at, by, parent_told[:WORDS_AT_MOST]
    session.add(row)
    audit.note(session, site=site, by=by, act="pupil_refusal_settled", subject=holder, at=at)
    return True


def open_ones(session: Session, site: str) -> Sequence[PupilRefusalRow]:
    """Give whom a duty administrator has still to talk about with a parent, the latest first."""
    query = select(PupilRefusalRow).where(PupilRefusalRow.site == site, col(PupilRefusalRow.settled_at).is_(None))
    return session.exec(query.order_by(col(PupilRefusalRow.at).desc())).all()


def of_day(session: Session, site: str, holder: str, at: datetime) -> PupilRefusalRow | None:
    """Give what there is of a pupil on the day of a moment."""
    day = local_midnight(session, site, at).date().isoformat()
    return session.get(PupilRefusalRow, (site, holder, day))
