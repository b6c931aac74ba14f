"""The school's own directory of offices whose people come on duty, and what was heard when one was rung back: somebody
who says that they are an inspector is known by a number that the school found out itself, never by one that they give.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.store import audit
from services.store.columns import UtcDateTime
from services.store.database import next_number, serialise
from services.store.insertion import upsert
from services.store.visits.names import begins_so, name_key, plain

CallOutcome = Literal["confirmed", "not_confirmed", "no_answer"]
_PHONE = re.compile(r"\+?[\d ()-]{3,24}")
_FOUND_AT_MOST = 20
_WORDS_AT_MOST = 200


class OfficeRow(SQLModel, table=True):
    """One office: its name, its telephone, and where the school has the number from."""

    __tablename__ = "directory_offices"

    site: str = Field(primary_key=True)
    office: str = Field(primary_key=True)
    name: str
    name_key: str
    phone: str
    source: str


class CallBackRow(SQLModel, table=True):
    """One call about somebody who came on duty: which office was rung at which number, and what was heard."""

    __tablename__ = "call_backs"

    site: str = Field(primary_key=True)
    holder: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    office: str
    phone: str
    outcome: str
    spoke_with: str
    by: str
    post: str
    at: datetime = Field(sa_type=UtcDateTime)


def is_phone(text: str) -> bool:
    """Tell whether a text can be rung: 112 as well as +7 (727) 123-45-67."""
    return _PHONE.fullmatch(text.strip()) is not None


def put(session: Session, *, site: str, office: str, name: str, phone: str, source: str, by: str) -> None:
    """Enter an office or correct it."""
    told = {"name": plain(name), "name_key": name_key(name), "phone": plain(phone), "source": plain(source)}
    upsert(session, OfficeRow, {"site": site, "office": office, **told})
    audit.note(session, site=site, by=by, act="office_saved", subject=office)


def remove(session: Session, *, site: str, office: str, by: str) -> bool:
    """Take an office out; False when there is none. What was heard from it stays."""
    known = session.get(OfficeRow, (site, office))
    if known is None:
        return False
    session.delete(known)
    audit.note(session, site=site, by=by, act="office_removed", subject=office)
    return True


def all_of(session: Session, site: str) -> Sequence[OfficeRow]:
    """Give a site's offices by name."""
    return session.exec(select(OfficeRow).where(OfficeRow.site == site).order_by(col(OfficeRow.name))).all()


def search(session: Session, site: str, wanted: str) -> list[OfficeRow]:
    """Give the offices whose name has words that begin so; all of a short directory for no letters."""
    asked = name_key(wanted).split()
    return [office for office in all_of(session, site) if begins_so(office.name_key, asked)][:_FOUND_AT_MOST]


def record_call(  # noqa: PLR0913  a call has all of this
    session: Session,
    *,
    site: str,
    holder: str,
    office: str,
    outcome: CallOutcome,
    spoke_with: str,
    by: str,
    post: str,
    at: datetime,
) -> CallBackRow | None:
    """Write down a call to an office of the directory; None when the directory does not have it (any more)."""
    serialise(session, "call_backs", site, holder)
    rung = session.get(OfficeRow, (site, office))
    if rung is None:
        return None
    row = CallBackRow(
        site=site,
        holder=holder,
        number=next_number(session, CallBackRow.number, CallBackRow.site == site, CallBackRow.holder == holder),
        office=rung.name,
        phone=rung.phone,
        outcome=outcome,
        spoke_with=plain(spoke_with)[:_WORDS_AT_MOST],
        by=by,
        post=post,
        at=at,
    )
    session.add(row)
    audit.note(session, site=site, by=by, act="called_back", subject=holder, detail={"outcome": outcome}, at=at)
    session.flush()
    return row


def calls_about(session: Session, site: str, holder: str, since: datetime) -> Sequence[CallBackRow]:
    """Give the calls about somebody since a moment, the last one first."""
    query = select(CallBackRow).where(
        CallBackRow.site == site, CallBackRow.holder == holder, col(CallBackRow.at) >= since
    )
    return session.exec(query.order_by(sa.desc(col(CallBackRow.number)))).all()


def is_confirmed(session: Session, site: str, holder: str, since: datetime) -> bool:
    """Tell whether the last call about somebody since a moment confirmed them."""
    calls = calls_about(session, site, holder, since)
    return bool(calls) and calls[0].outcome == "confirmed"
