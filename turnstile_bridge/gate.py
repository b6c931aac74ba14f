"""The gate's state machine: ``step(setup, state, event, now)`` gives the state after an event and what is to be done.

Pure: no I/O, clock or ids (a read's id comes with its event). Four tables: what each event does (here), a read on its
way to its act (``reads.STEPS``), a guard's answer (``answers.STEPS``), one way through the turnstile (``lane.STEPS``).
"""

from collections.abc import Callable
from typing import Any

import msgspec

from schemas.gate_event import GateEventKind
from turnstile_bridge import answers, freedom, reads
from turnstile_bridge import lane as lanes
from turnstile_bridge.drivers import interface as hardware
from turnstile_bridge.freedom import told
from turnstile_bridge.gate_words import (
    Answered,
    Effect,
    GateInput,
    GateState,
    GuardAnswered,
    Instant,
    LinkLost,
    LinkRestored,
    ModeKnown,
    OwnDecision,
    Resumed,
    Setup,
    Shown,
    Step,
    Tick,
)

_change = msgspec.structs.replace


def step(setup: Setup, state: GateState, event: GateInput, now: Instant) -> Step:
    """Give the state after an event, and what is to be done, in this order."""
    return _HANDLERS[type(event)](setup, state, event, now)


def next_deadline_s(state: GateState) -> float | None:
    """Give when, by the clock of ``Instant.s``, a ``Tick`` is due; None when only an event can change anything."""
    lane_times = (lane.deadline_s for lane in state.lanes.values() if lane.deadline_s is not None)
    held_s = state.hold.until_s if state.hold is not None else None
    times = [time for time in (reads.next_deadline_s(state), held_s, *lane_times) if time is not None]
    return min(times, default=None)


def _tick(setup: Setup, state: GateState, _event: Tick, now: Instant) -> Step:
    state, effects = reads.due(state, now)
    for direction, lane in state.lanes.items():
        after, more = lanes.due(lane, lanes.place(setup, state, direction, now), now)
        state = lanes.with_lane(state, direction, after)
        effects += more
    state, more = freedom.due(setup, state, now)
    return state, effects + more


def _resumed(setup: Setup, state: GateState, event: Resumed, now: Instant) -> Step:
    state = answers.resumed(state, event)
    state, effects = freedom.resumed(setup, state, event, now)
    for grant, at in event.grants:
        age_s = (now.at - at).total_seconds()
        place = lanes.place(setup, state, grant.direction, now)
        lane, more = lanes.resumed(state.lanes[grant.direction], place, grant, age_s, now)
        state = lanes.with_lane(state, grant.direction, lane)
        effects += more
    for found in event.reads:
        state, more = reads.left_over(state, found, now)
        effects += more
    return state, effects


def _passage(
    lane_event: lanes.LaneEvent,
) -> Callable[[Setup, GateState, hardware.PassageEvent, Instant], Step]:
    def handle(setup: Setup, state: GateState, event: hardware.PassageEvent, now: Instant) -> Step:
        way = event.direction
        if isinstance(event, hardware.PassageCompleted) and event.unseen and state.lanes[way].phase == "locked":
            return state, [told(setup, "device_back", setup.relay_reader[way], passage_unseen=way)]
        lane, effects = lanes.stepped(state.lanes[way], lanes.place(setup, state, way, now), lane_event, now)
        return lanes.with_lane(state, way, lane), effects

    return handle


def _unlock_failed(setup: Setup, state: GateState, event: hardware.UnlockFailed, now: Instant) -> Step:
    for way, lane in state.lanes.items():
        if lane.grant is not None and lane.grant.id == event.grant:
            after, effects = lanes.stepped(lane, lanes.place(setup, state, way, now), "failed", now)
            return lanes.with_lane(state, way, after), effects
    return state, []


def _device_lost(setup: Setup, state: GateState, event: hardware.DeviceLost, now: Instant) -> Step:
    kind: GateEventKind = "secure_channel_lost" if event.answers else "device_silent"
    state = _change(state, away=state.away | {event.device})
    effects: list[Effect] = [told(setup, kind, event.device)]
    for way, reader in setup.relay_reader.items():
        if reader == event.device:
            lane, more = lanes.cut_off(state.lanes[way], lanes.place(setup, state, way, now))
            state = lanes.with_lane(state, way, lane)
            effects += more
    return state, effects


def _device_back(setup: Setup, state: GateState, event: hardware.DeviceBack, _now: Instant) -> Step:
    back = told(setup, "device_back", event.device, gap_s=event.gap_s)
    return _change(state, away=state.away - {event.device}), [back]


def _link_lost(setup: Setup, state: GateState, _event: LinkLost, _now: Instant) -> Step:
    return state, [told(setup, "link_lost", None)]


def _link_restored(setup: Setup, state: GateState, event: LinkRestored, _now: Instant) -> Step:
    return _change(state, unanswered=0), [told(setup, "link_restored", None, gap_s=event.gap_s)]


def _held_open(setup: Setup, state: GateState, event: hardware.PassageHeld, _now: Instant) -> Step:
    """Tell of a way that something keeps open; while the gate is free it may be."""
    return state, [] if state.free else [told(setup, "held_open", event.direction)]


def _tampered(setup: Setup, state: GateState, event: hardware.Tampered, _now: Instant) -> Step:
    return state, [told(setup, "tamper", event.device, state="open" if event.on else "closed")]


def _power_fault(setup: Setup, state: GateState, event: hardware.PowerFault, _now: Instant) -> Step:
    return state, [told(setup, "power_fault", event.device)]


_HANDLERS: dict[type, Callable[[Setup, GateState, Any, Instant], Step]] = {
    Shown: reads.shown,
    Answered: reads.answered,
    GuardAnswered: answers.answered,
    OwnDecision: reads.own_decision,
    Tick: _tick,
    Resumed: _resumed,
    ModeKnown: freedom.mode_known,
    LinkLost: _link_lost,
    LinkRestored: _link_restored,
    hardware.PassageStarted: _passage("started"),
    hardware.PassageCompleted: _passage("completed"),
    hardware.PassageReversed: _passage("reversed"),
    hardware.PassageHeld: _held_open,
    hardware.UnlockFailed: _unlock_failed,
    hardware.DeviceLost: _device_lost,
    hardware.DeviceBack: _device_back,
    hardware.FireContact: freedom.fire,
    hardware.Tampered: _tampered,
    hardware.PowerFault: _power_fault,
}
"""What happens on each event."""
