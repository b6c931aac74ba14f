"""Hosts: the site's staff who may be visited, where they are asked, and whom a visitor meant by what was typed."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.store import audit
from services.store.insertion import upsert
from services.store.visits.names import name_key


class HostRow(SQLModel, table=True):
    """One of the staff who may be visited. ``delegate`` is the host who is asked instead, while set."""

    __tablename__ = "hosts"
    __table_args__ = (sa.Index("ix_hosts_site_name_key", "site", "name_key"),)

    site: str = Field(primary_key=True)
    host: str = Field(primary_key=True)
    name: str
    name_key: str
    email: str
    language: str
    delegate: str | None = None


def put(
    session: Session,
    *,
    site: str,
    host: str,
    name: str,
    email: str,
    language: str,
    by: str,
    delegate: str | None = None,
) -> None:
    """Enter a host or change one; a delegate that the site does not have is a LookupError."""
    if delegate is not None and session.get(HostRow, (site, delegate)) is None:
        message = f"site {site} has no host {delegate}"
        raise LookupError(message)
    told = {"name": name, "name_key": name_key(name), "email": email, "language": language, "delegate": delegate}
    upsert(session, HostRow, {"site": site, "host": host, **told})
    audit.note(session, site=site, by=by, act="host_saved", subject=host)


def one(session: Session, site: str, host: str) -> HostRow | None:
    """Give a host of a site."""
    return session.get(HostRow, (site, host))


def all_of(session: Session, site: str) -> Sequence[HostRow]:
    """Give a site's hosts by name, for the school itself: no visitor ever sees the list."""
    return session.exec(select(HostRow).where(HostRow.site == site).order_by(col(HostRow.name))).all()


def meant_by(session: Session, site: str, text: str) -> HostRow | None:
    """Give the one host whose name holds every word that was typed; None when that is nobody or several."""
    wanted = set(name_key(text).split())
    found = [host for host in all_of(session, site) if wanted and wanted <= set(host.name_key.split())]
    return found[0] if len(found) == 1 else None


def asked_for(session: Session, host: HostRow) -> HostRow:
    """Give who is asked about a visit to a host: the host, or the delegate."""
    return (session.get(HostRow, (host.site, host.delegate)) if host.delegate else None) or host
