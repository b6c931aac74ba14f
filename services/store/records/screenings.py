"""Screenings: every record of every check; the highest version of a holder is what stands."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import JSON, Field, Session, col, select

from services.store.columns import Recorded, UtcDateTime, by_time


class ScreeningRow(Recorded, table=True):
    """One record of a check: the check itself, or what somebody decided about it later (``resolved_at``)."""

    __tablename__ = "screenings"
    __table_args__ = (by_time(__tablename__), sa.Index("ix_screenings_site_holder", "site", "holder", "version"))

    screening: str
    version: int
    holder: str
    category: str
    method: str
    outcome: str
    items: list[dict[str, object]] = Field(sa_type=JSON)
    standing: str
    refusals: int
    drawn: bool
    by: str
    post: str
    gate: str | None
    checked_at: datetime = Field(sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(sa_type=UtcDateTime)
    resolution: str | None


def is_newest() -> sa.ColumnElement[bool]:
    """Tell, in a query of rows of this table, whether one is the last of its holder."""
    newer = aliased(ScreeningRow)
    same = (col(newer.site) == ScreeningRow.site) & (col(newer.holder) == ScreeningRow.holder)
    return ~sa.exists().where(same & (col(newer.version) > ScreeningRow.version))


def latest(session: Session, site: str, holder: str) -> ScreeningRow | None:
    """Give what was recorded last about a person of a site."""
    query = select(ScreeningRow).where(ScreeningRow.site == site, ScreeningRow.holder == holder)
    return session.exec(query.order_by(col(ScreeningRow.version).desc()).limit(1)).first()


def one(session: Session, site: str, holder: str, version: int) -> ScreeningRow | None:
    """Give one record about a person of a site."""
    query = select(ScreeningRow).where(
        ScreeningRow.site == site, ScreeningRow.holder == holder, ScreeningRow.version == version
    )
    return session.exec(query).first()


def standing_out(session: Session, site: str) -> Sequence[ScreeningRow]:
    """Give the last record of everybody of a site against whom something stands, the newest first."""
    newest = (
        select(ScreeningRow.holder, sa.func.max(ScreeningRow.version).label("version"))
        .where(ScreeningRow.site == site)
        .group_by(col(ScreeningRow.holder))
        .subquery()
    )
    query = (
        select(ScreeningRow)
        .join(newest, (col(ScreeningRow.holder) == newest.c.holder) & (col(ScreeningRow.version) == newest.c.version))
        .where(ScreeningRow.site == site, ScreeningRow.standing != "clear")
    )
    return session.exec(query.order_by(col(ScreeningRow.checked_at).desc())).all()


def checks_between(session: Session, site: str, since: datetime, until: datetime) -> Sequence[ScreeningRow]:
    """Give the checks that were made from a moment until another (not within), first one first; what was decided about
    them later is left out.
    """
    query = select(ScreeningRow).where(
        ScreeningRow.site == site, ScreeningRow.checked_at >= since, ScreeningRow.checked_at < until
    )
    first: dict[str, ScreeningRow] = {}
    for row in session.exec(query.order_by(col(ScreeningRow.checked_at), col(ScreeningRow.version))):
        first.setdefault(row.screening, row)
    return list(first.values())


def refused_since(session: Session, site: str, holder: str, since: datetime) -> int:
    """Count the checks that a person has refused since a moment."""
    query = select(sa.func.count(sa.distinct(col(ScreeningRow.screening)))).where(
        ScreeningRow.site == site,
        ScreeningRow.holder == holder,
        ScreeningRow.outcome == "check_refused",
        ScreeningRow.checked_at >= since,
    )
    return session.exec(query).one()
