"""Alarms: each alarm as it stands (its highest version), and every version it has had."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import JSON, Field, Session, SQLModel, col, select

from services.store.columns import Recorded, UtcDateTime, by_alarm, by_time


class _AlarmColumns(SQLModel):
    version: int
    rule: str
    severity: str
    state: str
    gate: str
    subject: str
    joined: list[str] = Field(sa_type=JSON)
    raised_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    changed_by: str | None
    action: str | None
    cause: str | None
    silent: bool
    drill: bool


class AlarmRow(_AlarmColumns, table=True):
    """An alarm as it stands."""

    __tablename__ = "alarms"

    site: str = Field(primary_key=True)
    alarm: str = Field(primary_key=True)


class AlarmVersionRow(Recorded, _AlarmColumns, table=True):
    """One version of an alarm, for its history."""

    __tablename__ = "alarm_versions"
    __table_args__ = (by_time(__tablename__), by_alarm(__tablename__))

    alarm: str


def one(session: Session, site: str, alarm: str) -> AlarmRow | None:
    """Give an alarm of a site; another site's is not there."""
    return session.get(AlarmRow, (site, alarm))


def not_closed(session: Session, site: str) -> Sequence[AlarmRow]:
    """Give the alarms that somebody still has to deal with, the newest first."""
    query = (
        select(AlarmRow)
        .where(AlarmRow.site == site, AlarmRow.state != "closed")
        .order_by(col(AlarmRow.raised_at).desc())
    )
    return session.exec(query).all()


def recent(session: Session, site: str, limit: int) -> Sequence[AlarmRow]:
    """Give the newest alarms, closed ones too."""
    return session.exec(
        select(AlarmRow).where(AlarmRow.site == site).order_by(col(AlarmRow.raised_at).desc()).limit(limit)
    ).all()


def versions(session: Session, site: str, alarm: str) -> Sequence[AlarmVersionRow]:
    """Give the history of an alarm, first version first."""
    query = select(AlarmVersionRow).where(AlarmVersionRow.site == site, AlarmVersionRow.alarm == alarm)
    return session.exec(query.order_by(col(AlarmVersionRow.version))).all()
