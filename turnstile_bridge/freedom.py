"""Why a gate is free, and until when: the fire contact, the site's mode, or a guard who holds it for an emergency crew.

A hold ends by itself, with no stream to say so; by a guard's word; and with a lockdown that its answer did not know
of. Pure.
"""

from datetime import timedelta
from typing import Literal

import msgspec

from schemas.gate_event import GateEvent, GateEventKind
from schemas.topics import GATE_EVENTS
from turnstile_bridge.drivers import interface as hardware
from turnstile_bridge.gate_words import (
    Effect,
    GateState,
    GuardAnswered,
    Hold,
    Instant,
    ModeKnown,
    Resumed,
    Say,
    SetFree,
    Setup,
    Step,
)

HOLD_SAID_WITHIN = timedelta(seconds=30)
"""A hold that comes later than this after it was said is not begun: whoever pressed has pressed again."""

HELD_AT_MOST = timedelta(hours=1)
"""No clock and no record holds a gate free for longer; whoever needs more says so again."""

Over = Literal["time", "ended", "lockdown"]
_FREE_MODES = frozenset({"free", "evacuation"})
_change = msgspec.structs.replace


def told(setup: Setup, kind: GateEventKind, device: str | None, *, gap_s: float | None = None, **detail: str) -> Say:
    """Word an event of the gate."""
    return Say(GATE_EVENTS, GateEvent(gate=setup.gate, kind=kind, device=device, gap_s=gap_s, detail=detail))


def fire(setup: Setup, state: GateState, event: hardware.FireContact, now: Instant) -> Step:
    """Free the gate, or end that, with the fire contact, which does it in hardware too."""
    said = told(setup, "fire_contact", None, state="open" if event.on else "closed")
    return _freed(setup, state, "fire", now, on=event.on, said=said)


def mode_known(setup: Setup, state: GateState, event: ModeKnown, now: Instant) -> Step:
    """Follow the site's mode; a lockdown ends a hold that did not know of it."""
    mode = "normal" if event.drill else event.mode
    if mode == state.mode:
        return state, []
    said = told(setup, "mode_changed", None, mode=mode)
    state, effects = _freed(setup, _change(state, mode=mode), "mode", now, on=mode in _FREE_MODES, said=said)
    if mode == "lockdown" and state.hold is not None and state.hold.because != "crew_coming_in_lockdown":
        state, more = _over(setup, state, "lockdown", now)
        effects += more
    return state, effects


def held(setup: Setup, state: GateState, event: GuardAnswered, now: Instant) -> Step:
    """Hold the gate free until the answer expires; what comes late, or does not know of a lockdown, holds nothing."""
    answer = event.answer
    if event.at is None or now.at - event.at > HOLD_SAID_WITHIN:
        return state, []
    if state.mode == "lockdown" and answer.because != "crew_coming_in_lockdown":
        return state, []
    hold = Hold(
        answer=event.id, because=answer.because, by=answer.by, since=event.at, until=answer.expires_at, until_s=now.s
    )
    return _begun(setup, state, hold, now)


def let_go(setup: Setup, state: GateState, event: GuardAnswered, now: Instant) -> Step:
    """End a hold at a guard's word; where nothing is held, nothing changes."""
    if state.hold is None:
        return state, []
    return _over(setup, state, "ended", now, event.answer.by)


def due(setup: Setup, state: GateState, now: Instant) -> Step:
    """End a hold whose time is over."""
    if state.hold is None or now.s < state.hold.until_s:
        return state, []
    return _over(setup, state, "time", now)


def resumed(setup: Setup, state: GateState, event: Resumed, now: Instant) -> Step:
    """Go on with a hold that a killed bridge had begun, for as long as is left of it, or tell that it is over."""
    hold = event.hold
    if hold is None:
        return state, []
    is_locked = state.mode == "lockdown" and hold.because != "crew_coming_in_lockdown"
    if now.at >= hold.until or is_locked:
        return _over(setup, _change(state, hold=hold), "lockdown" if is_locked else "time", now)
    return _begun(setup, state, hold, now)


def _begun(setup: Setup, state: GateState, hold: Hold, now: Instant) -> Step:
    lasts = min(hold.until - now.at, hold.until - hold.since, HELD_AT_MOST)
    hold = _change(hold, until_s=now.s + lasts.total_seconds())
    until = (now.at + lasts).isoformat()
    said = told(
        setup,
        "mode_changed",
        None,
        mode="held_free",
        answer=hold.answer,
        because=hold.because,
        by=hold.by,
        until=until,
    )
    return _freed(setup, _change(state, hold=hold), "hold", now, on=True, said=_change(said, hold=hold))


def _over(setup: Setup, state: GateState, why: Over, now: Instant, by: str | None = None) -> Step:
    assert state.hold is not None
    said = told(
        setup, "mode_changed", None, mode=state.mode, answer=state.hold.answer, over=why, by=by or state.hold.by
    )
    said = _change(said, ends_hold=True)
    return _freed(setup, _change(state, hold=None), "hold", now, on=False, said=said)


def _freed(setup: Setup, state: GateState, why: str, now: Instant, *, on: bool, said: Say) -> Step:
    """Add or take away a reason; after the last one the mechanism may stay open for as long as a passage may wait."""
    free = state.free | {why} if on else state.free - {why}
    effects: list[Effect] = [said]
    if bool(free) != bool(state.free):
        effects.append(SetFree(bool(free)))
        closing_s = float("-inf") if free else now.s + setup.wait_s + setup.margin_s
        state = _change(state, closing_s=closing_s)
    return _change(state, free=free), effects
