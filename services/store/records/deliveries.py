"""Deliveries: what the police receivers answered."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Field, Session, col, select

from services.store.columns import Recorded, UtcDateTime, by_alarm, by_time


class DeliveryRow(Recorded, table=True):
    """One attempt chain of one alarm on one path."""

    __tablename__ = "deliveries"
    __table_args__ = (by_time(__tablename__), by_alarm(__tablename__))

    alarm: str
    event: str
    receiver: str
    path: str
    outcome: str
    sequence: int
    attempts: int
    sent_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(sa_type=UtcDateTime)


def of_alarm(session: Session, site: str, alarm: str) -> Sequence[DeliveryRow]:
    """Give the hand-overs of an alarm, first one first."""
    query = select(DeliveryRow).where(DeliveryRow.site == site, DeliveryRow.alarm == alarm)
    return session.exec(query.order_by(col(DeliveryRow.at))).all()
