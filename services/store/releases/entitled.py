"""Who may take a pupil out of the school, as the parents have told it: with the document by which they are known and
the telephone that the school calls. Kept while it holds and a year after.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args

import msgspec
import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.store import audit
from services.store.columns import UtcDateTime
from services.store.database import serialise

Relation = Literal["mother", "father", "guardian", "grandparent", "relative", "other"]
RELATIONS: tuple[Relation, ...] = get_args(Relation)
PARENTS: frozenset[str] = frozenset({"mother", "father", "guardian"})
"""Whose word by telephone lets somebody else take the pupil, and who is told when the pupil leaves early."""

KEPT_AFTER = timedelta(days=365)
_PERSON_BYTES = 8


class EntitledPersonRow(SQLModel, table=True):
    """Somebody who may take one pupil. ``tell`` says that they agreed to be told by message when the pupil leaves
    early, in ``language``.
    """

    __tablename__ = "entitled_persons"
    __table_args__ = (
        sa.Index("ix_entitled_persons_site_pupil", "site", "pupil"),
        sa.Index("ix_entitled_persons_kept_until", "kept_until"),
    )

    site: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    pupil: str
    name: str
    relation: str
    document_kind: str | None
    document_tail: str | None
    phone: str | None
    email: str | None
    language: str
    tell: bool
    entered_at: datetime = Field(sa_type=UtcDateTime)
    entered_by: str
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    kept_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Entitled(msgspec.Struct, frozen=True, kw_only=True):
    """What is entered of somebody who may take a pupil."""

    pupil: str
    name: str
    relation: Relation
    document_kind: str | None = None
    document_tail: str | None = None
    phone: str | None = None
    email: str | None = None
    language: str = "kk"
    tell: bool = False


def enter(session: Session, *, site: str, told: Entitled, by: str, at: datetime) -> EntitledPersonRow:
    """Enter somebody; whoever is known by the same name for the same pupil is changed."""
    serialise(session, "entitled", site, told.pupil)
    known = next((row for row in of_pupil(session, site, told.pupil) if row.name == told.name), None)
    row = known or EntitledPersonRow(
        site=site,
        person=f"person-{secrets.token_hex(_PERSON_BYTES)}",
        entered_at=at,
        entered_by=by,
        **msgspec.structs.asdict(told),
    )
    if known is not None:
        for field, value in msgspec.structs.asdict(told).items():
            setattr(row, field, value)
    session.add(row)
    act = "entitled_changed" if known else "entitled_entered"
    audit.note(session, site=site, by=by, act=act, subject=row.person, detail={"pupil": told.pupil}, at=at)
    session.flush()
    return row


def end(session: Session, *, site: str, person: str, by: str, at: datetime) -> bool:
    """Say that somebody may take the pupil no more; False when that is so already."""
    row = one(session, site, person)
    if row is None or row.ended_at is not None:
        return False
    row.ended_at, row.kept_until = at, at + KEPT_AFTER
    session.add(row)
    audit.note(session, site=site, by=by, act="entitled_ended", subject=person, detail={"pupil": row.pupil}, at=at)
    return True


def one(session: Session, site: str, person: str) -> EntitledPersonRow | None:
    """Give somebody of a site, entitled now or before."""
    return session.get(EntitledPersonRow, (site, person))


def of_pupil(session: Session, site: str, pupil: str) -> Sequence[EntitledPersonRow]:
    """Give who may take a pupil now, by name."""
    query = select(EntitledPersonRow).where(EntitledPersonRow.site == site, EntitledPersonRow.pupil == pupil)
    query = query.where(col(EntitledPersonRow.ended_at).is_(None))
    return session.exec(query.order_by(col(EntitledPersonRow.name), col(EntitledPersonRow.person))).all()


def forget(session: Session, at: datetime) -> None:
    """Erase whoever has not been entitled for a year, at all sites."""
    session.execute(sa.delete(EntitledPersonRow).where(col(EntitledPersonRow.kept_until) <= at))
