"""Audit: who did what, written in the same transaction as the deed."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import JSON, Field, Session, SQLModel, col, select

from services.store.clock import now
from services.store.columns import ROW_NUMBER, UtcDateTime, by_time


class AuditRow(SQLModel, table=True):
    """One deed of one person; ``subject`` is an id, ``detail`` holds values that are no personal data."""

    __tablename__ = "audit"
    __table_args__ = (by_time(__tablename__), {"sqlite_autoincrement": True})

    number: int | None = Field(default=None, primary_key=True, sa_type=ROW_NUMBER)
    site: str
    at: datetime = Field(sa_type=UtcDateTime)
    by: str
    act: str
    subject: str
    detail: dict[str, str] = Field(sa_type=JSON)


def note(
    session: Session,
    *,
    site: str,
    by: str,
    act: str,
    subject: str,
    detail: dict[str, str] | None = None,
    at: datetime | None = None,
) -> None:
    """Write down a deed."""
    session.add(AuditRow(site=site, at=at or now(), by=by, act=act, subject=subject, detail=detail or {}))


def recent(session: Session, site: str, limit: int) -> Sequence[AuditRow]:
    """Give a site's newest deeds."""
    return session.exec(
        select(AuditRow).where(AuditRow.site == site).order_by(col(AuditRow.number).desc()).limit(limit)
    ).all()


def of_act(session: Session, site: str, act: str) -> Sequence[AuditRow]:
    """Give a site's deeds of one kind, the newest first."""
    query = select(AuditRow).where(AuditRow.site == site, AuditRow.act == act)
    return session.exec(query.order_by(col(AuditRow.number).desc())).all()
