"""Access decisions: what admission answered."""

from datetime import datetime

from sqlmodel import JSON, Field

from services.store.columns import Recorded, UtcDateTime, by_time


class AccessDecisionRow(Recorded, table=True):
    """One answer to one read; whether the gate acted on it says the gate act."""

    __tablename__ = "access_decisions"
    __table_args__ = (by_time(__tablename__),)

    read: str
    gate: str
    reader: str
    direction: str
    credential: str
    verdict: str
    reason: str
    values: dict[str, str] = Field(sa_type=JSON)
    holder: str | None
    category: str | None
    policy_version: int
    policy_age_s: float
    late: bool
    expires_at: datetime = Field(sa_type=UtcDateTime)
