"""What people do with a visit: ask, approve, change, accept, decline, cancel. Each is the row, the passes, the messages
and the audit in one transaction, and nothing the second time.
"""

import secrets
from datetime import datetime, timedelta

import msgspec
from sqlmodel import Session

from schemas.credential import Category
from schemas.site_policy import SitePolicy
from services.store import audit, messages, people
from services.store.database import serialise
from services.store.messages import MessageKind
from services.store.visits import companions, conditions, draws, held, hosts, links, passes, regular, visits
from services.store.visits.conditions import Conditions
from services.store.visits.hosts import HostRow
from services.store.visits.links import Purpose
from services.store.visits.names import name_key
from services.store.visits.seals import Seals
from services.store.visits.states import Deed, after
from services.store.visits.visits import VisitRow

KEPT = timedelta(days=365)
"""How long the journal of visits is kept after a visit, as a school may say it is (``law.md`` 5: no term is stated)."""

STATUS_LINK_LASTS = timedelta(days=30)
VISITOR = "visitor"
_REFERENCE_BYTES = 8


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a visitor has said of a visit, checked. Of an identity number there is the keyed hash, of a document its
    last characters.
    """

    category: Category
    name: str
    iin_hash: str | None
    document_kind: str | None
    document_tail: str | None
    host_text: str
    purpose: str
    arrives_at: datetime
    leaves_at: datetime
    companions: list[str]
    vehicle: str | None
    vehicle_make: str | None = None
    cargo: str | None = None
    waybill: str | None = None
    weekdays: list[int] | None = None
    things: str | None
    contact: str
    contact_checked_at: datetime
    language: str
    consent_version: str
    consent_at: datetime


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a host or the duty administrator decides: ``reason`` with decline, the times and conditions with change."""

    deed: Deed
    reason: str | None = None
    arrives_at: datetime | None = None
    leaves_at: datetime | None = None
    conditions: Conditions | None = None


def ask(
    session: Session, *, site: str, draft: str, asked: Asked, policy: SitePolicy, seals: Seals, at: datetime
) -> VisitRow:
    """Enter a visit from a form and ask its host; the same form again gives the same visit."""
    serialise(session, "visit-draft", site, draft)
    known = visits.of_draft(session, site, draft)
    if known is not None:
        return known
    host = hosts.meant_by(session, site, asked.host_text)
    row = enter(session, site=site, draft=draft, asked=asked, host=host, policy=policy, seals=seals, at=at)
    if not held.is_held(session, row):
        ask_host(session, row, at)
    return row


def enter(
    session: Session,
    *,
    site: str,
    draft: str,
    asked: Asked,
    host: HostRow | None,
    policy: SitePolicy,
    seals: Seals,
    at: datetime,
) -> VisitRow:
    """Enter a visit that is not there yet, with the draw for a check, its links and a look at the site's lists; nobody
    is asked.
    """
    visit = f"visit-{secrets.token_hex(_REFERENCE_BYTES)}"
    row = VisitRow(
        site=site,
        visit=visit,
        draft=draft,
        holder=f"visitor-{secrets.token_hex(_REFERENCE_BYTES)}",
        name_key=name_key(asked.name),
        host=host.host if host else None,
        screening_due=draws.draw(session, site=site, visit=visit, category=asked.category, policy=policy, at=at),
        requested_at=at,
        kept_until=asked.leaves_at + KEPT,
        **msgspec.structs.asdict(asked),
    )
    session.add(row)
    session.flush()
    _give_links(session, row, seals)
    held.note(session, row, at)
    audit.note(session, site=site, by=VISITOR, act="visit_requested", subject=row.visit, at=at)
    return row


def ask_host(session: Session, row: VisitRow, at: datetime) -> None:
    """Ask the host of a visit that waits for a decision, where it could be told who that is."""
    if row.host is not None and row.standing == "requested":
        _tell(session, row, "host_asked", at)


