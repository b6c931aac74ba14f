"""People: the name and group that the post sees for a holder reference. No photograph, no identity number."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.store.insertion import upsert


class PersonRow(SQLModel, table=True):
    """A holder of credentials at a site. Records carry only ``holder``; the name stays here."""

    __tablename__ = "people"

    site: str = Field(primary_key=True)
    holder: str = Field(primary_key=True)
    name: str
    group_name: str | None


def put(session: Session, *, site: str, holder: str, name: str, group_name: str | None) -> None:
    """Enter a person, or correct the name and group."""
    upsert(session, PersonRow, {"site": site, "holder": holder, "name": name, "group_name": group_name})


def by_holders(session: Session, site: str, holders: Collection[str]) -> dict[str, PersonRow]:
    """Give the people of a site by their references; whoever is not known is left out."""
    if not holders:
        return {}
    query = select(PersonRow).where(PersonRow.site == site, col(PersonRow.holder).in_(holders))
    return {person.holder: person for person in session.exec(query)}


def count(session: Session, site: str) -> int:
    """Count the people of a site."""
    return session.exec(select(sa.func.count()).select_from(PersonRow).where(PersonRow.site == site)).one()
