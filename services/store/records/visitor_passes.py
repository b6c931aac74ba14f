"""Visitor passes: each as it stands. Administration owns them: a pass begins here and travels through the outbox."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from services.store.columns import UtcDateTime


class VisitorPassRow(SQLModel, table=True):
    """A pass at its highest version; ``event`` is the record that said so."""

    __tablename__ = "visitor_passes"
    __table_args__ = (
        sa.Index("ix_visitor_passes_site_visit", "site", "visit"),
        sa.Index("ix_visitor_passes_site_holder", "site", "holder"),
    )

    site: str = Field(primary_key=True)
    jti: str = Field(primary_key=True)
    version: int
    event: str
    visit: str
    holder: str
    category: str
    valid_from: datetime = Field(sa_type=UtcDateTime)
    valid_until: datetime = Field(sa_type=UtcDateTime)
    entries: str
    escort: str
    screening_due: bool
    revoked_at: datetime | None = Field(sa_type=UtcDateTime)
    entrances: list[str] | None = Field(sa_type=JSON)
    windows: list[dict[str, object]] = Field(sa_type=JSON)


def one(session: Session, site: str, jti: str) -> VisitorPassRow | None:
    """Give a pass of a site."""
    return session.get(VisitorPassRow, (site, jti))


def of_visit(session: Session, site: str, visit: str) -> Sequence[VisitorPassRow]:
    """Give the passes of a visit, revoked or not: one for each of the party; none before it was approved."""
    query = select(VisitorPassRow).where(VisitorPassRow.site == site, VisitorPassRow.visit == visit)
    return session.exec(query).all()


def of_holder(session: Session, site: str, holder: str) -> Sequence[VisitorPassRow]:
    """Give the passes of a visitor, the newest first."""
    query = select(VisitorPassRow).where(VisitorPassRow.site == site, VisitorPassRow.holder == holder)
    return session.exec(query.order_by(col(VisitorPassRow.valid_from).desc())).all()
