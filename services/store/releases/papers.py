"""Releases: leave for a pupil to go out while lessons last, with everything that was asked for it. What a gate has to
know of it is said as a fact; names, documents and telephone calls stay here.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args

import msgspec
import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from schemas.release import Release
from schemas.topics import RELEASES
from services.store import audit
from services.store.administration import RuleForbids
from services.store.columns import UtcDateTime, as_said
from services.store.database import serialise
from services.store.lists import matching
from services.store.lists.matching import Person
from services.store.records import releases
from services.store.releases import entitled
from services.store.releases.entitled import PARENTS, EntitledPersonRow
from services.store.saying import say

Basis = Literal["illness", "family", "appointment", "other"]
Taker = Literal["entitled", "other", "alone"]
BASES: tuple[Basis, ...] = get_args(Basis)
KEPT = timedelta(days=365)
TAIL = 4
EARLY = timedelta(minutes=2)
"""How much before the time on the paper the gate may say that the pupil went: its clock is its own."""

_RELEASE_BYTES = 8
_PREFIX = "release-"


class ReleasePaperRow(SQLModel, table=True):
    """One release with its paper. ``state`` is held (the duty administrator is asked first), given, refused or
    withdrawn; ``person`` is whoever takes the pupil where the school knows them, ``caller`` whose word was heard by
    telephone, under ``called_number`` of the school's own record.
    """

    __tablename__ = "release_papers"
    __table_args__ = (
        sa.Index("ix_release_papers_site_recorded_at", "site", "recorded_at"),
        sa.Index("ix_release_papers_site_pupil", "site", "pupil"),
        sa.Index("ix_release_papers_kept_until", "kept_until"),
    )

    site: str = Field(primary_key=True)
    release: str = Field(primary_key=True)
    pupil: str
    state: str
    basis: str
    taker: str
    person: str | None
    taker_name: str
    document_kind: str | None
    document_tail: str | None
    caller: str | None
    called_number: str | None
    called_at: datetime | None = Field(sa_type=UtcDateTime)
    allowed_by: str
    valid_from: datetime = Field(sa_type=UtcDateTime)
    valid_until: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    by: str
    post: str
    kept_until: datetime = Field(sa_type=UtcDateTime)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a guard writes. ``release`` was minted with the form, so that a form sent twice is one release."""

    release: str
    pupil: str
    basis: Basis
    taker: Taker
    person: str | None = None
    taker_name: str = ""
    document_kind: str | None = None
    document_tail: str | None = None
    caller: str | None = None
    called_at: datetime | None = None
    allowed_by: str
    valid_from: datetime
    valid_until: datetime


def new_release() -> str:
    """Mint the name of a release that is about to be written."""
    return f"{_PREFIX}{secrets.token_hex(_RELEASE_BYTES)}"


def is_release(text: str) -> bool:
    """Tell whether a text has the form of such a name."""
    return text.startswith(_PREFIX) and text.removeprefix(_PREFIX).isalnum() and len(text) == len(new_release())


def record(session: Session, *, site: str, told: Told, by: str, post: str, at: datetime) -> ReleasePaperRow:
    """Write a release and say it, unless whoever takes the pupil may be on a list: then it is held. The same form gives
    its first row. What is missing is a RuleForbids: not_entitled, no_document, no_word.
    """
    serialise(session, "releases", site, told.pupil)
    known = session.get(ReleasePaperRow, (site, told.release))
    if known is not None:
        return known
    people = {row.person: row for row in entitled.of_pupil(session, site, told.pupil)}
    person, caller = people.get(told.person or ""), people.get(told.caller or "")
    _refuse(told, person, caller)
    row = ReleasePaperRow(
        site=site,
        state="given",
        called_number=caller.phone if caller else None,
        recorded_at=at,
        by=by,
        post=post,
        kept_until=told.valid_until + KEPT,
        **{**msgspec.structs.asdict(told), "taker_name": person.name if person else told.taker_name},
    )
    if _note(session, row, people, at):
        row.state = "held"
    session.add(row)
    audit.note(session, site=site, by=by, act=f"release_{row.state}", subject=row.release, at=at)
    session.flush()
    if row.state == "given":
        _say(session, row, None, by, at)
    return row


