"""Who may take a pupil out of the school, as the parents have told it: with the document by which they are known and
the telephone that the school calls. Kept while it holds and a year after.
"""

import secrets
from collections import Counter
from collections.abc import Collection, Sequence
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
_PREFIX = "person-"
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


def new_person() -> str:
    """Mint the reference of somebody who is about to be typed."""
    return f"{_PREFIX}{secrets.token_hex(_PERSON_BYTES)}"


def is_person(text: str) -> bool:
    """Tell whether a text has the form of such a reference."""
    digits = text.removeprefix(_PREFIX)
    return text.startswith(_PREFIX) and len(text) == len(new_person()) and digits.isascii() and digits.isalnum()


def enter(
    session: Session, *, site: str, told: Entitled, by: str, at: datetime, person: str | None = None
) -> EntitledPersonRow:
    """Enter somebody; whoever is known by the same name for the same pupil is changed. ``person`` was minted with a
    form, so that a form sent twice enters once.
    """
    serialise(session, "entitled", site, told.pupil)
    again = one(session, site, person) if person is not None else None
    if again is not None:
        return again
    known = next((row for row in of_pupil(session, site, told.pupil) if row.name == told.name), None)
    if known is not None:
        _set(session, known, told, by, at)
        return known
    fields = msgspec.structs.asdict(told)
    row = EntitledPersonRow(site=site, person=person or new_person(), entered_at=at, entered_by=by, **fields)
    session.add(row)
    _note(session, row, "entitled_entered", by, at)
    return row


def change(session: Session, *, site: str, person: str, told: Entitled, by: str, at: datetime) -> bool:
    """Change somebody who may still take the pupil, the name too; False when they may not any more. A name under which
    somebody else may take that pupil is a ValueError.
    """
    serialise(session, "entitled", site, told.pupil)
    row = session.get(EntitledPersonRow, (site, person), populate_existing=True)
    if row is None or row.ended_at is not None or row.pupil != told.pupil:
        return False
    if any(other.name == told.name and other.person != person for other in of_pupil(session, site, told.pupil)):
        message = f"pupil {told.pupil} has somebody of the name that {person} is to have"
        raise ValueError(message)
    _set(session, row, told, by, at)
    return True


def end(session: Session, *, site: str, person: str, by: str, at: datetime) -> bool:
    """Say that somebody may take the pupil no more; False when that is so already."""
    row = session.get(EntitledPersonRow, (site, person), populate_existing=True)
    if row is None or row.ended_at is not None:
        return False
    row.ended_at, row.kept_until = at, at + KEPT_AFTER
    session.add(row)
    _note(session, row, "entitled_ended", by, at)
    return True


def one(session: Session, site: str, person: str) -> EntitledPersonRow | None:
    """Give somebody of a site, entitled now or before."""
    return session.get(EntitledPersonRow, (site, person))


def of_pupil(session: Session, site: str, pupil: str) -> Sequence[EntitledPersonRow]:
    """Give who may take a pupil now, by name."""
    query = select(EntitledPersonRow).where(EntitledPersonRow.site == site, EntitledPersonRow.pupil == pupil)
    query = query.where(col(EntitledPersonRow.ended_at).is_(None))
    return session.exec(query.order_by(col(EntitledPersonRow.name), col(EntitledPersonRow.person))).all()


def counted(session: Session, site: str, pupils: Collection[str]) -> Counter[str]:
    """Give how many people may take each of some pupils now."""
    query = select(EntitledPersonRow.pupil).where(EntitledPersonRow.site == site)
    query = query.where(col(EntitledPersonRow.pupil).in_(pupils), col(EntitledPersonRow.ended_at).is_(None))
    return Counter(session.exec(query)) if pupils else Counter()


def forget(session: Session, at: datetime) -> None:
    """Erase whoever has not been entitled for a year, at all sites."""
    session.execute(sa.delete(EntitledPersonRow).where(col(EntitledPersonRow.kept_until) <= at))


def _set(session: Session, row: EntitledPersonRow, told: Entitled, by: str, at: datetime) -> None:
    """Let a row say what was told; what it says already is no change."""
    fields = msgspec.structs.asdict(told)
    if all(getattr(row, field) == value for field, value in fields.items()):
        return
    for field, value in fields.items():
        setattr(row, field, value)
    session.add(row)
    _note(session, row, "entitled_changed", by, at)


def _note(session: Session, row: EntitledPersonRow, act: str, by: str, at: datetime) -> None:
    audit.note(session, site=row.site, by=by, act=act, subject=row.person, detail={"pupil": row.pupil}, at=at)
    session.flush()
