"""Credential reads, as the readers showed them."""

from datetime import datetime

from sqlmodel import Field

from services.store.columns import Recorded, UtcDateTime, by_time


class CredentialReadRow(Recorded, table=True):
    """One showing of a credential."""

    __tablename__ = "credential_reads"
    __table_args__ = (by_time(__tablename__),)

    gate: str
    reader: str
    direction: str
    credential: str
    technology: str
    bits: int
    answer_by: datetime = Field(sa_type=UtcDateTime)
    pass_fault: str | None = None
