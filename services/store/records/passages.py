"""Passages: what the mechanism did."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from services.store.columns import Recorded, by_time


class PassageRow(Recorded, table=True):
    """One movement at a turnstile, or its absence."""

    __tablename__ = "passages"
    __table_args__ = (by_time(__tablename__),)

    gate: str
    direction: str
    outcome: str
    grant: str | None
    read: str | None
    credential: str | None
    holder: str | None


def recent(session: Session, site: str, limit: int, gate: str | None = None) -> Sequence[PassageRow]:
    """Give the newest passages of a site, or of one of its gates."""
    query = select(PassageRow).where(PassageRow.site == site).order_by(col(PassageRow.at).desc()).limit(limit)
    return session.exec(query.where(PassageRow.gate == gate) if gate else query).all()
