"""Custody: what was left at the post, as a chain of entries from leaving to returning or handing over. Nothing here
vanishes; what stays longer than the list of items says is overdue, and the duty administrator is told.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.store import audit, messages
from services.store.columns import UtcDateTime
from services.store.database import next_number, serialise
from services.store.local_time import local_midnight
from services.store.records import screenings
from services.store.screenings import checks, whom
from services.store.screenings.items import item_list

CustodyAct = Literal["left", "returned", "to_parents", "to_police"]
ENDS: frozenset[str] = frozenset({"returned", "to_parents", "to_police"})

WORDS_AT_MOST = 200
SYSTEM = "qaqpa"
"""Who tells what nobody has asked for, in the audit."""

_TOLD_AT_ONCE = 100


class CustodyRow(SQLModel, table=True):
    """One thing in custody, under the number on its receipt (counted for each site). ``form`` was minted with the
    guard's form, so that one sent twice is one thing; ``overdue_told_at`` is when somebody was told that it lies too
    long.
    """

    __tablename__ = "custody"
    __table_args__ = (
        sa.Index("ix_custody_site_holder", "site", "holder"),
        sa.Index("ix_custody_site_form", "site", "form", unique=True),
        sa.Index("ix_custody_due_at", "due_at"),
    )

    site: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    holder: str
    item: str
    count: int
    description: str
    screening: str | None
    due_at: datetime = Field(sa_type=UtcDateTime)
    form: str | None = None
    overdue_told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CustodyEntryRow(SQLModel, table=True):
    """One step of the chain: who did what with the thing, when, and into whose hands it went."""

    __tablename__ = "custody_entries"

    site: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    step: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    act: str
    at: datetime = Field(sa_type=UtcDateTime)
    by: str
    post: str
    to_whom: str
    note: str


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody leaves: whose, which item of the list, how many, what it looks like, and the form that said so."""

    holder: str
    item: str
    count: int
    description: str
    form: str | None = None


class Chain(msgspec.Struct, frozen=True):
    """A thing with its entries, first one first."""

    thing: CustodyRow
    entries: list[CustodyEntryRow]

    @property
    def ended(self) -> bool:
        """Tell whether it has left the post."""
        return self.entries[-1].act in ENDS

    def overdue(self, now: datetime) -> bool:
        """Tell whether it lies at the post longer than it may."""
        return not self.ended and now >= self.thing.due_at


def leave(session: Session, *, site: str, thing: Thing, by: str, post: str, at: datetime) -> int:
    """Take a thing into custody and give its number; a form that was sent before gives its first one. When everything
    that was found with its owner lies at the post, nothing stands against the owner any more.
    """
    serialise(session, "custody", site)
    before = _of_form(session, site, thing.form)
    if before is not None:
        return before.number
    number = next_number(session, CustodyRow.number, CustodyRow.site == site)
    known = screenings.latest(session, site, thing.holder)
    row = CustodyRow(
        site=site,
        number=number,
        holder=thing.holder,
        item=thing.item,
        count=max(1, thing.count),
        description=thing.description[:WORDS_AT_MOST],
        screening=known.screening if known is not None and known.standing != "clear" else None,
        due_at=item_list().due_at(
            thing.item,
            of_pupil=whom.category_of(session, site, thing.holder) == "pupil",
            at=at,
            midnight=local_midnight(session, site, at),
        ),
        form=thing.form,
    )
    session.add(row)
    session.flush()
    _enter(session, site, number, "left", by, post, "", "", at)
    if known is not None and known.standing == "item_found" and _all_left(session, site, known):
        checks.resolve(
            session, site=site, holder=thing.holder, resolution="left_at_the_post", by=by, may_all=False, at=at
        )
    return number


def hand_over(  # noqa: PLR0913  an entry has all of this
    session: Session,
    *,
    site: str,
    number: int,
    act: CustodyAct,
    to_whom: str,
    note: str,
    by: str,
    post: str,
    at: datetime,
) -> bool:
    """Write that a thing was returned or handed over; False when there is none under the number, or it has gone
    already (the same hand-over again is True, and nothing is written).
    """
    serialise(session, "custody", site)
    chain = one(session, site, number)
    if chain is None or act not in ENDS:
        return False
    if chain.ended:
        last = chain.entries[-1]
        return (last.act, last.to_whom, last.by) == (act, to_whom[:WORDS_AT_MOST], by)
    _enter(session, site, number, act, by, post, to_whom[:WORDS_AT_MOST], note[:WORDS_AT_MOST], at)
    return True


