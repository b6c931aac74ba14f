"""How each event becomes rows, idempotent by its id: the one table from noun to tables, used by the recorder and by
administration's own deeds.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlmodel import Session, SQLModel

from schemas.catalogue import BY_SHAPE, Said
from schemas.envelope import Event
from schemas.gate_event import GateEvent
from services.store.insertion import insert_once, keep_highest
from services.store.records.access_decisions import AccessDecisionRow
from services.store.records.alarm_actions import AlarmActionRow
from services.store.records.alarms import AlarmRow, AlarmVersionRow
from services.store.records.credential_reads import CredentialReadRow
from services.store.records.credentials import CredentialRow
from services.store.records.dead_letters import DeadLetterRow
from services.store.records.deliveries import DeliveryRow
from services.store.records.gate_acts import GateActRow
from services.store.records.gate_events import HEARTBEAT, GateEventRow, HeartbeatRow
from services.store.records.guard_answers import GuardAnswerRow
from services.store.records.panics import PanicRow
from services.store.records.pass_uses import PassUseRow
from services.store.records.passages import PassageRow
from services.store.records.releases import ReleaseRow
from services.store.records.screenings import ScreeningRow
from services.store.records.signals import SignalRow
from services.store.records.site_modes import SiteModeRow
from services.store.records.site_policies import SitePolicyRow
from services.store.records.visitor_passes import VisitorPassRow

Events = Sequence[Event[Said]]
Recording = Callable[[Session, Events], None]


def record(session: Session, events: Iterable[Event[Said]]) -> None:
    """Write events into their tables; those that are there already, or are older than what is there, change nothing."""
    by_noun: dict[str, list[Event[Said]]] = defaultdict(list)
    for event in events:
        by_noun[BY_SHAPE[type(event.data)].noun].append(event)
    for noun, same in by_noun.items():
        RECORDINGS[noun](session, same)


def _columns(event: Event[Said]) -> dict[str, Any]:
    """Give the event's data as columns: moments stay moments, what is nested becomes plain JSON."""
    columns: dict[str, Any] = msgspec.structs.asdict(event.data)
    return {
        name: value if isinstance(value, datetime) else msgspec.to_builtins(value) for name, value in columns.items()
    }


def _row(event: Event[Said]) -> dict[str, Any]:
    return {"site": event.site, "id": event.id, "source": event.source, "at": event.time, **_columns(event)}


def _once(table: type[SQLModel]) -> Recording:
    def keep(session: Session, events: Events) -> None:
        insert_once(session, table, [_row(event) for event in events])

    return keep


def _alarms(session: Session, events: Events) -> None:
    insert_once(session, AlarmVersionRow, [_row(event) for event in events])
    keep_highest(session, AlarmRow, [{"site": event.site, **_columns(event)} for event in events], "version")


def _credentials(session: Session, events: Events) -> None:
    keep_highest(
        session,
        CredentialRow,
        [{"site": event.site, "event": event.id, **_columns(event)} for event in events],
        "version",
    )


def _visitor_passes(session: Session, events: Events) -> None:
    keep_highest(
        session,
        VisitorPassRow,
        [{"site": event.site, "event": event.id, **_columns(event)} for event in events],
        "version",
    )


def _gate_events(session: Session, events: Events) -> None:
    insert_once(session, GateEventRow, [_row(event) for event in events if _kind(event) != HEARTBEAT])
    heartbeats = [
        {"site": event.site, "gate": event.data.gate, "id": event.id, "at": event.time, "detail": event.data.detail}
        for event in events
        if isinstance(event.data, GateEvent) and event.data.kind == HEARTBEAT
    ]
    keep_highest(session, HeartbeatRow, heartbeats, "at")


def _kind(event: Event[Said]) -> str | None:
    return event.data.kind if isinstance(event.data, GateEvent) else None


RECORDINGS: dict[str, Recording] = {
    "credential_read": _once(CredentialReadRow),
    "access_decision": _once(AccessDecisionRow),
    "gate_act": _once(GateActRow),
    "passage": _once(PassageRow),
    "gate_event": _gate_events,
    "panic": _once(PanicRow),
    "signal": _once(SignalRow),
    "screening": _once(ScreeningRow),
    "release": _once(ReleaseRow),
    "guard_answer": _once(GuardAnswerRow),
    "alarm": _alarms,
    "alarm_action": _once(AlarmActionRow),
    "delivery": _once(DeliveryRow),
    "credential": _credentials,
    "visitor_pass": _visitor_passes,
    "pass_use": _once(PassUseRow),
    "site_policy": _once(SitePolicyRow),
    "site_mode": _once(SiteModeRow),
    "dead_letter": _once(DeadLetterRow),
}
"""How the events of each noun are kept. A noun without a line here fails a test."""
