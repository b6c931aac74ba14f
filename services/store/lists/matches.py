"""Possible matches: somebody who may be a person on a list, with what the duty administrator said of it. A row holds no
name: both records are looked up when they are looked at.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlmodel import Field, Session, SQLModel, col, select

from services.store.columns import UtcDateTime

MatchState = Literal["open", "same_person", "not_the_same"]
OPEN, SAME_PERSON, NOT_THE_SAME = "open", "same_person", "not_the_same"


class MatchRow(SQLModel, table=True):
    """``subject`` is the visit, the walk-in or the release one of whose people (the one at ``place``) may be that of
    ``entry``; ``likeness`` is the names', and ``same_iin`` whether the identity numbers are the same (None: one of them
    is not known).
    """

    __tablename__ = "list_matches"
    __table_args__ = (
        sa.Index("ix_list_matches_site_subject", "site", "subject", "entry", unique=True),
        sa.Index("ix_list_matches_site_state", "site", "state", "found_at"),
    )

    site: str = Field(primary_key=True)
    match: str = Field(primary_key=True)
    subject: str
    entry: str
    place: int
    person_key: str | None
    likeness: float
    same_iin: bool | None
    state: str = OPEN
    found_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: str | None = None
    note: str | None = None


class FalseMatchRow(SQLModel, table=True):
    """Somebody who is not the person of an entry, so that they are not stopped by it again. ``person_key`` is a hash of
    the name and of what tells them from a namesake.
    """

    __tablename__ = "list_false_matches"

    site: str = Field(primary_key=True)
    entry: str = Field(primary_key=True)
    person_key: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    by: str


def one(session: Session, site: str, match: str) -> MatchRow | None:
    """Give a possible match of a site."""
    return session.get(MatchRow, (site, match))


def of_subject(session: Session, site: str, subject: str) -> Sequence[MatchRow]:
    """Give the possible matches of a visit, a walk-in or a release."""
    query = select(MatchRow).where(MatchRow.site == site, MatchRow.subject == subject)
    return session.exec(query.order_by(col(MatchRow.match))).all()


def stands(session: Session, site: str, subject: str) -> Literal["open", "same_person"] | None:
    """Tell what stands against whoever is meant: a question that is open, or somebody's word that it is the person on
    the list; None when nothing does.
    """
    states = {match.state for match in of_subject(session, site, subject)}
    if SAME_PERSON in states:
        return "same_person"
    return "open" if OPEN in states else None


def withheld(site: Mapped[str], subject: Mapped[str]) -> sa.ColumnElement[bool]:
    """Give the condition, for a query over visits, under which one is the duty administrator's matter alone: it waits
    for their word, or they have said that it is the person on the list. Its host is not to see it.
    """
    same = col(MatchRow.site) == site, col(MatchRow.subject) == subject
    return sa.exists().where(*same, col(MatchRow.state).in_((OPEN, SAME_PERSON)))


def waiting(session: Session, site: str) -> Sequence[MatchRow]:
    """Give a site's open matches, the longest first."""
    query = select(MatchRow).where(MatchRow.site == site, MatchRow.state == OPEN)
    return session.exec(query.order_by(col(MatchRow.found_at), col(MatchRow.match))).all()


def decided(session: Session, site: str, limit: int) -> Sequence[MatchRow]:
    """Give what was decided, the latest first."""
    query = select(MatchRow).where(MatchRow.site == site, MatchRow.state != OPEN)
    return session.exec(query.order_by(col(MatchRow.decided_at).desc()).limit(limit)).all()


def is_remembered(session: Session, site: str, entry: str, person_key: str | None) -> bool:
    """Tell whether somebody is known not to be the person of an entry."""
    return person_key is not None and session.get(FalseMatchRow, (site, entry, person_key)) is not None
