"""What a post knows: one site's recent records, kept so that any order and any repeat of them leave the same state.

Pure: an event in, the zones of the page that it changed out. Every slot keeps the greatest of what it was told (by time
and id, or by version), so a replay after a restart or a broker's return changes nothing. Silent alarms never enter:
what is not here cannot be shown where it was raised.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from schemas.alarm import Alarm
from schemas.catalogue import Said
from schemas.delivery import Delivery
from schemas.envelope import Event
from schemas.gate_act import GateAct
from schemas.gate_event import GateEvent
from schemas.guard_answer import HOLDS, GuardAnswer
from schemas.ids import panic_alarm_id
from schemas.panic import Panic
from schemas.passage import Passage
from schemas.reasons import Verdict
from schemas.site_mode import SiteMode
from schemas.site_policy import SitePolicy
from services.web.guard_console.holds import Holds
from services.web.guard_console.questions import Questions
from services.web.guard_console.seen import DataT, Seen, seen
from services.web.guard_console.troubles import TROUBLE_GROUPS

KEPT_A_GATE = 12
"""How many acts, and how many passages, are kept of each gate: more than its lane and the list of recent reads ever
show.
"""

SHOWN_FOR = timedelta(minutes=10)
"""How long a read or a passage is worth showing; a gate's newest one is kept longer, it tells how the gate decides."""

REMEMBERED = timedelta(hours=24)
"""How long a closed alarm, and a press that alarming never spoke of, are remembered."""


class Zone(StrEnum):
    """A part of the page that is pushed whole; also the name of its server-sent event. What cannot wait comes first."""

    ALARMS = "alarms"
    NOW = "now"
    GATES = "gates"
    RECENT = "recent"
    SITE = "site"


Changed = frozenset[Zone]
NOTHING: Changed = frozenset()


class Acknowledged(msgspec.Struct, frozen=True):
    """Who acknowledged an alarm, with which of its versions; the earliest such version is the truth."""

    version: int
    by: str
    at: datetime


class KnownAlarm(msgspec.Struct):
    """The highest version of an alarm that has been heard, and who acknowledged it."""

    newest: Seen[Alarm]
    acknowledged: Acknowledged | None = None


class PostState(msgspec.Struct, kw_only=True):
    """One site, as its posts see it. ``acts`` and ``passages`` are by gate, newest first; ``presses`` by event id;
    ``troubles`` by gate, kind's group and device; ``questions`` what gates asked the guard; ``holds`` what is held for
    a crew.
    """

    site: str
    policy: Seen[SitePolicy] | None = None
    mode: Seen[SiteMode] | None = None
    acts: dict[str, list[Seen[GateAct]]] = msgspec.field(default_factory=dict)
    held: Seen[GateAct] | None = None
    passages: dict[str, list[Seen[Passage]]] = msgspec.field(default_factory=dict)
    heard: dict[str, datetime] = msgspec.field(default_factory=dict)
    started: dict[str, datetime] = msgspec.field(default_factory=dict)
    troubles: dict[tuple[str, str, str], Seen[GateEvent]] = msgspec.field(default_factory=dict)
    alarms: dict[str, KnownAlarm] = msgspec.field(default_factory=dict)
    presses: dict[str, Seen[Panic]] = msgspec.field(default_factory=dict)
    deliveries: dict[str, Seen[Delivery]] = msgspec.field(default_factory=dict)
    questions: Questions = msgspec.field(default_factory=Questions)
    holds: Holds = msgspec.field(default_factory=Holds)

    def apply(self, event: Event[Said]) -> Changed:
        """Take one event of this site and tell which zones it changed; an event of another site is our fault and a
        ValueError.
        """
        if event.site != self.site:
            message = f"an event of {event.site} for {self.site}"
            raise ValueError(message)
        return _APPLY.get(type(event.data), _passed_over)(self, event)

    def knows_alarm(self, alarm: str) -> bool:
        """Tell whether an alarm, or the press that it will be, is on this site's page."""
        return alarm in self.alarms or any(press_alarm_id(self.site, press) == alarm for press in self.presses.values())

    def forget(self, now: datetime) -> None:
        """Drop what no page shows any more: reads of a while ago, alarms closed and presses made longer ago than is
        remembered.
        """
        for acts in self.acts.values():
            acts[1:] = [act for act in acts[1:] if now - act.at < SHOWN_FOR]
        for passages in self.passages.values():
            passages[1:] = [passage for passage in passages[1:] if now - passage.at < SHOWN_FOR]
        before = now - REMEMBERED
        self.alarms = {
            name: known
            for name, known in self.alarms.items()
            if known.newest.data.state != "closed" or known.newest.data.changed_at >= before
        }
        self.presses = {name: press for name, press in self.presses.items() if press.at >= before}
        self.questions.forget(now - SHOWN_FOR)
        self.holds.forget(now - SHOWN_FOR)
        self.deliveries = {name: delivery for name, delivery in self.deliveries.items() if delivery.at >= before}


def _policy(state: PostState, event: Event[SitePolicy]) -> Changed:
    if state.policy is not None and (state.policy.data.version, state.policy.id) >= (event.data.version, event.id):
        return NOTHING
    state.policy = seen(event)
    return frozenset(Zone)