def decide(
    session: Session,
    *,
    site: str,
    visit: str,
    decision: Decision,
    by: str,
    policy: SitePolicy,
    seals: Seals,
    at: datetime,
) -> bool:
    """Decide about a visit; False when it is not to be decided so any more, and then nothing has changed."""
    row = _held(session, site, visit)
    next_state = after(row.standing, decision.deed) if row else None
    times = _times(row, decision, policy) if row else None
    if row is None or next_state is None or _changes_nothing(session, row, decision, times):
        return False
    if held.is_held(session, row):
        return False
    if decision.conditions is not None:
        conditions.put(session, site=site, visit=visit, conditions=decision.conditions)
    row.state, row.reason, row.decided_by, row.decided_at = next_state, decision.reason, by, at
    row.version += 1
    if decision.deed == "decline":
        passes.revoke_all(session, site=site, visit=visit, by=by, at=at)
        _tell(session, row, "visitor_declined", at)
    else:
        if times is not None:
            row.arrives_at, row.leaves_at = times
            row.kept_until = row.leaves_at + KEPT
            _give_links(session, row, seals)
        passes.issue(session, visit=row, policy=policy, seals=seals, by=by, at=at)
        companions.give_links(session, row, seals, row.leaves_at + STATUS_LINK_LASTS)
        people.put(session, site=site, holder=row.holder, name=row.name, group_name=row.purpose)
        _tell(session, row, "visitor_approved" if decision.deed == "approve" else "visitor_changed", at)
    session.add(row)
    audit.note(session, site=site, by=by, act=f"visit_{next_state}", subject=visit, at=at)
    return True


def accept(session: Session, *, site: str, visit: str, at: datetime) -> bool:
    """Let the visitor agree to the time that the host has given, which the host is told; False when there is none to
    agree to.
    """
    row = _held(session, site, visit)
    next_state = after(row.standing, "accept") if row else None
    if row is None or next_state is None:
        return False
    row.state = next_state
    row.version += 1
    session.add(row)
    _tell_host(session, row, "host_accepted", at)
    audit.note(session, site=site, by=VISITOR, act="visit_accepted", subject=visit, at=at)
    return True


def cancel(session: Session, *, site: str, visit: str, at: datetime) -> bool:
    """Cancel a visit for its visitor; False when it cannot be cancelled any more."""
    row = _held(session, site, visit)
    next_state = after(row.standing, "cancel") if row else None
    if row is None or next_state is None:
        return False
    row.state, row.decided_by, row.decided_at = next_state, VISITOR, at
    row.version += 1
    session.add(row)
    passes.revoke_all(session, site=site, visit=visit, by=VISITOR, at=at)
    _tell_host(session, row, "host_cancelled", at)
    audit.note(session, site=site, by=VISITOR, act="visit_cancelled", subject=visit, at=at)
    return True


def _held(session: Session, site: str, visit: str) -> VisitRow | None:
    """Give a visit as it stands, with everybody else who would change it held back."""
    serialise(session, "visit", site, visit)
    return session.get(VisitRow, (site, visit), populate_existing=True)


def _times(row: VisitRow, decision: Decision, policy: SitePolicy) -> tuple[datetime, datetime] | None:
    """Give begin and end of a visit after a decision that names times; the days of a regular one stay."""
    if decision.arrives_at is None or decision.leaves_at is None:
        return None
    told = decision.arrives_at, decision.leaves_at
    was = row.arrives_at, row.leaves_at
    return regular.moved(row.weekdays, was, told, policy.utc_offset_min) if row.weekdays else told


def _changes_nothing(
    session: Session, row: VisitRow, decision: Decision, times: tuple[datetime, datetime] | None
) -> bool:
    if decision.deed != "change" or row.standing != "changed" or (row.arrives_at, row.leaves_at) != times:
        return False
    return decision.conditions in (None, conditions.of(session, row.site, row.visit))


def _give_links(session: Session, row: VisitRow, seals: Seals) -> None:
    """Make the visitor's link good for a month after the visit, the host's until its end."""
    _give_link(session, row, seals, "status", row.leaves_at + STATUS_LINK_LASTS)
    _give_link(session, row, seals, "host", row.leaves_at)


def _give_link(session: Session, row: VisitRow, seals: Seals, purpose: Purpose, expires_at: datetime) -> None:
    token = seals.link(purpose, row.site, row.visit)
    links.put(session, site=row.site, token=token, purpose=purpose, visit=row.visit, expires_at=expires_at)


def _tell(session: Session, row: VisitRow, kind: MessageKind, at: datetime) -> None:
    messages.put(session, site=row.site, kind=kind, subject=row.visit, number=row.version, at=at)


def _tell_host(session: Session, row: VisitRow, kind: MessageKind, at: datetime) -> None:
    """Tell the host of a visit, where the school knows who that is and they may see it."""
    if row.host is not None and not held.is_held(session, row):
        _tell(session, row, kind, at)
