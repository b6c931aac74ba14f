"""One way through a turnstile as a table: every unlock ends in exactly one passage or is abandoned; a passage
without a grant is forced.

Source of the cases: the driver interface of turnstiles with dry contacts (pulse mode: one passage or the wait). Pure.
"""

from typing import Literal

import msgspec

from schemas.credential_read import Direction
from schemas.gate_event import GateEvent
from schemas.passage import Outcome, Passage
from schemas.topics import GATE_EVENTS, PASSAGES
from turnstile_bridge.gate_words import Effect, GateState, Grant, Instant, Lane, LanePhase, Relock, Say, Setup, Unlock

LaneEvent = Literal["granted", "started", "completed", "reversed", "expired", "failed"]
Ending = Literal["passed", "abandoned", "reversed", "forced"]

STEPS: dict[tuple[LanePhase, LaneEvent], tuple[LanePhase, Ending | None]] = {
    ("locked", "granted"): ("unlocked", None),
    ("locked", "completed"): ("locked", "forced"),
    ("unlocked", "started"): ("passing", None),
    ("unlocked", "completed"): ("locked", "passed"),
    ("unlocked", "expired"): ("locked", "abandoned"),
    ("unlocked", "failed"): ("locked", "abandoned"),
    ("passing", "completed"): ("locked", "passed"),
    ("passing", "reversed"): ("locked", "reversed"),
    ("passing", "expired"): ("locked", "abandoned"),
}
"""(phase, event) -> (phase, how the grant ended). What is not here changes nothing; a grant for a lane that is open
waits for it.
"""

_PASSED: dict[Direction, Outcome] = {"entry": "entered", "exit": "left"}


class Place(msgspec.Struct, frozen=True):
    """Where and how a lane is stepped: which way, by whose settings, and whether its gate is free or its relay away."""

    direction: Direction
    setup: Setup
    free: bool
    away: bool


def place(setup: Setup, state: GateState, direction: Direction, now: Instant) -> Place:
    """Give a lane's place in its gate as it is now; who is in the mechanism as it closes still goes through freely."""
    free = bool(state.free) or now.s < state.closing_s
    return Place(direction, setup, free, setup.relay_reader[direction] in state.away)


def with_lane(state: GateState, direction: Direction, lane: Lane) -> GateState:
    """Give the state with one lane changed."""
    return msgspec.structs.replace(state, lanes={**state.lanes, direction: lane})


def granted(lane: Lane, at: Place, grant: Grant, now: Instant) -> tuple[Lane, list[Effect]]:
    """Take a grant: open for it, or let it wait for the one before it."""
    return _next(msgspec.structs.replace(lane, waiting=(*lane.waiting, grant)), at, now)


def stepped(lane: Lane, at: Place, event: LaneEvent, now: Instant) -> tuple[Lane, list[Effect]]:
    """Give the lane after an event of the mechanism, with what is to be said and done."""
    found = STEPS.get((lane.phase, event))
    if found is None:
        return lane, []
    phase, ending = found
    if ending is None:
        return msgspec.structs.replace(lane, phase=phase), []
    effects = _ended(lane, at, ending)
    if phase == "locked" and lane.phase != "locked" and event != "failed":
        effects.append(Relock(at.direction))
    after, more = _next(Lane(waiting=lane.waiting), at, now)
    return after, effects + more


def cut_off(lane: Lane, at: Place) -> tuple[Lane, list[Effect]]:
    """Give the lane after its relay went away: who waits is not let in later; an opening that the device already
    times runs to its end.
    """
    effects: list[Effect] = [_passage(at, "abandoned", grant) for grant in lane.waiting]
    return msgspec.structs.replace(lane, waiting=()), effects


def resumed(lane: Lane, at: Place, grant: Grant, age_s: float, now: Instant) -> tuple[Lane, list[Effect]]:
    """Give the lane for a grant that was open when the bridge died: the device may still be timing it; if not, it
    is over.
    """
    left_s = at.setup.wait_s + at.setup.margin_s - age_s
    if left_s > 0 and lane.phase == "locked":
        return Lane(phase="unlocked", grant=grant, deadline_s=now.s + left_s), []
    return lane, [_passage(at, "abandoned", grant)]


def due(lane: Lane, at: Place, now: Instant) -> tuple[Lane, list[Effect]]:
    """Close an opening whose time is over."""
    if lane.deadline_s is None or now.s < lane.deadline_s:
        return lane, []
    return stepped(lane, at, "expired", now)


def _next(lane: Lane, at: Place, now: Instant) -> tuple[Lane, list[Effect]]:
    effects: list[Effect] = []
    while lane.phase == "locked" and lane.waiting:
        grant, rest = lane.waiting[0], lane.waiting[1:]
        if at.away or now.at >= grant.expires_at:
            effects.append(_passage(at, "abandoned", grant))
            lane = msgspec.structs.replace(lane, waiting=rest)
            continue
        deadline_s = now.s + at.setup.wait_s + at.setup.margin_s
        lane = Lane(phase=STEPS["locked", "granted"][0], grant=grant, deadline_s=deadline_s, waiting=rest)
        effects.append(Unlock(grant))
    return lane, effects


def _ended(lane: Lane, at: Place, ending: Ending) -> list[Effect]:
    match ending:
        case "passed":
            return [_passage(at, _PASSED[at.direction], lane.grant)]
        case "forced" if at.free:
            return [_passage(at, "free", None)]
        case "forced":
            told = GateEvent(gate=at.setup.gate, kind="forced", device=at.direction, gap_s=None, detail={})
            return [Say(GATE_EVENTS, told), _passage(at, "forced", None)]
        case "abandoned" | "reversed":
            return [_passage(at, ending, lane.grant)]


def _passage(at: Place, outcome: Outcome, grant: Grant | None) -> Say:
    passage = Passage(
        gate=at.setup.gate,
        direction=at.direction,
        outcome=outcome,
        grant=grant.id if grant else None,
        read=grant.read if grant else None,
        credential=grant.credential if grant else None,
        holder=grant.holder if grant else None,
    )
    return Say(PASSAGES, passage)
