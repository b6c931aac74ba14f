"""Gate acts: the one effective decision of each read, for the journal and the guard's page."""

from typing import Final

import sqlalchemy as sa
from sqlmodel import JSON, Field

from services.store.columns import Recorded, by_time

VISITING: Final = ("visitor", "representative", "contractor", "official", "emergency")
"""The categories that the visitors' journal is about: everybody who is neither a pupil nor of the staff."""

IS_VISITING: Final = sa.text("category IN ('visitor', 'representative', 'contractor', 'official', 'emergency')")
"""The same as a condition. The index of the journal has it word by word, so that a pupil's act costs it nothing."""


class GateActRow(Recorded, table=True):
    """What the gate did about a read."""

    __tablename__ = "gate_acts"
    __table_args__ = (
        by_time(__tablename__),
        sa.Index("ix_gate_acts_visiting", "holder", "site", sqlite_where=IS_VISITING, postgresql_where=IS_VISITING),
    )

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
