"""Hop: a gate that was forced raises an alarm; every other gate event is for pages and store."""

from schemas.envelope import Event
from schemas.gate_event import GateEvent
from services.flow.case import Case
from services.flow.incidents import called
from services.rules.alarm_states import Cause


def gate_events_to_alarms(event: Event[GateEvent], case: Case) -> None:
    """Raise what was forced, marked as a drill while its site has one."""
    if event.data.kind != "forced":
        return
    mode = case.facts.mode(event.site)
    cause = Cause(
        rule="forced",
        site=event.site,
        gate=event.data.gate,
        subject=event.data.gate,
        event=event.id,
        at=event.time,
        drill=mode is not None and mode.drill,
    )
    called(cause, f"forced/{event.data.gate}", case)
