"""How a host signs in without a password: a link to the address that the school knows, good once and for a quarter of
an hour. Of the link only the hash is kept; it is made again when the message is sent.
"""

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.store import audit, messages
from services.store.columns import UtcDateTime
from services.store.database import serialise
from services.store.visits import hosts
from services.store.visits.hosts import HostRow
from services.store.visits.links import hash_of
from services.store.visits.seals import Seals

LASTS = timedelta(minutes=15)
AN_HOUR = 5
"""How many links one address is sent within an hour, whoever asks."""

_HOUR = timedelta(hours=1)
_BYTES = 8


class SignInRow(SQLModel, table=True):
    """One link that a host was sent. ``used_at`` is when somebody signed in with it."""

    __tablename__ = "host_sign_ins"
    __table_args__ = (sa.Index("ix_host_sign_ins_site_link", "site", "link_hash"),)

    site: str = Field(primary_key=True)
    sign_in: str = Field(primary_key=True)
    host: str
    link_hash: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def ask(session: Session, *, site: str, email: str, seals: Seals, at: datetime) -> int:
    """Send a link to each host of a site with this address, and give to how many; nobody learns that number."""
    to_hash = seals.contact_hash(email)
    serialise(session, "host-sign-in", to_hash)
    session.execute(sa.delete(SignInRow).where(col(SignInRow.expires_at) <= at - _HOUR))
    if messages.sent_lately(session, "host_sign_in", to_hash, at - _HOUR) >= AN_HOUR:
        return 0
    found = hosts.of_email(session, site, email)
    for host in found:
        sign_in = secrets.token_hex(_BYTES)
        link_hash = hash_of(seals.link("host_sign_in", site, sign_in))
        row = SignInRow(
            site=site, sign_in=sign_in, host=host.host, link_hash=link_hash, created_at=at, expires_at=at + LASTS
        )
        session.add(row)
        messages.put(session, site=site, kind="host_sign_in", subject=sign_in, number=1, at=at, to_hash=to_hash)
    return len(found)


def one(session: Session, site: str, sign_in: str) -> SignInRow | None:
    """Give a link's row, for the message that carries it."""
    return session.get(SignInRow, (site, sign_in))


def open_one(session: Session, site: str, token: str, at: datetime) -> SignInRow | None:
    """Give the row of a link that still signs in."""
    query = select(SignInRow).where(SignInRow.site == site, SignInRow.link_hash == hash_of(token))
    row = session.exec(query).first()
    return row if row is not None and row.used_at is None and at < row.expires_at else None


def use(session: Session, *, site: str, token: str, at: datetime) -> HostRow | None:
    """Sign a host in: the link is good no more. None for one that was never sent, was used, or has run out."""
    serialise(session, "host-sign-in", site, hash_of(token))
    row = open_one(session, site, token, at)
    host = hosts.one(session, site, row.host) if row is not None else None
    if row is None or host is None:
        return None
    session.refresh(row)
    if row.used_at is not None:
        return None
    row.used_at = at
    session.add(row)
    audit.note(session, site=site, by=f"host/{host.host}", act="host_signed_in", subject=host.host, at=at)
    return host
