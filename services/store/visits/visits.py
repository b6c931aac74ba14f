"""Visits: one row each, with everything that the school keeps of it and until when. No copy of a document, no IIN."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from schemas.credential import Category
from services.store.columns import UtcDateTime
from services.store.lists import matches
from services.store.visits import party
from services.store.visits.states import WITH_PASS, State


class VisitRow(SQLModel, table=True):
    """One visit as it stands. ``holder`` is the reference that records carry; ``name_key`` is the name as names are
    compared; ``iin_hash`` is a keyed hash, ``document_tail`` the last characters of a document of ``document_kind``.

    ``host`` is who of the site's hosts was meant (None: nobody could be told from ``host_text``). ``draft`` names the
    form that it came from, so that a form sent twice is one visit. ``screening_due`` was drawn when it was asked for.
    ``weekdays`` (1 = Monday) make it a regular one: on these days from the date of ``arrives_at`` to that of
    ``leaves_at``, each time between their two times of day; none or None: once.
    ``kept_until`` is when what names a person is erased.
    """

    __tablename__ = "visits"
    __table_args__ = (
        sa.Index("ix_visits_site_draft", "site", "draft", unique=True),
        sa.Index("ix_visits_site_state", "site", "state", "arrives_at"),
        sa.Index("ix_visits_site_holder", "site", "holder"),
        sa.Index("ix_visits_site_contact", "site", "contact"),
        sa.Index("ix_visits_kept_until", "kept_until"),
    )

    site: str = Field(primary_key=True)
    visit: str = Field(primary_key=True)
    version: int = 1
    state: str = "requested"
    draft: str | None
    holder: str
    category: str
    name: str
    name_key: str
    document_kind: str | None = None
    document_tail: str | None = None
    iin_hash: str | None = None
    host_text: str
    host: str | None = None
    purpose: str
    arrives_at: datetime = Field(sa_type=UtcDateTime)
    leaves_at: datetime = Field(sa_type=UtcDateTime)
    companions: list[str] = Field(sa_type=JSON)
    weekdays: list[int] | None = Field(default=None, sa_type=JSON)
    vehicle: str | None = None
    vehicle_make: str | None = None
    cargo: str | None = None
    waybill: str | None = None
    things: str | None = None
    contact: str | None
    contact_checked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    language: str
    consent_version: str
    consent_at: datetime = Field(sa_type=UtcDateTime)
    screening_due: bool = False
    requested_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: str | None = None
    reason: str | None = None
    arrived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    left_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    kept_until: datetime = Field(sa_type=UtcDateTime)

    @property
    def standing(self) -> State:
        """Give the state as the table of states knows it."""
        return cast("State", self.state)

    @property
    def kind(self) -> Category:
        """Give the category by which the school's rules treat the visitor."""
        return cast("Category", self.category)


def one(session: Session, site: str, visit: str) -> VisitRow | None:
    """Give a visit of a site."""
    return session.get(VisitRow, (site, visit))


def of_draft(session: Session, site: str, draft: str) -> VisitRow | None:
    """Give the visit that a form became; None while it has not been sent."""
    return session.exec(select(VisitRow).where(VisitRow.site == site, VisitRow.draft == draft)).first()


def of_holder(session: Session, site: str, holder: str) -> VisitRow | None:
    """Give the visit of a holder of a pass: of whoever asked, or of somebody who comes along."""
    asked = session.exec(select(VisitRow).where(VisitRow.site == site, VisitRow.holder == holder)).first()
    along = party.of_holder(session, site, holder) if asked is None else None
    return one(session, site, along.visit) if along is not None else asked


def of_contact(session: Session, site: str, contact: str, limit: int) -> Sequence[VisitRow]:
    """Give the visits that were asked for at a site under a checked contact, the newest first."""
    query = select(VisitRow).where(VisitRow.site == site, VisitRow.contact == contact)
    query = query.where(col(VisitRow.contact_checked_at).is_not(None))
    return session.exec(query.order_by(col(VisitRow.requested_at).desc()).limit(limit)).all()


def to_decide(session: Session, site: str, limit: int) -> Sequence[VisitRow]:
    """Give a site's visits that wait for a decision, the nearest first; without those that are held."""
    query = select(VisitRow).where(VisitRow.site == site, VisitRow.state == "requested")
    query = query.where(~matches.withheld(col(VisitRow.site), col(VisitRow.visit)))
    return session.exec(query.order_by(col(VisitRow.arrives_at)).limit(limit)).all()


def to_come(session: Session, site: str, at: datetime) -> Sequence[VisitRow]:
    """Give a site's visits that are asked for or approved and not over."""
    query = select(VisitRow).where(VisitRow.site == site, col(VisitRow.state).in_(("requested", "approved", "changed")))
    return session.exec(query.where(VisitRow.leaves_at > at)).all()


def between(session: Session, site: str, begin: datetime, end: datetime, limit: int) -> Sequence[VisitRow]:
    """Give a site's decided visits that begin within a time (``end`` not within), in their order."""
    query = select(VisitRow).where(VisitRow.site == site, VisitRow.state != "requested")
    query = query.where(col(VisitRow.arrives_at) >= begin, col(VisitRow.arrives_at) < end)
    return session.exec(query.order_by(col(VisitRow.arrives_at)).limit(limit)).all()


def expected(
    session: Session, site: str, begin: datetime, end: datetime, weekday: int, limit: int
) -> Sequence[VisitRow]:
    """Give the visits with a pass on one day of a site (``end`` not within): those of that day, and the regular ones
    that come on its weekday.
    """
    query = select(VisitRow).where(VisitRow.site == site, col(VisitRow.state).in_(WITH_PASS))
    query = query.where(col(VisitRow.arrives_at) < end, col(VisitRow.leaves_at) > begin)
    found = session.exec(query.order_by(col(VisitRow.arrives_at)).limit(limit)).all()
    return [row for row in found if not row.weekdays or weekday in row.weekdays]


def of_hosts(session: Session, site: str, hosts: Collection[str], at: datetime, limit: int = 500) -> Sequence[VisitRow]:
    """Give the visits to some of a site's hosts that are not over and that hosts may see, the nearest first."""
    if not hosts:
        return []
    query = select(VisitRow).where(VisitRow.site == site, col(VisitRow.host).in_(hosts), VisitRow.leaves_at > at)
    query = query.where(~matches.withheld(col(VisitRow.site), col(VisitRow.visit)))
    return session.exec(query.order_by(col(VisitRow.arrives_at)).limit(limit)).all()


def past_of_hosts(session: Session, site: str, hosts: Collection[str], at: datetime, limit: int) -> Sequence[VisitRow]:
    """Give the visits to some of a site's hosts that are over and that hosts may see, the latest first."""
    if not hosts:
        return []
    query = select(VisitRow).where(VisitRow.site == site, col(VisitRow.host).in_(hosts), VisitRow.leaves_at <= at)
    query = query.where(~matches.withheld(col(VisitRow.site), col(VisitRow.visit)))
    return session.exec(query.order_by(col(VisitRow.leaves_at).desc()).limit(limit)).all()
