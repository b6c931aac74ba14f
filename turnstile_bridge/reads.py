"""A read on its way to its one act, as a table: asked online, answered in time or not, decided by the gate itself.

Online first: a read is asked and waits; unanswered in time the gate decides alone, after three time-outs running at
once, and then every read is a probe: an answer in time brings the asking back. Pure.
"""

from datetime import datetime, timedelta
from typing import Literal, TypedDict

import msgspec

from schemas.credential_read import CredentialRead, Direction
from schemas.gate_act import GateAct
from schemas.ids import grant_id
from schemas.reasons import Verdict
from schemas.topics import CREDENTIAL_READS, GATE_ACTS
from turnstile_bridge import lane as lanes
from turnstile_bridge.drivers.interface import Look
from turnstile_bridge.gate_words import (
    Answered,
    DecideAlone,
    Effect,
    GateState,
    Grant,
    Indicate,
    Instant,
    OpenRead,
    OwnDecision,
    Question,
    ReadPhase,
    Say,
    Setup,
    Shown,
    Step,
)

SAME_READ_S = 3.0
"""A held card is read again and again: the same credential at the same reader within this time is one read."""

UNANSWERED_BEFORE_ALONE = 3
OWN_GRANT_LASTS = timedelta(seconds=10)
"""How long an admission by the gate itself may wait for the passage before it."""

QUESTION_LASTS = timedelta(minutes=10)
"""After this nobody stands before the turnstile any more: whoever comes back shows the card again."""

ReadEvent = Literal["answered", "timed_out", "decided"]
ReadStep = Literal["act", "act_without_opening", "decide_alone", "forget"]
STEPS: dict[tuple[ReadPhase, ReadEvent], ReadStep] = {
    ("asked", "answered"): "act",
    ("asked", "timed_out"): "decide_alone",
    ("deciding", "decided"): "act",
    ("closing", "decided"): "act_without_opening",
    ("probing", "answered"): "forget",
    ("probing", "timed_out"): "forget",
}
"""What is not here changes nothing: an answer after the act is recorded by the stream and opens nothing."""

_LOOKS: dict[Verdict, Look] = {Verdict.ADMIT: "granted", Verdict.REFUSE: "denied", Verdict.ASK: "wait"}
_change = msgspec.structs.replace


def is_alone(state: GateState) -> bool:
    """Tell whether the gate has stopped waiting for answers."""
    return state.unanswered >= UNANSWERED_BEFORE_ALONE


def shown(setup: Setup, state: GateState, event: Shown, now: Instant) -> Step:
    """Take a credential that was shown: nothing new, or a read that is asked, or decided at once by a gate alone."""
    key = (event.reader, event.credential)
    if now.s - state.shown.get(key, float("-inf")) < SAME_READ_S:
        return state, []
    data = CredentialRead(
        gate=setup.gate,
        reader=event.reader,
        direction=event.direction,
        credential=event.credential,
        technology=event.technology,
        bits=event.bits,
        answer_by=now.at + timedelta(seconds=event.answer_within_s),
        pass_fault=event.pass_fault,
    )
    phase: ReadPhase = "deciding" if is_alone(state) else "asked"
    read = OpenRead(id=event.id, data=data, phase=phase, shown=now, deadline_s=now.s + event.answer_within_s)
    recent = {kept: at_s for kept, at_s in state.shown.items() if now.s - at_s < SAME_READ_S}
    state = _with(_change(state, shown={**recent, key: now.s}), read)
    said = Say(CREDENTIAL_READS, data, id=event.id)
    return state, [said] if phase == "asked" else [said, DecideAlone(read)]


def answered(setup: Setup, state: GateState, event: Answered, now: Instant) -> Step:
    """Take an online decision: act on it when it is for a read that still waits, of this card, in time and not
    expired.
    """
    decision = event.decision
    read = state.reads.get(decision.read)
    if read is None or decision.gate != setup.gate or decision.credential != read.data.credential:
        return state, []
    if now.s > read.deadline_s or now.at >= decision.expires_at or decision.late:
        return state, []
    found = STEPS.get((read.phase, "answered"))
    if found is None:
        return state, []
    state = _change(state, unanswered=0)
    if found == "forget":
        return _without(state, read), []
    if read.data.direction == "exit" and decision.verdict is not Verdict.ADMIT:
        return _decide_alone(state, read)
    act = GateAct(
        **_about(read, now),
        decided_by="online",
        decision=event.id,
        verdict=decision.verdict,
        reason=decision.reason,
        values=decision.values,
        holder=decision.holder,
        category=decision.category,
        policy_version=decision.policy_version,
        policy_age_s=decision.policy_age_s,
        grant=None,
    )
    return acted(setup, _without(state, read), act, decision.expires_at, now)


