"""Pass uses: what became of each pass at the gates."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

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


def of_pass(session: Session, site: str, jti: str) -> Sequence[PassUseRow]:
    """Give the steps of a pass, first one first."""
    query = select(PassUseRow).where(PassUseRow.site == site, PassUseRow.jti == jti)
    return session.exec(query.order_by(col(PassUseRow.at), col(PassUseRow.id))).all()
