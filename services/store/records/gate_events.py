"""Gate events: what is not ordinary at a gate. Of the heartbeats only each gate's last is kept."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import JSON, Field, Session, SQLModel, col, select

from services.store.columns import Recorded, UtcDateTime, by_time

HEARTBEAT = "heartbeat"


class GateEventRow(Recorded, table=True):
    """Something to know about a gate."""

    __tablename__ = "gate_events"
    __table_args__ = (by_time(__tablename__),)

    gate: str
    kind: str
    device: str | None
    gap_s: float | None
    detail: dict[str, str] = Field(sa_type=JSON)


class HeartbeatRow(SQLModel, table=True):
    """The last heartbeat of a gate; ``boot`` and ``seq`` of its id say which is the later of two."""

    __tablename__ = "heartbeats"

    site: str = Field(primary_key=True)
    gate: str = Field(primary_key=True)
    id: str
    at: datetime = Field(sa_type=UtcDateTime)
    detail: dict[str, str] = Field(sa_type=JSON)


def recent(session: Session, site: str, limit: int) -> Sequence[GateEventRow]:
    """Give the newest events of a site's gates."""
    query = select(GateEventRow).where(GateEventRow.site == site).order_by(col(GateEventRow.at).desc()).limit(limit)
    return session.exec(query).all()


def heartbeats(session: Session, site: str) -> Sequence[HeartbeatRow]:
    """Give each gate's last heartbeat."""
    return session.exec(select(HeartbeatRow).where(HeartbeatRow.site == site).order_by(HeartbeatRow.gate)).all()
