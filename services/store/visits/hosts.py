"""Hosts: the site's staff who may be visited, where they are asked, and whom a visitor meant by what was typed."""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.store import audit
from services.store.clock import now
from services.store.columns import UtcDateTime
from services.store.database import serialise
from services.store.insertion import upsert
from services.store.visits.names import begins_so, name_key

_PREFIX = "host-"
_HOST_BYTES = 8


class HostRow(SQLModel, table=True):
    """One of the staff who may be visited. ``delegate`` is the host who is asked instead, until ``delegate_until``
    (None: until it is taken back). ``changed_at`` is when the address last changed: who signed in before is signed in
    no more.
    """

    __tablename__ = "hosts"
    __table_args__ = (sa.Index("ix_hosts_site_name_key", "site", "name_key"),)

    site: str = Field(primary_key=True)
    host: str = Field(primary_key=True)
    name: str
    name_key: str
    email: str
    language: str
    delegate: str | None = None
    delegate_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is entered of a host, checked. Without ``host`` they are known by their name, or new."""

    host: str | None = None
    name: str
    email: str
    language: str


def new_host() -> str:
    """Mint the reference of a host who is about to be typed."""
    return f"{_PREFIX}{secrets.token_hex(_HOST_BYTES)}"


def is_new_host(text: str) -> bool:
    """Tell whether a text has the form of such a reference."""
    digits = text.removeprefix(_PREFIX)
    return text.startswith(_PREFIX) and len(text) == len(new_host()) and digits.isascii() and digits.isalnum()


def enter(session: Session, *, site: str, host: str, told: Told, by: str, at: datetime) -> bool:
    """Enter a host whose reference was minted with a form, so that a form sent twice is one host. False for somebody
    who is on the list already, by name and address.
    """
    serialise(session, "hosts", site)
    if one(session, site, host) is not None:
        return True
    if any(row.name_key == name_key(told.name) for row in of_email(session, site, told.email)):
        return False
    put(session, site=site, host=host, name=told.name, email=told.email, language=told.language, by=by, at=at)
    return True


def take(session: Session, *, site: str, listed: Sequence[Told], by: str, at: datetime) -> int:
    """Enter or change the hosts of a list, and give how many that were; nobody who is not on it is removed."""
    serialise(session, "hosts", site)
    meant = _meant(all_of(session, site), listed)
    changed = 0
    for place, told in enumerate(listed):
        host = told.host or meant.get(place) or new_host()
        fields = {"name": told.name, "email": told.email, "language": told.language}
        changed += put(session, site=site, host=host, by=by, at=at, **fields)
    return changed


def _meant(known: Sequence[HostRow], listed: Sequence[Told]) -> dict[int, str]:
    """Give whom those places of a list mean that have no reference: whoever has that name and address, else the only
    one of that name. Nobody is meant twice.
    """
    of_name: dict[str, list[HostRow]] = defaultdict(list)
    for row in known:
        of_name[row.name_key].append(row)
    found: dict[int, str] = {}
    taken = {told.host for told in listed if told.host}
    for by_address in (True, False):
        for place, told in enumerate(listed):
            same = [row for row in of_name[name_key(told.name)] if row.host not in taken]
            if by_address:
                same = [row for row in same if row.email.casefold() == told.email.casefold()]
            is_one = len(same) == 1 or (by_address and bool(same))
            if told.host is None and place not in found and is_one:
                found[place] = same[0].host
                taken.add(same[0].host)
    return found


def put(  # noqa: PLR0913  a host has all of this
    session: Session,
    *,
    site: str,
    host: str,
    name: str,
    email: str,
    language: str,
    by: str,
    delegate: str | None = None,
    at: datetime | None = None,
) -> bool:
    """Enter a host or change one, and give True when anything changed; who stands in stays, where nobody else is named.
    A delegate that the site does not have is a LookupError.
    """
    moment = at or now()
    known = session.get(HostRow, (site, host), populate_existing=True)
    told = {"name": name, "name_key": name_key(name), "email": email, "language": language}
    if known is not None and all(getattr(known, field) == value for field, value in told.items()) and delegate is None:
        return False
    moved = known is not None and known.email != email
    kept = {"delegate": known.delegate, "delegate_until": known.delegate_until} if known else {}
    changed_at = moment if moved else known.changed_at if known else None
    row = {"delegate": None, "delegate_until": None, **kept, "changed_at": changed_at, **told}
    upsert(session, HostRow, {"site": site, "host": host, **row})
    audit.note(session, site=site, by=by, act="host_saved", subject=host, at=moment)
    if delegate is not None:
        stand_in(session, site=site, host=host, delegate=delegate, until=None, by=by, at=moment)
    return True


def remove(session: Session, *, site: str, host: str, by: str, at: datetime) -> bool:
    """Take a host off the list; False for one that the site does not have. They stand in for nobody any more."""
    row = session.get(HostRow, (site, host))
    if row is None:
        return False
    through = (col(HostRow.site) == site, col(HostRow.delegate) == host)
    session.execute(sa.update(HostRow).where(*through).values(delegate=None, delegate_until=None))
    session.delete(row)
    session.flush()
    audit.note(session, site=site, by=by, act="host_removed", subject=host, at=at)
    return True


def stand_in(
    session: Session,
    *,
    site: str,
    host: str,
    delegate: str | None,
    until: datetime | None,
    by: str,
    at: datetime,
) -> HostRow:
    """Let another host be asked instead, until a time, or nobody any more (None). A host that the site does not have is
    a LookupError, oneself a ValueError.
    """
    row = session.get(HostRow, (site, host), populate_existing=True)
    missing = host if row is None else delegate if delegate and session.get(HostRow, (site, delegate)) is None else None
    if row is None or missing is not None:
        message = f"site {site} has no host {missing}"
        raise LookupError(message)
    if delegate == host:
        message = f"host {host} cannot stand in for themselves"
        raise ValueError(message)
    row.delegate, row.delegate_until = delegate, until if delegate else None
    session.add(row)
    detail = {"delegate": delegate} if delegate else {}
    act = "host_delegated" if delegate else "host_delegation_ended"
    audit.note(session, site=site, by=by, act=act, subject=host, detail=detail, at=at)
    return row


def one(session: Session, site: str, host: str) -> HostRow | None:
    """Give a host of a site."""
    return session.get(HostRow, (site, host))


def all_of(session: Session, site: str) -> Sequence[HostRow]:
    """Give a site's hosts by name, for the school itself: no visitor ever sees the list."""
    return session.exec(select(HostRow).where(HostRow.site == site).order_by(col(HostRow.name))).all()


