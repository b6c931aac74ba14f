"""What the gates tell of visits: a pass that was used is an arrival, a visitor's way out is the end. For the recorder,
which has the records.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from schemas.catalogue import Said
from schemas.envelope import Event
from schemas.pass_use import PassUse
from schemas.passage import Passage
from services.store import messages
from services.store.records import visitor_passes
from services.store.visits import party, visits
from services.store.visits.party import MemberRow
from services.store.visits.states import after
from services.store.visits.visits import VisitRow

HOLDER_PREFIX = "visitor-"


def note(session: Session, events: Iterable[Event[Said]]) -> None:
    """Note arrivals and departures among these events; a replay changes nothing. A party has arrived with the first of
    it, and left with the last.
    """
    for event in events:
        data = event.data
        if isinstance(data, PassUse) and data.state == "used":
            used = visitor_passes.one(session, event.site, data.jti)
            if used is not None:
                _member_arrived(party.of_holder(session, event.site, used.holder), event.time)
                _arrived(session, visits.one(session, event.site, used.visit), event.time)
        elif isinstance(data, Passage) and (data.holder or "").startswith(HOLDER_PREFIX):
            _passed(session, event.site, data.outcome, data.holder or "", event.time)


def _passed(session: Session, site: str, outcome: str, holder: str, at: datetime) -> None:
    """Note what a visitor's passage means; an entry also of somebody who was let in by name, and has used no pass."""
    member, row = party.of_holder(session, site, holder), visits.of_holder(session, site, holder)
    if outcome == "entered":
        _member_arrived(member, at)
        _arrived(session, row, at)
    elif outcome == "left":
        _member_left(member, at)
        _left(session, row, at)


def _member_arrived(member: MemberRow | None, at: datetime) -> None:
    if member is not None and (member.arrived_at is None or member.arrived_at < at):
        member.arrived_at = at


def _member_left(member: MemberRow | None, at: datetime) -> None:
    if member is not None and (member.left_at is None or member.left_at < at):
        member.left_at = at


def _arrived(session: Session, row: VisitRow | None, at: datetime) -> None:
    state = after(row.standing, "arrive") if row else None
    if row is None or state is None or (row.left_at is not None and at <= row.left_at):
        return
    row.state, row.arrived_at = state, at
    row.version += 1
    session.add(row)
    if row.host is not None:
        messages.put(session, site=row.site, kind="host_arrived", subject=row.visit, number=row.version, at=at)


def _left(session: Session, row: VisitRow | None, at: datetime) -> None:
    comes_again = row is not None and bool(row.weekdays) and at < row.leaves_at
    state = after(row.standing, "leave_for_now" if comes_again else "leave") if row else None
    if row is None or state is None or (row.arrived_at is not None and at < row.arrived_at):
        return
    if any(member.inside for member in party.of_visit(session, row.site, row.visit)):
        return
    row.state, row.left_at = state, at
    row.version += 1
    session.add(row)