def _mode(state: PostState, event: Event[SiteMode]) -> Changed:
    if state.mode is not None and (state.mode.data.version, state.mode.id) >= (event.data.version, event.id):
        return NOTHING
    state.mode = seen(event)
    return frozenset({Zone.SITE})


def _act(state: PostState, event: Event[GateAct]) -> Changed:
    changed = _heard(state, event)
    act = seen(event)
    state.questions.take_act(act)
    if not _keep(state.acts.setdefault(event.data.gate, []), act):
        return changed
    if act.data.verdict != Verdict.ADMIT and (state.held is None or state.held.place < act.place):
        state.held = act
    return changed | {Zone.NOW, Zone.RECENT, Zone.GATES}


def _passage(state: PostState, event: Event[Passage]) -> Changed:
    changed = _heard(state, event)
    if not _keep(state.passages.setdefault(event.data.gate, []), seen(event)):
        return changed
    return changed | {Zone.NOW, Zone.RECENT}


def _gate_event(state: PostState, event: Event[GateEvent]) -> Changed:
    changed = _heard(state, event)
    gate, kind = event.data.gate, event.data.kind
    if kind == "started":
        if gate in state.started and state.started[gate] >= event.time:
            return changed
        state.started[gate] = event.time
        return frozenset({Zone.GATES})
    if kind == "mode_changed":
        return frozenset({Zone.GATES}) if state.holds.take_event(seen(event)) else changed
    group = TROUBLE_GROUPS.get(kind)
    if group is None:
        return changed
    slot = gate, group, event.data.device or ""
    known = state.troubles.get(slot)
    if known is not None and known.place >= (event.time, event.id):
        return changed
    state.troubles[slot] = seen(event)
    return frozenset({Zone.GATES})


def _press(state: PostState, event: Event[Panic]) -> Changed:
    changed = _heard(state, event)
    if event.data.silent or event.id in state.presses:
        return changed
    state.presses[event.id] = seen(event)
    return changed | {Zone.ALARMS}


def _alarm(state: PostState, event: Event[Alarm]) -> Changed:
    alarm = event.data
    if alarm.silent:
        return NOTHING
    known = state.alarms.get(alarm.alarm)
    if known is None:
        state.alarms[alarm.alarm] = KnownAlarm(seen(event), _acknowledgement(event))
        return frozenset({Zone.ALARMS})
    before = known.newest, known.acknowledged
    if (known.newest.data.version, known.newest.id) < (alarm.version, event.id):
        known.newest = seen(event)
    said = _acknowledgement(event)
    if said is not None and (known.acknowledged is None or said.version < known.acknowledged.version):
        known.acknowledged = said
    return NOTHING if before == (known.newest, known.acknowledged) else frozenset({Zone.ALARMS})


def _acknowledgement(event: Event[Alarm]) -> Acknowledged | None:
    alarm = event.data
    if alarm.action != "acknowledge" or alarm.changed_by is None:
        return None
    return Acknowledged(alarm.version, alarm.changed_by, alarm.changed_at)


def _delivery(state: PostState, event: Event[Delivery]) -> Changed:
    known = state.deliveries.get(event.data.alarm)
    if known is not None and _delivery_rank(known) >= _delivery_rank(seen(event)):
        return NOTHING
    state.deliveries[event.data.alarm] = seen(event)
    return frozenset({Zone.ALARMS})


def _delivery_rank(delivery: Seen[Delivery]) -> tuple[bool, datetime, str]:
    """Order what is known of an alarm's delivery: once the police have it, a later silence on another path takes
    nothing back.
    """
    return delivery.data.outcome == "acknowledged", delivery.at, delivery.id


def _answer(state: PostState, event: Event[GuardAnswer]) -> Changed:
    if event.data.because in HOLDS:
        return frozenset({Zone.GATES}) if state.holds.take_answer(seen(event)) else NOTHING
    return frozenset({Zone.NOW}) if state.questions.take_answer(seen(event)) else NOTHING


def _passed_over(_state: PostState, _event: Event[Any]) -> Changed:
    return NOTHING


_APPLY: dict[type, Callable[[PostState, Event[Any]], Changed]] = {
    SitePolicy: _policy,
    SiteMode: _mode,
    GateAct: _act,
    Passage: _passage,
    GateEvent: _gate_event,
    Panic: _press,
    Alarm: _alarm,
    Delivery: _delivery,
    GuardAnswer: _answer,
}


def _keep(kept: list[Seen[DataT]], new: Seen[DataT]) -> bool:
    """Put a record into a gate's list, newest first, each once, the oldest falling out; tell whether the list is
    another now.
    """
    if any(new.id == other.id for other in kept):
        return False
    if len(kept) >= KEPT_A_GATE and new.place <= kept[-1].place:
        return False
    kept.append(new)
    kept.sort(key=lambda other: other.place, reverse=True)
    del kept[KEPT_A_GATE:]
    return True


def _heard(state: PostState, event: Event[Any]) -> Changed:
    gate = event.data.gate
    known = state.heard.get(gate)
    if known is not None and known >= event.time:
        return NOTHING
    state.heard[gate] = event.time
    return frozenset({Zone.GATES})


def press_alarm_id(site: str, press: Seen[Panic]) -> str:
    """Name the alarm that a press already is, as alarming will name it when the press begins a burst."""
    return panic_alarm_id(site, press.data.button, press.id)
