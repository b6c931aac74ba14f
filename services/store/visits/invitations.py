"""Invitations: a host asks somebody to come, and whoever confirms who they are has the pass at once, without a further
approval. Until then there is no visit, only the name and the address that the host typed.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from schemas.credential import Category
from schemas.site_policy import SitePolicy
from services.store import audit, messages
from services.store.columns import UtcDateTime
from services.store.database import serialise
from services.store.visits import conditions, deeds, hosts, links, visits
from services.store.visits.conditions import Conditions
from services.store.visits.deeds import Asked, Decision
from services.store.visits.hosts import HostRow
from services.store.visits.seals import Seals
from services.store.visits.visits import VisitRow

KEPT = timedelta(days=30)
"""How long an invitation is kept after the time it was for; the visit that it became is kept as visits are."""

CATEGORIES: tuple[Category, ...] = ("visitor", "representative", "contractor", "official")
_BYTES = 8
_NAME = re.compile(r"invitation-[0-9a-f]{16}")


class InvitationRow(SQLModel, table=True):
    """One invitation. ``invitation`` was minted with the host's form, so that a form sent twice invites once; ``visit``
    is what it became, ``weekdays`` are those of a guest who comes regularly. ``name`` and ``contact`` are erased with
    it at ``kept_until``.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        sa.Index("ix_invitations_site_host", "site", "host", "leaves_at"),
        sa.Index("ix_invitations_kept_until", "kept_until"),
    )

    site: str = Field(primary_key=True)
    invitation: str = Field(primary_key=True)
    host: str
    name: str
    contact: str
    category: str
    purpose: str
    arrives_at: datetime = Field(sa_type=UtcDateTime)
    leaves_at: datetime = Field(sa_type=UtcDateTime)
    weekdays: list[int] | None = Field(default=None, sa_type=JSON, nullable=True)
    entries: str
    escort: str | None
    entrances: list[str] | None = Field(sa_type=JSON, nullable=True)
    language: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    visit: str | None = None
    kept_until: datetime = Field(sa_type=UtcDateTime)

    @property
    def conditions(self) -> Conditions:
        """Give the conditions under which the guest may come."""
        names = Conditions.__struct_fields__
        return msgspec.convert({name: getattr(self, name) for name in names}, Conditions)


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What a host types of a guest, checked."""

    invitation: str
    name: str
    contact: str
    category: Category
    purpose: str
    arrives_at: datetime
    leaves_at: datetime
    weekdays: list[int] | None = None
    conditions: Conditions
    language: str


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest confirms of themselves, checked: of an identity number the keyed hash, of a document the tail."""

    name: str
    iin_hash: str | None
    document_kind: str | None
    document_tail: str | None
    companions: list[str]
    vehicle: str | None
    things: str | None
    language: str
    consent_version: str


def new_invitation() -> str:
    """Mint the id of an invitation that is about to be typed."""
    return f"invitation-{secrets.token_hex(_BYTES)}"


def is_invitation(text: str) -> bool:
    """Tell whether a text has the form of such an id."""
    return _NAME.fullmatch(text) is not None


def invite(
    session: Session, *, site: str, told: Invitation, host: HostRow, by: str, seals: Seals, at: datetime
) -> InvitationRow | None:
    """Invite somebody and send them their link; the same form again gives the same invitation. None for an id that is
    another host's.
    """
    serialise(session, "invitation", site, told.invitation)
    known = one(session, site, told.invitation)
    if known is not None:
        return known if known.host == host.host else None
    row = InvitationRow(
        site=site,
        host=host.host,
        created_at=at,
        kept_until=told.leaves_at + KEPT,
        **{name: value for name, value in msgspec.structs.asdict(told).items() if name != "conditions"},
        **msgspec.to_builtins(told.conditions),
    )
    session.add(row)
    token = seals.link("invitation", site, row.invitation)
    links.put(session, site=site, token=token, purpose="invitation", visit=row.invitation, expires_at=row.leaves_at)
    messages.put(session, site=site, kind="visitor_invited", subject=row.invitation, number=1, at=at)
    audit.note(session, site=site, by=by, act="visitor_invited", subject=row.invitation, at=at)
    return row


