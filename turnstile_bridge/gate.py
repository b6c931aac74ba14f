"""The gate's state machine: ``step(setup, state, event, now)`` gives the state after it, what is to be done, and ``next_deadline_s`` when time alone does something.

Pure: no I/O, clock or ids (a read's id comes with its event). Online first: a read is asked and waits; unanswered in time the gate decides alone, after three time-outs running at
once, and then every read is a probe: an answer in time brings the asking back. Each read gets exactly one act.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import msgspec

from schemas.credential_read import CredentialRead
from schemas.gate_act import GateAct
from schemas.gate_event import GateEvent, GateEventKind
from schemas.ids import grant_id
from schemas.reasons import Reason, Verdict
from schemas.topics import CREDENTIAL_READS, GATE_ACTS, GATE_EVENTS
from turnstile_bridge import lane as lanes
from turnstile_bridge.drivers import interface as hardware
from turnstile_bridge.gate_words import (
    Answered,
    DecideAlone,
    Effect,
    GateInput,
    GateState,
    Grant,
    Indicate,
    Instant,
    LinkLost,
    LinkRestored,
    ModeKnown,
    OpenRead,
    OwnDecision,
    ReadPhase,
    Resumed,
    Say,
    SetFree,
    Setup,
    Shown,
    Tick,
)
from turnstile_bridge.lane import LaneEvent, Place

SAME_READ_S = 3.0
"""A held card is read again and again: the same credential at the same reader within this time is one read."""

UNANSWERED_BEFORE_ALONE = 3
OWN_GRANT_LASTS = timedelta(seconds=10)
"""How long an admission by the gate itself may wait for the passage before it."""

ReadEvent = Literal["answered", "timed_out", "decided"]
READ_STEPS: dict[tuple[ReadPhase, ReadEvent], Literal["act", "act_without_opening", "decide_alone", "forget"]] = {
    ("asked", "answered"): "act",
    ("asked", "timed_out"): "decide_alone",
    ("deciding", "decided"): "act",
    ("closing", "decided"): "act_without_opening",
    ("probing", "timed_out"): "forget",
}
"""A read on its way to its one act. What is not here changes nothing: an answer after the act is recorded by the stream and opens nothing."""

_FREE_MODES = frozenset({"free", "evacuation"})
_LOOKS: dict[Verdict, hardware.Look] = {Verdict.ADMIT: "granted", Verdict.REFUSE: "denied", Verdict.ASK: "wait"}

Step = tuple[GateState, list[Effect]]
_change = msgspec.structs.replace


def step(setup: Setup, state: GateState, event: GateInput, now: Instant) -> Step:
    """Give the state after an event, and what is to be done, in this order."""
    return _HANDLERS[type(event)](setup, state, event, now)


def next_deadline_s(state: GateState) -> float | None:
    """Give when, by the clock of ``Instant.s``, a ``Tick`` is due; None when only an event can change anything."""
    times = [read.deadline_s for read in state.reads.values() if read.phase in {"asked", "probing"}]
    times += [lane.deadline_s for lane in state.lanes.values() if lane.deadline_s is not None]
    return min(times, default=None)


def is_alone(state: GateState) -> bool:
    """Tell whether the gate has stopped waiting for answers."""
    return state.unanswered >= UNANSWERED_BEFORE_ALONE


def _shown(setup: Setup, state: GateState, event: Shown, now: Instant) -> Step:
    key = (event.reader, event.credential)
    if now.s - state.shown.get(key, float("-inf")) < SAME_READ_S:
        return state, []
    data = CredentialRead(
        gate=setup.gate,
        reader=event.reader,
        direction=event.direction,
        credential=event.credential,
        technology="card",
        bits=event.bits,
        answer_by=now.at + timedelta(seconds=event.answer_within_s),
    )
    alone = is_alone(state)
    read = OpenRead(
        id=event.id, data=data, phase="deciding" if alone else "asked", shown=now, deadline_s=now.s + event.answer_within_s
    )
    recent = {kept: at_s for kept, at_s in state.shown.items() if now.s - at_s < SAME_READ_S}
    state = _change(state, reads={**state.reads, read.id: read}, shown={**recent, key: now.s})
    effects: list[Effect] = [Say(CREDENTIAL_READS, data, id=event.id)]
    return state, [*effects, DecideAlone(read)] if alone else effects


def _answered(setup: Setup, state: GateState, event: Answered, now: Instant) -> Step:
    decision = event.decision
    read = state.reads.get(decision.read)
    if read is None or decision.gate != setup.gate or decision.credential != read.data.credential:
        return state, []
    if now.s > read.deadline_s or now.at >= decision.expires_at or decision.late:
        return state, []
    state = _change(state, unanswered=0)
    if READ_STEPS.get((read.phase, "answered")) != "act":
        return (_without(state, read) if read.phase == "probing" else state), []
    if read.data.direction == "exit" and decision.verdict is not Verdict.ADMIT:
        return _decide_alone(state, read)
    act = _act(read, now, decided_by="online", decision=event.id, verdict=decision.verdict, reason=decision.reason)
    act = _change(
        act,
        values=decision.values,
        holder=decision.holder,
        category=decision.category,
        policy_version=decision.policy_version,
        policy_age_s=decision.policy_age_s,
    )
    return _do(setup, _without(state, read), read, act, decision.expires_at, now)


def _own_decision(setup: Setup, state: GateState, event: OwnDecision, now: Instant) -> Step:
    read = state.reads.get(event.read)
    found = READ_STEPS.get((read.phase, "decided")) if read else None
    if read is None or found is None:
        return state, []
    decided = event.decided
    act = _act(read, now, decided_by="gate", decision=None, verdict=decided.verdict, reason=decided.reason)
    act = _change(
        act,
        values=decided.values,
        holder=decided.holder,
        category=decided.category,
        policy_version=decided.policy_version,
        policy_age_s=decided.policy_age_s,
    )
    probing = found == "act" and now.s < read.deadline_s
    state = _with(state, _change(read, phase="probing")) if probing else _without(state, read)
    if found == "act_without_opening":
        return state, [Say(GATE_ACTS, act)]
    return _do(setup, state, read, act, now.at + OWN_GRANT_LASTS, now)


def _do(setup: Setup, state: GateState, read: OpenRead, act: GateAct, expires_at: Any, now: Instant) -> Step:  # noqa: PLR0913, PLR0917, ANN401
    look = Indicate(read.data.reader, _LOOKS[act.verdict])
    if act.verdict is not Verdict.ADMIT or state.free:
        return state, [Say(GATE_ACTS, act), look]
    grant = Grant(
        id=grant_id(read.id),
        read=read.id,
        reader=read.data.reader,
        direction=read.data.direction,
        credential=read.data.credential,
        holder=act.holder,
        expires_at=expires_at,
    )
    said: list[Effect] = [Say(GATE_ACTS, _change(act, grant=grant.id), grant=grant)]
    lane, effects = lanes.granted(state.lanes[grant.direction], _place(setup, state, grant.direction), grant, now)
    return _with_lane(state, grant.direction, lane), [*said, *effects, look]


def _act(  # noqa: PLR0913  the act's own fields
    read: OpenRead, now: Instant, *, decided_by: Literal["online", "gate"], decision: str | None, verdict: Verdict, reason: Reason
) -> GateAct:
    waited_s = now.s - read.shown.s if read.phase != "closing" else (now.at - read.shown.at).total_seconds()
    return GateAct(
        read=read.id,
        gate=read.data.gate,
        reader=read.data.reader,
        direction=read.data.direction,
        credential=read.data.credential,
        decided_by=decided_by,
        decision=decision,
        verdict=verdict,
        reason=reason,
        values={},
        holder=None,
        category=None,
        policy_version=0,
        policy_age_s=0.0,
        grant=None,
        waited_ms=round(max(0.0, waited_s) * 1000, 1),
    )


def _tick(setup: Setup, state: GateState, _event: Tick, now: Instant) -> Step:
    effects: list[Effect] = []
    for read in list(state.reads.values()):
        found = READ_STEPS.get((read.phase, "timed_out")) if now.s >= read.deadline_s else None
        if found == "decide_alone":
            state, more = _decide_alone(_change(state, unanswered=state.unanswered + 1), read)
            effects += more
        elif found == "forget":
            state = _without(state, read)
    for direction, lane in state.lanes.items():
        after, more = lanes.due(lane, _place(setup, state, direction), now)
        state = _with_lane(state, direction, after)
        effects += more
    return state, effects


def _decide_alone(state: GateState, read: OpenRead) -> Step:
    deciding = _change(read, phase="deciding")
    return _with(state, deciding), [DecideAlone(deciding)]


def _resumed(setup: Setup, state: GateState, event: Resumed, now: Instant) -> Step:
    effects: list[Effect] = []
    for grant, at in event.grants:
        place = _place(setup, state, grant.direction)
        lane, more = lanes.resumed(state.lanes[grant.direction], place, grant, (now.at - at).total_seconds(), now)
        state = _with_lane(state, grant.direction, lane)
        effects += more
    for event_id, at, data in event.reads:
        read = OpenRead(id=event_id, data=data, phase="closing", shown=Instant(at, now.s), deadline_s=now.s)
        state = _with(state, read)
        effects.append(DecideAlone(read))
    return state, effects


def _lane_event(event_of_lane: LaneEvent) -> Callable[[Setup, GateState, Any, Instant], Step]:
    def handle(setup: Setup, state: GateState, event: Any, now: Instant) -> Step:  # noqa: ANN401  the events that have a direction
        if getattr(event, "unseen", False) and state.lanes[event.direction].phase == "locked":
            return state, [_told(setup, "device_back", setup.relay_reader[event.direction], passage_unseen=event.direction)]
        lane, effects = lanes.stepped(state.lanes[event.direction], _place(setup, state, event.direction), event_of_lane, now)
        return _with_lane(state, event.direction, lane), effects

    return handle


def _unlock_failed(setup: Setup, state: GateState, event: hardware.UnlockFailed, now: Instant) -> Step:
    for direction, lane in state.lanes.items():
        if lane.grant is not None and lane.grant.id == event.grant:
            after, effects = lanes.stepped(lane, _place(setup, state, direction), "failed", now)
            return _with_lane(state, direction, after), effects
    return state, []


def _device_lost(setup: Setup, state: GateState, event: hardware.DeviceLost, _now: Instant) -> Step:
    kind: GateEventKind = "secure_channel_lost" if event.answers else "device_silent"
    state = _change(state, away=state.away | {event.device})
    effects: list[Effect] = [_told(setup, kind, event.device)]
    for direction, reader in setup.relay_reader.items():
        if reader == event.device:
            lane, more = lanes.cut_off(state.lanes[direction], _place(setup, state, direction))
            state = _with_lane(state, direction, lane)
            effects += more
    return state, effects


def _device_back(setup: Setup, state: GateState, event: hardware.DeviceBack, _now: Instant) -> Step:
    return _change(state, away=state.away - {event.device}), [_told(setup, "device_back", event.device, gap_s=event.gap_s)]


def _fire(setup: Setup, state: GateState, event: hardware.FireContact, _now: Instant) -> Step:
    free = state.free | {"fire"} if event.on else state.free - {"fire"}
    told = _told(setup, "fire_contact", None, state="open" if event.on else "closed")
    return _freed(state, free, [told])


def _mode_known(setup: Setup, state: GateState, event: ModeKnown, _now: Instant) -> Step:
    mode = "normal" if event.drill else event.mode
    if mode == state.mode:
        return state, []
    free = state.free | {"mode"} if mode in _FREE_MODES else state.free - {"mode"}
    return _freed(_change(state, mode=mode), free, [_told(setup, "mode_changed", None, mode=mode)])


def _freed(state: GateState, free: frozenset[str], effects: list[Effect]) -> Step:
    if bool(free) != bool(state.free):
        effects = [*effects, SetFree(bool(free))]
    return _change(state, free=free), effects


def _link_lost(setup: Setup, state: GateState, _event: LinkLost, _now: Instant) -> Step:
    return state, [_told(setup, "link_lost", None)]


def _link_restored(setup: Setup, state: GateState, event: LinkRestored, _now: Instant) -> Step:
    return _change(state, unanswered=0), [_told(setup, "link_restored", None, gap_s=event.gap_s)]


def _tampered(setup: Setup, state: GateState, event: hardware.Tampered, _now: Instant) -> Step:
    return state, [_told(setup, "tamper", event.device, state="open" if event.on else "closed")]


def _power_fault(setup: Setup, state: GateState, event: hardware.PowerFault, _now: Instant) -> Step:
    return state, [_told(setup, "power_fault", event.device)]


def _told(setup: Setup, kind: GateEventKind, device: str | None, *, gap_s: float | None = None, **detail: str) -> Say:
    return Say(GATE_EVENTS, GateEvent(gate=setup.gate, kind=kind, device=device, gap_s=gap_s, detail=detail))


def _place(setup: Setup, state: GateState, direction: Any) -> Place:  # noqa: ANN401
    return Place(direction, setup, bool(state.free), setup.relay_reader[direction] in state.away)


def _with(state: GateState, read: OpenRead) -> GateState:
    return _change(state, reads={**state.reads, read.id: read})


def _without(state: GateState, read: OpenRead) -> GateState:
    return _change(state, reads={kept: other for kept, other in state.reads.items() if kept != read.id})


def _with_lane(state: GateState, direction: Any, lane: lanes.Lane) -> GateState:  # noqa: ANN401
    return _change(state, lanes={**state.lanes, direction: lane})


_HANDLERS: dict[type, Callable[[Setup, GateState, Any, Instant], Step]] = {
    Shown: _shown,
    Answered: _answered,
    OwnDecision: _own_decision,
    Tick: _tick,
    Resumed: _resumed,
    ModeKnown: _mode_known,
    LinkLost: _link_lost,
    LinkRestored: _link_restored,
    hardware.PassageStarted: _lane_event("started"),
    hardware.PassageCompleted: _lane_event("completed"),
    hardware.PassageReversed: _lane_event("reversed"),
    hardware.UnlockFailed: _unlock_failed,
    hardware.DeviceLost: _device_lost,
    hardware.DeviceBack: _device_back,
    hardware.FireContact: _fire,
    hardware.Tampered: _tampered,
    hardware.PowerFault: _power_fault,
}
"""What happens on each event: the gate's first table; ``READ_STEPS`` and ``lane.STEPS`` are the other two."""
