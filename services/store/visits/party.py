"""The party of a visit: whoever asked and those who come along. Each has a reference and a pass of their own, so that
single use, a check and the count of people inside hold for each; the visit is one.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.store import people
from services.store.columns import UtcDateTime

_REFERENCE_BYTES = 8


class MemberRow(SQLModel, table=True):
    """One of a party: in place 0 whoever asked, then the others in the order in which they were named. A visit of one
    person has no rows.
    """

    __tablename__ = "visit_party"
    __table_args__ = (sa.Index("ix_visit_party_site_holder", "site", "holder"),)

    site: str = Field(primary_key=True)
    visit: str = Field(primary_key=True)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    holder: str
    name: str
    arrived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    left_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def inside(self) -> bool:
        """Tell whether this one came in and has not been seen to leave."""
        return self.arrived_at is not None and (self.left_at is None or self.left_at < self.arrived_at)


def of_visit(session: Session, site: str, visit: str) -> Sequence[MemberRow]:
    """Give the party of a visit in its order; nobody before it was approved."""
    query = select(MemberRow).where(MemberRow.site == site, MemberRow.visit == visit)
    return session.exec(query.order_by(col(MemberRow.place))).all()


def of_holder(session: Session, site: str, holder: str) -> MemberRow | None:
    """Give the one of a party whom a reference stands for."""
    return session.exec(select(MemberRow).where(MemberRow.site == site, MemberRow.holder == holder)).first()


def enter(
    session: Session, *, site: str, visit: str, holder: str, names: Sequence[str], group: str
) -> Sequence[MemberRow]:
    """Give the party of a visit that was approved, each with a reference and a name for the post; whoever is there
    stays. ``names`` begin with whoever asked, whose reference is ``holder``.
    """
    known = of_visit(session, site, visit)
    for place, name in enumerate(names[len(known) :], len(known)):
        reference = f"visitor-{secrets.token_hex(_REFERENCE_BYTES)}" if place else holder
        session.add(MemberRow(site=site, visit=visit, place=place, holder=reference, name=name))
        people.put(session, site=site, holder=reference, name=name, group_name=group)
    session.flush()
    return of_visit(session, site, visit)