def own_decision(setup: Setup, state: GateState, event: OwnDecision, now: Instant) -> Step:
    """Take what ``decide`` said from the facts on disk, and act on it."""
    read = state.reads.get(event.read)
    found = STEPS.get((read.phase, "decided")) if read else None
    if read is None or found is None:
        return state, []
    decided = event.decided
    act = GateAct(
        **_about(read, now),
        decided_by="gate",
        decision=None,
        verdict=decided.verdict,
        reason=decided.reason,
        values=decided.values,
        holder=decided.holder,
        category=decided.category,
        policy_version=decided.policy_version,
        policy_age_s=decided.policy_age_s,
        grant=None,
    )
    if found == "act_without_opening":
        state = _without(state, read)
        return (_asking(state, act, now) if act.verdict is Verdict.ASK else state), [Say(GATE_ACTS, act)]
    is_probe = now.s < read.deadline_s
    state = _with(state, _change(read, phase="probing")) if is_probe else _without(state, read)
    return acted(setup, state, act, now.at + OWN_GRANT_LASTS, now)


def due(state: GateState, now: Instant) -> Step:
    """Stop waiting for what was not answered in time: the gate decides alone; a probe is forgotten."""
    effects: list[Effect] = []
    for read in list(state.reads.values()):
        found = STEPS.get((read.phase, "timed_out")) if now.s >= read.deadline_s else None
        if found == "decide_alone":
            state, more = _decide_alone(_change(state, unanswered=state.unanswered + 1), read)
            effects += more
        elif found == "forget":
            state = _without(state, read)
    return state, effects


def left_over(state: GateState, found: tuple[str, datetime, CredentialRead], now: Instant) -> Step:
    """Give a read that a killed bridge left without an act its act, which opens nothing any more."""
    event_id, at, data = found
    read = OpenRead(id=event_id, data=data, phase="closing", shown=Instant(at, now.s), deadline_s=now.s)
    return _with(state, read), [DecideAlone(read)]


def acted(
    setup: Setup, state: GateState, act: GateAct, expires_at: datetime, now: Instant, own_id: str | None = None
) -> Step:
    """Say an act and do it: open for an admission until it expires, ask, refuse. ``own_id`` is the id that the act's
    record gets, where somebody counts on it.
    """
    state = _asking(state, act, now)
    look = Indicate(act.reader, _LOOKS[act.verdict])
    if act.verdict is not Verdict.ADMIT or state.free:
        return state, [Say(GATE_ACTS, act, id=own_id), look]
    grant = Grant(
        id=grant_id(act.read),
        read=act.read,
        reader=act.reader,
        direction=act.direction,
        credential=act.credential,
        holder=act.holder,
        expires_at=expires_at,
    )
    said = Say(GATE_ACTS, _change(act, grant=grant.id), id=own_id, grant=grant)
    place = lanes.place(setup, state, act.direction, now)
    lane, effects = lanes.granted(state.lanes[act.direction], place, grant, now)
    return lanes.with_lane(state, act.direction, lane), [said, *effects, look]


def next_deadline_s(state: GateState) -> float | None:
    """Give when the next read has waited long enough."""
    waiting = (read.deadline_s for read in state.reads.values() if (read.phase, "timed_out") in STEPS)
    return min(waiting, default=None)


def _asking(state: GateState, act: GateAct, now: Instant) -> GateState:
    """Keep a question for the guard; an admission, by whomever, ends every question of the one who was admitted."""
    open_ = {read: one for read, one in state.questions.items() if now.at - one.asked_at <= QUESTION_LASTS}
    if act.verdict is Verdict.ASK:
        open_[act.read] = Question(act, now.at)
    elif act.verdict is Verdict.ADMIT:
        open_ = {read: one for read, one in open_.items() if not _is_same_person(one.act, act)}
    return _change(state, questions=open_)


def _is_same_person(one: GateAct, other: GateAct) -> bool:
    return one.credential == other.credential or (one.holder is not None and one.holder == other.holder)


def _decide_alone(state: GateState, read: OpenRead) -> Step:
    deciding = _change(read, phase="deciding")
    return _with(state, deciding), [DecideAlone(deciding)]


class _About(TypedDict):
    read: str
    gate: str
    reader: str
    direction: Direction
    credential: str
    waited_ms: float


def _about(read: OpenRead, now: Instant) -> _About:
    waited_s = (now.at - read.shown.at).total_seconds() if read.phase == "closing" else now.s - read.shown.s
    data = read.data
    return {
        "read": read.id,
        "gate": data.gate,
        "reader": data.reader,
        "direction": data.direction,
        "credential": data.credential,
        "waited_ms": round(max(0.0, waited_s) * 1000, 1),
    }


def _with(state: GateState, read: OpenRead) -> GateState:
    return _change(state, reads={**state.reads, read.id: read})


def _without(state: GateState, read: OpenRead) -> GateState:
    return _change(state, reads={kept: other for kept, other in state.reads.items() if kept != read.id})
