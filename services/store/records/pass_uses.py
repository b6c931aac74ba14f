"""Pass uses: what became of each pass at the gates."""

import sqlalchemy as sa

from services.store.columns import Recorded, by_time


class PassUseRow(Recorded, table=True):
    """One step of one pass: reserved, used or freed."""

    __tablename__ = "pass_uses"
    __table_args__ = (by_time(__tablename__), sa.Index("ix_pass_uses_site_jti", "site", "jti"))

    jti: str
    state: str
    gate: str
    read: str
    passage: str | None
    holder: str