def search(session: Session, site: str, wanted: str) -> list[HostRow]:
    """Give a site's hosts whose name has words that begin so, by name; all of them for no letters."""
    asked = name_key(wanted).split()
    return [host for host in all_of(session, site) if begins_so(host.name_key, asked)]


def of_email(session: Session, site: str, email: str) -> list[HostRow]:
    """Give the hosts of a site who are asked at an address, whatever its capitals; two may share one."""
    return [host for host in all_of(session, site) if host.email.casefold() == email.casefold()]


def meant_by(session: Session, site: str, text: str) -> HostRow | None:
    """Give the one host whose name holds every word that was typed; None when that is nobody or several."""
    wanted = set(name_key(text).split())
    found = [host for host in all_of(session, site) if wanted and wanted <= set(host.name_key.split())]
    return found[0] if len(found) == 1 else None


def delegate_of(session: Session, host: HostRow, at: datetime) -> HostRow | None:
    """Give who stands in for a host now; None while nobody does."""
    over = host.delegate_until is not None and at >= host.delegate_until
    return session.get(HostRow, (host.site, host.delegate)) if host.delegate and not over else None


def asked_for(session: Session, host: HostRow, at: datetime) -> HostRow:
    """Give who is asked about a visit to a host: the host, or the delegate."""
    return delegate_of(session, host, at) or host


def stood_in_for(session: Session, site: str, delegate: str, at: datetime) -> Sequence[HostRow]:
    """Give the hosts for whom somebody stands in now."""
    query = select(HostRow).where(HostRow.site == site, HostRow.delegate == delegate)
    endless = col(HostRow.delegate_until).is_(None)
    return session.exec(query.where(endless | (col(HostRow.delegate_until) > at)).order_by(col(HostRow.name))).all()
