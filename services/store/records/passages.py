"""Passages: what the mechanism did."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from schemas.guard_answer import category_of_name
from services.rules import occupancy
from services.rules.occupancy import COUNTED_FOR, Occupancy
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


def occupied(session: Session, site: str, at: datetime) -> Occupancy:
    """Give who is inside for a visit, from the passages for as long as anybody is counted."""
    query = select(PassageRow).where(PassageRow.site == site, PassageRow.at > at - COUNTED_FOR, PassageRow.at <= at)
    known = Occupancy()
    for row in session.exec(query.order_by(col(PassageRow.at))):
        known = after_passage(known, row)
    return known


def after_passage(known: Occupancy, row: PassageRow) -> Occupancy:
    """Give who is inside for a visit after one more passage."""
    if occupancy.is_loose(row.outcome):
        return occupancy.went_through(known, row.id, row.at, row.at)
    inside = INSIDE_AFTER.get(row.outcome)
    if inside is None or row.holder is None:
        return known
    if not occupancy.is_visit(row.credential or "") and row.holder not in known.inside:
        return known
    by_name = category_of_name(row.credential or "") is not None
    return occupancy.moved(known, row.holder, row.at if inside else None, row.at, by_name=by_name)
