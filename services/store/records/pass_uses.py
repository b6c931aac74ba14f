"""Pass uses: what became of each pass at the gates."""

from functools import reduce

import sqlalchemy as sa
from sqlmodel import Session, col, select

from services.rules import pass_uses
from services.rules.pass_uses import PassUses
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


def after(known: PassUses, row: PassUseRow) -> PassUses:
    """Give the uses of a pass after one more step."""
    if row.state == "reserved":
        return pass_uses.granted(known, row.read, row.at)
    if row.state == "used" and row.passage is not None:
        return pass_uses.used(known, row.read, row.passage, row.at)
    return pass_uses.ended(known, row.read)


def of_pass(session: Session, site: str, jti: str) -> PassUses:
    """Give what has become of a pass, as its steps say that were recorded."""
    query = select(PassUseRow).where(PassUseRow.site == site, PassUseRow.jti == jti).order_by(col(PassUseRow.at))
    return reduce(after, session.exec(query), PassUses())
