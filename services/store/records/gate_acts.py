"""Gate acts: the one effective decision of each read, for the journal and the guard's page."""

from sqlmodel import JSON, Field

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
