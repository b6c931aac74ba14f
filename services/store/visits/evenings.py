"""Parents' evenings: one list with one link. The school enters who is expected, or how many; each parent registers by
the link and gets a pass of their own, and the post can tick whoever has none by name.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from services.store import audit, people
from services.store.columns import UtcDateTime
from services.store.database import serialise
from services.store.people import PersonRow
from services.store.visits import links, passes
from services.store.visits.conditions import Entries
from services.store.visits.names import name_key
from services.store.visits.seals import Seals
from services.store.visits.visits import VisitRow

OpenTo = Literal["parents", "pupils", "everyone"]
"""Whose names the list holds: the parents' own, the pupils' whose parents come, or nobody's: whoever has the link."""

SEATS: dict[OpenTo, int] = {"parents": 1, "pupils": 2}
"""How many people may register for one line of a list: a pupil has two parents."""

LINES_AT_MOST = 500
KEPT = timedelta(days=30)
"""How long the list is kept after the evening; the visits that came of it are kept as visits are."""

CLOSES_AFTER = timedelta(hours=2)
_BYTES = 8
_NAME = re.compile(r"evening-[0-9a-f]{16}")


class EveningRow(SQLModel, table=True):
    """One evening. ``evening`` was minted with the form; ``host`` is whose it is (None: the school's own); ``seats`` is
    how many may register in all; ``closed_at`` is when its names left the post's lists.
    """

    __tablename__ = "evenings"
    __table_args__ = (sa.Index("ix_evenings_site_ends_at", "site", "ends_at"),)

    site: str = Field(primary_key=True)
    evening: str = Field(primary_key=True)
    title: str
    host_text: str
    host: str | None
    made_by: str
    open_to: str
    seats: int
    begins_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    entries: str
    entrances: list[str] | None = Field(sa_type=JSON, nullable=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    kept_until: datetime = Field(sa_type=UtcDateTime)


class GuestRow(SQLModel, table=True):
    """One line of an evening's list. ``holder`` is whom the post lets in by this name before anybody registers."""

    __tablename__ = "evening_guests"
    __table_args__ = (sa.Index("ix_evening_guests_site_holder", "site", "holder"),)

    site: str = Field(primary_key=True)
    evening: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    name: str
    name_key: str
    holder: str


class EveningVisitRow(SQLModel, table=True):
    """Somebody who registered for an evening: the visit, and the line of the list (0 where there is no list)."""

    __tablename__ = "evening_visits"
    __table_args__ = (sa.Index("ix_evening_visits_site_evening", "site", "evening"),)

    site: str = Field(primary_key=True)
    visit: str = Field(primary_key=True)
    evening: str
    line: int


class Evening(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed of an evening, checked. ``names`` are the list's lines, ``seats`` count where there is none."""

    evening: str
    title: str
    host_text: str
    host: str | None
    open_to: OpenTo
    names: list[str]
    seats: int
    begins_at: datetime
    ends_at: datetime
    entries: Entries
    entrances: list[str] | None


def new_evening() -> str:
    """Mint the id of an evening that is about to be typed."""
    return f"evening-{secrets.token_hex(_BYTES)}"


def is_evening(text: str) -> bool:
    """Tell whether a text has the form of such an id."""
    return _NAME.fullmatch(text) is not None


def hold(session: Session, *, site: str, told: Evening, by: str, seals: Seals, at: datetime) -> EveningRow | None:
    """Enter an evening with its list, its link, and the names for the post; the same form again gives the same evening,
    another one's id None.
    """
    serialise(session, "evening", site, told.evening)
    known = one(session, site, told.evening)
    if known is not None:
        return known if known.made_by == by else None
    fields = {name: value for name, value in msgspec.structs.asdict(told).items() if name not in {"names", "seats"}}
    seats = len(told.names) * SEATS[told.open_to] if told.open_to in SEATS else told.seats
    row = EveningRow(site=site, made_by=by, seats=seats, created_at=at, kept_until=told.ends_at + KEPT, **fields)
    session.add(row)
    for line, name in enumerate(told.names, 1):
        holder = f"visitor-{secrets.token_hex(_BYTES)}"
        session.add(
            GuestRow(site=site, evening=row.evening, line=line, name=name, name_key=name_key(name), holder=holder)
        )
        people.put(session, site=site, holder=holder, name=name, group_name=row.title)
    token = seals.link("evening", site, row.evening)
    links.put(session, site=site, token=token, purpose="evening", visit=row.evening, expires_at=row.ends_at)
    detail = {"lines": str(len(told.names)), "seats": str(seats)}
    audit.note(session, site=site, by=by, act="evening_held", subject=row.evening, detail=detail, at=at)
    session.flush()
    return row


def one(session: Session, site: str, evening: str) -> EveningRow | None:
    """Give an evening of a site."""
    return session.get(EveningRow, (site, evening))


def to_come(session: Session, site: str, at: datetime, host: str | None = None) -> Sequence[EveningRow]:
    """Give a site's evenings that have not been cleared away, the nearest first; those of one host, or all."""
    query = select(EveningRow).where(EveningRow.site == site, EveningRow.ends_at > at - KEPT)
    if host is not None:
        query = query.where(EveningRow.host == host)
    return session.exec(query.order_by(col(EveningRow.begins_at))).all()


def linked(session: Session, site: str, token: str, at: datetime) -> EveningRow | None:
    """Give the evening that a link is about; None when it was called off or is over."""
    found = links.visit_of(session, site, token, "evening", at)
    row = one(session, site, found) if found else None
    return row if row is not None and row.cancelled_at is None else None


def guests(session: Session, row: EveningRow) -> Sequence[GuestRow]:
    """Give the lines of an evening's list, for the school itself."""
    query = select(GuestRow).where(GuestRow.site == row.site, GuestRow.evening == row.evening)
    return session.exec(query.order_by(col(GuestRow.line))).all()


def registered(session: Session, row: EveningRow) -> list[tuple[int, VisitRow]]:
    """Give who has registered for an evening, with their line, by name."""
    query = select(EveningVisitRow.line, VisitRow).where(
        EveningVisitRow.site == row.site,
        EveningVisitRow.evening == row.evening,
        VisitRow.site == row.site,
        VisitRow.visit == EveningVisitRow.visit,
    )
    return [(line, visit) for line, visit in session.exec(query.order_by(col(VisitRow.name)))]


def agreed_by(session: Session, visit: VisitRow) -> str | None:
    """Give who has agreed to a visit before it was asked for, by holding the evening that it is for; None for another
    visit, and when the evening was called off.
    """
    known = session.get(EveningVisitRow, (visit.site, visit.visit))
    row = one(session, visit.site, known.evening) if known is not None else None
    return row.made_by if row is not None and row.cancelled_at is None else None


def is_expected(session: Session, site: str, holder: str, at: datetime) -> bool:
    """Tell whether somebody is on the list of an evening that is on now; for the post, which ticks names."""
    query = select(EveningRow).join(
        GuestRow, (col(GuestRow.site) == EveningRow.site) & (col(GuestRow.evening) == EveningRow.evening)
    )
    query = query.where(EveningRow.site == site, GuestRow.holder == holder, col(EveningRow.cancelled_at).is_(None))
    query = query.where(EveningRow.begins_at <= at + passes.EARLY, EveningRow.ends_at > at)
    return session.exec(query.limit(1)).first() is not None


def close_past(session: Session, at: datetime) -> int:
    """Take the names of evenings that are over off the post's lists, and give how many evenings that were."""
    over = (col(EveningRow.ends_at) <= at - CLOSES_AFTER) | col(EveningRow.cancelled_at).is_not(None)
    rows = session.exec(select(EveningRow).where(over, col(EveningRow.closed_at).is_(None))).all()
    for row in rows:
        listed = select(GuestRow.holder).where(GuestRow.site == row.site, GuestRow.evening == row.evening)
        mine = col(PersonRow.site) == row.site
        session.execute(sa.delete(PersonRow).where(mine, col(PersonRow.holder).in_(listed)))
        holders = [visit.holder for _, visit in registered(session, row)]
        session.execute(sa.update(PersonRow).where(mine, col(PersonRow.holder).in_(holders)).values(group_name=None))
        row.closed_at = at
        session.add(row)
    return len(rows)


def forget(session: Session, at: datetime) -> None:
    """Erase the lists of evenings whose time has come, of all sites."""
    for row in session.exec(select(EveningRow).where(col(EveningRow.kept_until) <= at)).all():
        for table in (GuestRow, EveningVisitRow):
            mine = (col(table.site) == row.site, col(table.evening) == row.evening)
            session.execute(sa.delete(table).where(*mine))
        session.delete(row)
