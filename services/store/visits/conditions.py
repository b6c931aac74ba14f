"""The conditions under which a visitor may come: how often, at which entrances, with whom at their side, at which
hours. A visit of which nobody has said anything comes once, as the school's rules for its category say.
"""

from typing import Literal

import msgspec
from sqlmodel import JSON, Field, Session, SQLModel

from schemas.site_policy import Escort
from services.store.insertion import upsert

Entries = Literal["single", "multiple"]


class ConditionsRow(SQLModel, table=True):
    """What was said of one visit."""

    __tablename__ = "visit_conditions"

    site: str = Field(primary_key=True)
    visit: str = Field(primary_key=True)
    entries: str
    escort: str | None
    entrances: list[str] | None = Field(sa_type=JSON, nullable=True)


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions of a visit. ``escort`` and ``entrances`` of None are those of the category. What the school's
    rules ask beyond them holds too.
    """

    entries: Entries = "single"
    escort: Escort | None = None
    entrances: list[str] | None = None


def put(session: Session, *, site: str, visit: str, conditions: Conditions) -> None:
    """Say under which conditions a visitor comes."""
    upsert(session, ConditionsRow, {"site": site, "visit": visit, **msgspec.to_builtins(conditions)})


def of(session: Session, site: str, visit: str) -> Conditions:
    """Give the conditions of a visit."""
    row = session.get(ConditionsRow, (site, visit), populate_existing=True)
    return msgspec.convert(row.model_dump(exclude={"site", "visit"}), Conditions) if row is not None else Conditions()
