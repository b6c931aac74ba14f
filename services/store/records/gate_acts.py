"""Gate acts: the one effective decision of each read, for the journal and the guard's page."""

from collections.abc import Sequence

from sqlmodel import JSON, Field, Session, col, select

from services.store.columns import Recorded, by_time


class GateActRow(Recorded, table=True):
    """What the gate did about a read."""

    __tablename__ = "gate_acts"
    __table_args__ = (by_time(__tablename__),)

    read: str
    gate: str
    reader: str
    direction: str
    credential: str
    decided_by: str
    decision: str | None
    verdict: str
    reason: str
    values: dict[str, str] = Field(sa_type=JSON)
    holder: str | None
    category: str | None
    policy_version: int
    policy_age_s: float
    grant: str | None
    waited_ms: float


def recent(session: Session, site: str, limit: int, gate: str | None = None) -> Sequence[GateActRow]:
    """Give the newest acts of a site, or of one of its gates."""
    query = select(GateActRow).where(GateActRow.site == site).order_by(col(GateActRow.at).desc()).limit(limit)
    return session.exec(query.where(GateActRow.gate == gate) if gate else query).all()