def one(session: Session, site: str, number: int) -> Chain | None:
    """Give a thing of a site with its chain."""
    thing = session.get(CustodyRow, (site, number))
    return _chains(session, site, [thing])[0] if thing is not None else None


def at_post(session: Session, site: str) -> list[Chain]:
    """Give what lies at the post now, what is due first."""
    query = select(CustodyRow).where(CustodyRow.site == site, ~has_gone())
    in_order = query.order_by(col(CustodyRow.due_at), col(CustodyRow.number))
    return _chains(session, site, session.exec(in_order).all())


def count_overdue(session: Session, site: str, now: datetime) -> int:
    """Count what lies at a site's post longer than it may."""
    overdue = (CustodyRow.site == site, col(CustodyRow.due_at) <= now, ~has_gone())
    return session.exec(select(sa.func.count()).select_from(CustodyRow).where(*overdue)).one()


def tell_overdue(session: Session, at: datetime) -> int:
    """Tell the duty administrators of all sites, once for each thing, what lies at a post longer than it may, and give
    how many things that were. A site that has nobody to tell is asked again.
    """
    serialise(session, "custody_overdue")
    query = select(CustodyRow).where(
        col(CustodyRow.due_at) <= at, col(CustodyRow.overdue_told_at).is_(None), ~has_gone()
    )
    told = 0
    for row in session.exec(query.order_by(col(CustodyRow.due_at)).limit(_TOLD_AT_ONCE)):
        subject = f"custody/{row.number}"
        if messages.tell_duty(session, site=row.site, kind="custody_overdue", subject=subject, number=1, at=at):
            row.overdue_told_at = at
            session.add(row)
            audit.note(session, site=row.site, by=SYSTEM, act="custody_overdue", subject=subject, at=at)
            told += 1
    return told


def gone(session: Session, site: str, limit: int) -> list[Chain]:
    """Give what has been returned or handed over, the newest number first."""
    query = select(CustodyRow).where(CustodyRow.site == site, has_gone())
    return _chains(session, site, session.exec(query.order_by(col(CustodyRow.number).desc()).limit(limit)).all())


def _chains(session: Session, site: str, things: Sequence[CustodyRow]) -> list[Chain]:
    query = select(CustodyEntryRow).where(
        CustodyEntryRow.site == site, col(CustodyEntryRow.number).in_([thing.number for thing in things])
    )
    entries: dict[int, list[CustodyEntryRow]] = {thing.number: [] for thing in things}
    for entry in session.exec(query.order_by(col(CustodyEntryRow.step))):
        entries[entry.number].append(entry)
    return [Chain(thing, entries[thing.number]) for thing in things]


def _of_form(session: Session, site: str, form: str | None) -> CustodyRow | None:
    if form is None:
        return None
    return session.exec(select(CustodyRow).where(CustodyRow.site == site, CustodyRow.form == form)).first()


def has_gone() -> sa.ColumnElement[bool]:
    """Tell, in a query of things, whether one has left the post."""
    entry = sa.inspect(CustodyEntryRow).local_table.c
    mine = (entry.site == CustodyRow.site) & (entry.number == CustodyRow.number)
    return sa.exists().where(mine & entry.act.in_(ENDS))


def _all_left(session: Session, site: str, known: screenings.ScreeningRow) -> bool:
    items = item_list()
    wanted = {str(item["code"]) for item in known.items if items.prohibited(str(item["code"]))}
    query = select(CustodyRow.item).where(
        CustodyRow.site == site, CustodyRow.holder == known.holder, CustodyRow.screening == known.screening
    )
    return wanted <= set(session.exec(query))


def _enter(  # noqa: PLR0913, PLR0917  one private line for two callers
    session: Session,
    site: str,
    number: int,
    act: CustodyAct,
    by: str,
    post: str,
    to_whom: str,
    note: str,
    at: datetime,
) -> None:
    step = next_number(session, CustodyEntryRow.step, CustodyEntryRow.site == site, CustodyEntryRow.number == number)
    session.add(
        CustodyEntryRow(
            site=site, number=number, step=step, act=act, at=at, by=by, post=post, to_whom=to_whom, note=note
        )
    )
    audit.note(session, site=site, by=by, act=f"custody_{act}", subject=f"custody/{number}", at=at)
    session.flush()
