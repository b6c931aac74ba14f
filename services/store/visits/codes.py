"""Short codes: what somebody without a smartphone says or types at the post in place of the pass. Kept as keyed hashes
only.
"""

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel

from services.store.insertion import upsert


class PassCodeRow(SQLModel, table=True):
    """Which pass of a site a short code stands for."""

    __tablename__ = "pass_codes"
    __table_args__ = (sa.Index("ix_pass_codes_site_jti", "site", "jti"),)

    site: str = Field(primary_key=True)
    code_hash: str = Field(primary_key=True)
    jti: str


def put(session: Session, *, site: str, code_hash: str, jti: str) -> None:
    """Let a code stand for a pass."""
    upsert(session, PassCodeRow, {"site": site, "code_hash": code_hash, "jti": jti})


def pass_of(session: Session, site: str, code_hash: str) -> str | None:
    """Give the pass (its ``jti``) that a code stands for."""
    row = session.get(PassCodeRow, (site, code_hash))
    return row.jti if row is not None else None
