"""Drafts: what a visitor has answered so far, kept here under a cookie until the form is sent or runs out."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import JSON, Field, Session, SQLModel, col

from services.store.columns import UtcDateTime

LASTS = timedelta(hours=2)
CODE_LASTS = timedelta(minutes=15)
CODE_TRIES = 5


class DraftRow(SQLModel, table=True):
    """One form being filled in. ``draft`` is the hash of the cookie; ``code_number`` counts the codes sent to the
    contact, of which only the last one is right; ``contact_checked_at`` is when it was shown to be theirs.
    """

    __tablename__ = "visit_drafts"
    __table_args__ = (sa.Index("ix_visit_drafts_expires_at", "expires_at"),)

    site: str = Field(primary_key=True)
    draft: str = Field(primary_key=True)
    answers: dict[str, str] = Field(sa_type=JSON)
    language: str
    expires_at: datetime = Field(sa_type=UtcDateTime)
    code_number: int = 0
    code_sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    code_tries: int = 0
    contact_checked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def one(session: Session, site: str, draft: str, at: datetime) -> DraftRow | None:
    """Give a draft that has not run out."""
    row = session.get(DraftRow, (site, draft))
    return row if row is not None and at < row.expires_at else None


def put(session: Session, *, site: str, draft: str, answers: dict[str, str], language: str, at: datetime) -> DraftRow:
    """Keep answers beside those that are there, and for two hours from now; what others left behind is swept away."""
    session.execute(sa.delete(DraftRow).where(col(DraftRow.expires_at) <= at))
    row = session.get(DraftRow, (site, draft), populate_existing=True)
    if row is None:
        row = DraftRow(site=site, draft=draft, answers={}, language=language, expires_at=at)
    if answers.get("contact", row.answers.get("contact")) != row.answers.get("contact"):
        row.contact_checked_at = None
    row.answers = {**row.answers, **answers}
    row.language = language
    row.expires_at = at + LASTS
    session.add(row)
    session.flush()
    return row


def put_unchecked(
    session: Session, *, site: str, draft: str, answers: dict[str, str], language: str, at: datetime
) -> None:
    """Keep answers, of which the contact has to be shown to be theirs again."""
    put(session, site=site, draft=draft, answers=answers, language=language, at=at).contact_checked_at = None


def next_code(row: DraftRow, at: datetime) -> int:
    """Count one more code and give its number; its tries begin again."""
    row.code_number += 1
    row.code_sent_at = at
    row.code_tries = 0
    return row.code_number


def code_alive(row: DraftRow, at: datetime) -> bool:
    """Tell whether the last code may still be tried."""
    sent = row.code_sent_at
    return sent is not None and at < sent + CODE_LASTS and row.code_tries < CODE_TRIES