def one(session: Session, site: str, invitation: str) -> InvitationRow | None:
    """Give an invitation of a site."""
    return session.get(InvitationRow, (site, invitation))


def open_of(session: Session, site: str, host: str, at: datetime) -> Sequence[InvitationRow]:
    """Give a host's invitations that nobody has confirmed yet and whose time has not passed, the nearest first."""
    query = select(InvitationRow).where(InvitationRow.site == site, InvitationRow.host == host)
    query = query.where(col(InvitationRow.visit).is_(None), col(InvitationRow.withdrawn_at).is_(None))
    return session.exec(query.where(InvitationRow.leaves_at > at).order_by(col(InvitationRow.arrives_at))).all()


def linked(session: Session, site: str, token: str, at: datetime) -> InvitationRow | None:
    """Give the invitation that a link is about; None when it was withdrawn or its time has passed."""
    found = links.visit_of(session, site, token, "invitation", at)
    row = one(session, site, found) if found else None
    return row if row is not None and row.withdrawn_at is None else None


def withdraw(session: Session, *, site: str, invitation: str, host: str, by: str, at: datetime) -> bool:
    """Take a host's invitation back; False when it is not theirs, is withdrawn, or has become a visit, which is
    declined instead.
    """
    serialise(session, "invitation", site, invitation)
    row = session.get(InvitationRow, (site, invitation), populate_existing=True)
    if row is None or row.host != host or row.withdrawn_at is not None or row.visit is not None:
        return False
    row.withdrawn_at = at
    session.add(row)
    audit.note(session, site=site, by=by, act="invitation_withdrawn", subject=invitation, at=at)
    return True


def accept(
    session: Session, *, site: str, invitation: str, told: Confirmed, policy: SitePolicy, seals: Seals, at: datetime
) -> VisitRow | None:
    """Make a visit with its pass of an invitation whose guest has said who they are; the same form again gives the same
    visit. None when the host has taken it back meanwhile.
    """
    serialise(session, "invitation", site, invitation)
    row = session.get(InvitationRow, (site, invitation), populate_existing=True)
    if row is None or row.withdrawn_at is not None:
        return None
    known = visits.of_draft(session, site, invitation)
    if known is not None:
        return known
    host = hosts.one(session, site, row.host)
    visit = deeds.enter(
        session,
        site=site,
        draft=invitation,
        asked=_asked(row, told, host, at),
        host=host,
        policy=policy,
        seals=seals,
        at=at,
    )
    row.visit = visit.visit
    session.add(row)
    conditions.put(session, site=site, visit=visit.visit, conditions=row.conditions)
    by = f"host/{row.host}"
    approved = Decision(deed="approve")
    deeds.decide(session, site=site, visit=visit.visit, decision=approved, by=by, policy=policy, seals=seals, at=at)
    return visit


def agreed_by(session: Session, visit: VisitRow) -> str | None:
    """Give the host who has agreed to a visit before it was asked for, by inviting; None for another visit, and when
    that host has left: no pass comes of their word any more.
    """
    row = one(session, visit.site, visit.draft) if visit.draft and is_invitation(visit.draft) else None
    if row is None or row.visit != visit.visit or hosts.one(session, visit.site, row.host) is None:
        return None
    return f"host/{row.host}"


def _asked(row: InvitationRow, told: Confirmed, host: HostRow | None, at: datetime) -> Asked:
    """Put together what is asked; the contact is checked, for the link went there and nowhere else."""
    return Asked(
        category=msgspec.convert(row.category, Category),
        host_text=host.name if host else row.host,
        purpose=row.purpose,
        arrives_at=row.arrives_at,
        leaves_at=row.leaves_at,
        weekdays=row.weekdays,
        contact=row.contact,
        contact_checked_at=at,
        consent_at=at,
        **msgspec.structs.asdict(told),
    )