def people_of(row: ReleasePaperRow, people: dict[str, EntitledPersonRow]) -> list[Person]:
    """Give who is looked for on the lists: whoever takes the pupil, and whose word was heard."""
    known_by = f"{row.document_kind}/{row.document_tail}" if row.document_tail else ""
    caller = people.get(row.caller or "")
    told = [Person(name=row.taker_name, known_by=known_by)] if row.taker != "alone" else []
    return [*told, Person(name=caller.name, known_by=caller.phone or "")] if caller is not None else told


def settle(session: Session, *, site: str, release: str, given: bool, by: str, at: datetime) -> bool:
    """Give or refuse a release that was held, after the duty administrator's word; False when it is settled."""
    row = session.get(ReleasePaperRow, (site, release), populate_existing=True)
    if row is None or row.state != "held":
        return False
    row.state = "given" if given else "refused"
    session.add(row)
    audit.note(session, site=site, by=by, act=f"release_{row.state}", subject=release, at=at)
    if given:
        _say(session, row, None, by, at)
    return True


def withdraw(session: Session, *, site: str, release: str, by: str, at: datetime) -> bool:
    """Withdraw a release from now on; False when it does not hold."""
    row = session.get(ReleasePaperRow, (site, release), populate_existing=True)
    if row is None or row.state not in {"given", "held"}:
        return False
    was_given = row.state == "given"
    row.state = "withdrawn"
    session.add(row)
    audit.note(session, site=site, by=by, act="release_withdrawn", subject=release, at=at)
    latest = releases.latest(session, site, row.pupil)
    if was_given and latest is not None and latest.release == release:
        _say(session, row, at, by, at)
    return True


def one(session: Session, site: str, release: str) -> ReleasePaperRow | None:
    """Give a release of a site."""
    return session.get(ReleasePaperRow, (site, release))


def since(session: Session, site: str, moment: datetime) -> Sequence[ReleasePaperRow]:
    """Give the releases that were written since a moment, the newest first."""
    query = select(ReleasePaperRow).where(ReleasePaperRow.site == site, ReleasePaperRow.recorded_at >= moment)
    return session.exec(query.order_by(col(ReleasePaperRow.recorded_at).desc())).all()


def forget(session: Session, at: datetime) -> None:
    """Erase the papers of all sites whose time has come."""
    session.execute(sa.delete(ReleasePaperRow).where(col(ReleasePaperRow.kept_until) <= at))


def _refuse(told: Told, person: EntitledPersonRow | None, caller: EntitledPersonRow | None) -> None:
    if told.taker == "entitled" and person is None:
        raise RuleForbids("not_entitled")
    if told.taker != "alone" and not (told.document_kind and told.document_tail):
        raise RuleForbids("no_document")
    recorded = person.document_tail if person is not None else None
    shown = (told.document_tail or "")[-TAIL:].casefold()
    known_by_document = told.taker == "entitled" and (recorded is None or recorded[-TAIL:].casefold() == shown)
    heard = caller is not None and caller.phone and caller.relation in PARENTS and told.called_at is not None
    if not known_by_document and not heard:
        raise RuleForbids("no_word")


def _note(session: Session, row: ReleasePaperRow, people: dict[str, EntitledPersonRow], at: datetime) -> bool:
    looked_for = people_of(row, people)
    return matching.note(session, site=row.site, subject=row.release, people=looked_for, at=at, pupil=row.pupil)


def _say(session: Session, row: ReleasePaperRow, withdrawn_at: datetime | None, by: str, at: datetime) -> None:
    """Say what gates and services need to know of it."""
    latest = releases.latest(session, row.site, row.pupil)
    said = Release(
        release=row.release,
        version=as_said(latest, Release).version + 1 if latest else 1,
        holder=row.pupil,
        valid_from=row.valid_from - EARLY,
        valid_until=row.valid_until,
        allowed_by=row.allowed_by,
        by=row.by,
        post=row.post,
        withdrawn_at=withdrawn_at,
    )
    act = "release_said" if withdrawn_at is None else "release_taken_back"
    say(session, site=row.site, topic=RELEASES, data=said, by=by, act=act, subject=row.release, at=at)
