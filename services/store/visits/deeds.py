"""What people do with a visit: ask, approve, change, decline, cancel. Each is the row, the pass, the messages and the
audit in one transaction, and nothing the second time.
"""

import secrets
from datetime import datetime, timedelta

import msgspec
from sqlmodel import Session

from schemas.credential import Category
from schemas.site_policy import SitePolicy
from services.rules.drawing import check_due
from services.store import audit, messages, people
from services.store.database import serialise
from services.store.messages import MessageKind
from services.store.records import visitor_passes
from services.store.visits import held, hosts, links, passes, visits
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
    things: str | None
    contact: str
    contact_checked_at: datetime
    language: str
    consent_version: str
    consent_at: datetime


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a host or the duty administrator decides: ``reason`` with decline, the times with change."""

    deed: Deed
    reason: str | None = None
    arrives_at: datetime | None = None
    leaves_at: datetime | None = None


def ask(
    session: Session, *, site: str, draft: str, asked: Asked, policy: SitePolicy, seals: Seals, at: datetime
) -> VisitRow:
    """Enter a visit from a form and ask its host; the same form again gives the same visit."""
    serialise(session, "visit-draft", site, draft)
    known = visits.of_draft(session, site, draft)
    if known is not None:
        return known
    host = hosts.meant_by(session, site, asked.host_text)
    visit = f"visit-{secrets.token_hex(_REFERENCE_BYTES)}"
    row = VisitRow(
        site=site,
        visit=visit,
        draft=draft,
        holder=f"visitor-{secrets.token_hex(_REFERENCE_BYTES)}",
        name_key=name_key(asked.name),
        host=host.host if host else None,
        screening_due=check_due(policy, asked.category, visit, seals.drawing_secret(site), at),
        requested_at=at,
        kept_until=asked.leaves_at + KEPT,
        **msgspec.structs.asdict(asked),
    )
    session.add(row)
    session.flush()
    _give_links(session, row, seals)
    if not held.note(session, row, at):
        ask_host(session, row, at)
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
    if row is None or next_state is None or _changes_nothing(row, decision) or held.is_held(session, row):
        return False
    row.state, row.reason, row.decided_by, row.decided_at = next_state, decision.reason, by, at
    row.version += 1
    if decision.deed == "decline":
        _revoke(session, row, by, at)
        _tell(session, row, "visitor_declined", at)
    else:
        if decision.arrives_at and decision.leaves_at:
            row.arrives_at, row.leaves_at = decision.arrives_at, decision.leaves_at
            row.kept_until = decision.leaves_at + KEPT
            _give_links(session, row, seals)
        passes.issue(session, visit=row, policy=policy, seals=seals, by=by, at=at)
        people.put(session, site=site, holder=row.holder, name=row.name, group_name=row.purpose)
        _tell(session, row, "visitor_approved" if decision.deed == "approve" else "visitor_changed", at)
    session.add(row)
    audit.note(session, site=site, by=by, act=f"visit_{next_state}", subject=visit, at=at)
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
    _revoke(session, row, VISITOR, at)
    if row.host is not None and not held.is_held(session, row):
        _tell(session, row, "host_cancelled", at)
    audit.note(session, site=site, by=VISITOR, act="visit_cancelled", subject=visit, at=at)
    return True


def _held(session: Session, site: str, visit: str) -> VisitRow | None:
    """Give a visit as it stands, with everybody else who would change it held back."""
    serialise(session, "visit", site, visit)
    return session.get(VisitRow, (site, visit), populate_existing=True)


def _changes_nothing(row: VisitRow, decision: Decision) -> bool:
    same_time = (row.arrives_at, row.leaves_at) == (decision.arrives_at, decision.leaves_at)
    return decision.deed == "change" and row.standing == "changed" and same_time


def _give_links(session: Session, row: VisitRow, seals: Seals) -> None:
    """Make the visitor's link good for a month after the visit, the host's until its end."""
    _give_link(session, row, seals, "status", row.leaves_at + STATUS_LINK_LASTS)
    _give_link(session, row, seals, "host", row.leaves_at)


def _give_link(session: Session, row: VisitRow, seals: Seals, purpose: Purpose, expires_at: datetime) -> None:
    token = seals.link(purpose, row.site, row.visit)
    links.put(session, site=row.site, token=token, purpose=purpose, visit=row.visit, expires_at=expires_at)


def _revoke(session: Session, row: VisitRow, by: str, at: datetime) -> None:
    known = visitor_passes.of_visit(session, row.site, row.visit)
    if known is not None:
        passes.revoke(session, site=row.site, jti=known.jti, by=by, at=at)


def _tell(session: Session, row: VisitRow, kind: MessageKind, at: datetime) -> None:
    messages.put(session, site=row.site, kind=kind, subject=row.visit, number=row.version, at=at)
