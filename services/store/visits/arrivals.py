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
from services.store.visits import visits
from services.store.visits.states import after
from services.store.visits.visits import VisitRow

HOLDER_PREFIX = "visitor-"


def note(session: Session, events: Iterable[Event[Said]]) -> None:
    """Note arrivals and departures among these events; a replay changes nothing."""
    for event in events:
        data = event.data
        if isinstance(data, PassUse) and data.state == "used":
            used = visitor_passes.one(session, event.site, data.jti)
            _arrived(session, visits.one(session, event.site, used.visit) if used else None, event.time)
        elif isinstance(data, Passage) and (data.holder or "").startswith(HOLDER_PREFIX):
            note_passage = _BY_OUTCOME.get(data.outcome)
            if note_passage is not None:
                note_passage(session, visits.of_holder(session, event.site, data.holder or ""), event.time)


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
    state = after(row.standing, "leave") if row else None
    if row is None or state is None or (row.arrived_at is not None and at < row.arrived_at):
        return
    row.state, row.left_at = state, at
    row.version += 1
    session.add(row)


_BY_OUTCOME = {"entered": _arrived, "left": _left}
"""What a visitor's passage means; an entry also of somebody who was let in by name, and has used no pass."""
