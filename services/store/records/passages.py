"""Passages: what the mechanism did."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from schemas.pass_token import CREDENTIAL_PREFIX
from services.rules.pass_uses import COUNTED_FOR, inside_after
from services.rules.presence import INSIDE_AFTER
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


def of_holder(session: Session, site: str, holder: str, since: datetime) -> PassageRow | None:
    """Give the newest passage of a holder since a moment that says where they are."""
    query = select(PassageRow).where(PassageRow.site == site, PassageRow.holder == holder, PassageRow.at >= since)
    query = query.where(col(PassageRow.outcome).in_(INSIDE_AFTER))
    return session.exec(query.order_by(col(PassageRow.at).desc()).limit(1)).first()


def with_passes_inside(session: Session, site: str, at: datetime) -> dict[str, datetime]:
    """Give who is inside with a pass and since when, as far as anybody is counted."""
    query = select(PassageRow).where(PassageRow.site == site, PassageRow.at > at - COUNTED_FOR)
    query = query.where(col(PassageRow.outcome).in_(INSIDE_AFTER))
    query = query.where(col(PassageRow.credential).startswith(CREDENTIAL_PREFIX))
    inside: dict[str, datetime] = {}
    for row in session.exec(query.order_by(col(PassageRow.at))):
        if row.holder is not None:
            inside = inside_after(inside, row.holder, row.at if INSIDE_AFTER[row.outcome] else None, row.at)
    return inside
