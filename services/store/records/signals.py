"""Signals: findings of admission."""

from sqlmodel import JSON, Field

from services.store.columns import Recorded, by_time


class SignalRow(Recorded, table=True):
    """One finding about a gate and a credential."""

    __tablename__ = "signals"
    __table_args__ = (by_time(__tablename__),)

    rule: str
    gate: str
    read: str
    credential: str
    holder: str | None
    values: dict[str, str] = Field(sa_type=JSON)
