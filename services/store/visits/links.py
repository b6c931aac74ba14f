"""Links without an account: kept as hashes only, each for one purpose and one visit (or invitation, evening, or one who
comes along), until a time.
"""

import hashlib
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel

from services.store.columns import UtcDateTime
from services.store.insertion import upsert

Purpose = Literal["status", "host", "delegate", "host_sign_in", "invitation", "evening", "companion"]
"""What a link is for: a visitor's status, a host's answer, the answer of whoever stands in, and so on."""

_DIGITS = 32


class LinkRow(SQLModel, table=True):
    """A link that somebody was given: whoever shows its text may do what ``purpose`` says with one visit."""

    __tablename__ = "visit_links"
    __table_args__ = (sa.Index("ix_visit_links_site_visit", "site", "visit"),)

    site: str = Field(primary_key=True)
    link_hash: str = Field(primary_key=True)
    purpose: str
    visit: str
    expires_at: datetime = Field(sa_type=UtcDateTime)


def hash_of(token: str) -> str:
    """Give what is kept of a link's text; the text is random enough to need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()[:_DIGITS]


def put(session: Session, *, site: str, token: str, purpose: Purpose, visit: str, expires_at: datetime) -> None:
    """Make a link good, until a time."""
    row = {"link_hash": hash_of(token), "purpose": purpose, "visit": visit, "expires_at": expires_at}
    upsert(session, LinkRow, {"site": site, **row})


def visit_of(session: Session, site: str, token: str, purpose: Purpose, at: datetime) -> str | None:
    """Give the visit that a link is about; None for one that was never given, is for something else, or has run out."""
    row = session.get(LinkRow, (site, hash_of(token)))
    return row.visit if row is not None and row.purpose == purpose and at < row.expires_at else None
