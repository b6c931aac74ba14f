"""What the guard's page shows of a post's state at a moment: zones as plain values, for the templates to word.

Pure: the state, the names and the time come as arguments; nothing here knows a language.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Literal

import msgspec

from schemas.alarm import Alarm
from schemas.gate_act import GateAct
from schemas.gate_event import GateEvent
from schemas.panic import Panic
from schemas.passage import Passage
from schemas.reasons import Verdict
from services.web.guard_console.post_state import LINK, SHOWN_FOR, KnownAlarm, PostState, Seen, press_alarm_id

HELD_FOR = timedelta(minutes=10)
"""How long a verdict that needs a hand keeps the middle of the page when nobody says Done and nothing newer needs one."""

NOW_FOR = timedelta(minutes=2)
"""How long somebody who may pass counts as being at the gate now."""

RECENT_SHOWN = 7
SILENT_AFTER = timedelta(seconds=30)
"""A gate is silent after three missed heartbeats (one every 10 s)."""

TROUBLE_FOR = timedelta(minutes=5)
"""How long a trouble that nothing takes back (tamper, a forced arm) stands at its gate."""

CALL_AFTER = timedelta(seconds=10)
"""A press that the police have not confirmed in this time says at the post: call 102."""

LATE_AFTER = timedelta(seconds=10)
QUIET_SHOWN = 3
QUIET_FOR = timedelta(minutes=30)
"""How many alarms that somebody has taken on stay in sight, and how long after their last change."""

KAZAKHSTAN_MIN = 300
_RANK = {"critical": 0, "high": 1, "medium": 2}
_LASTING = frozenset({"device_silent", "secure_channel_lost", "fire_contact"})
_WELL = frozenset({"device_back", "link_restored", "link_lost"})
"""Not a trouble to list: good news, and the lost link, which the gate's own line tells."""


class Person(msgspec.Struct, frozen=True):
    """A holder as the guard knows them: a name, and a class, a host or a post."""

    name: str
    note: str | None = None


class Sent(msgspec.Struct, frozen=True):
    """An acknowledgement that somebody of this site has made and that alarming may not have seen yet."""

    by: str
    at: datetime


class News(msgspec.Struct, frozen=True):
    """How the page's own news stand: ``starting`` until caught up, ``live``, or ``lost`` since a time."""

    state: Literal["starting", "live", "lost"]
    since: datetime | None = None


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a zone is made from: the state, the time, the names of holders and of users, what was sent, which held verdict is done with."""

    state: PostState
    now: datetime
    news: News
    people: Mapping[str, Person] = {}
    users: Mapping[str, str] = {}
    sent: Mapping[str, Sequence[Sent]] = {}
    done: str | None = None

    @property
    def zone(self) -> timezone:
        """Give the site's own time zone."""
        policy = self.state.policy
        return timezone(timedelta(minutes=policy.data.utc_offset_min if policy else KAZAKHSTAN_MIN))

    def gate_name(self, gate: str) -> str:
        """Give what people call a gate."""
        known = self.state.policy.data.gates.get(gate) if self.state.policy else None
        return known.name if known else gate

    def user_name(self, user: str | None) -> str:
        """Give a user's name, or the reference where the name is not known here."""
        return self.users.get(user or "", user or "")


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what happened at a gate: an act with what the mechanism did, or a passage that had no act."""

    event: str
    at: datetime
    gate: str
    direction: str
    act: GateAct | None
    person: Person | None
    outcome: str | None


class NowView(msgspec.Struct, frozen=True):
    """Who is at the gate now; ``held`` when a hand is needed and the verdict stands until the next, or until Done."""

    read: Read | None
    held: bool


class GateView(msgspec.Struct, frozen=True, kw_only=True):
    """One gate: how it is reached, since when, what troubles it, who came last."""

    gate: str
    name: str
    link: Literal["online", "alone", "silent", "unheard"]
    since: datetime | None
    heard_at: datetime | None
    troubles: list[str]
    last: Read | None


class AlarmView(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm as a card. ``event`` is the newest event in it, ``version`` 0 for a press that alarming has not spoken of."""

    alarm: str
    version: int
    rule: str
    severity: str
    state: str
    where: str
    raised_at: datetime
    changed_at: datetime
    event: str
    joined: list[str]
    drill: bool
    needs_hand: bool
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    sent: list[Sent]
    late: list[str]
    police: Literal["waiting", "received", "call"] | None
    police_at: datetime | None


def now_view(sight: Sight) -> NowView:
    """Choose who stands in the middle of the page: the newest that needs a hand, else whoever came last."""
    held = sight.state.held
    if held is not None and held.id != sight.done and sight.now - held.at < HELD_FOR:
        return NowView(_read_of_act(sight, held), held=True)
    acts = [act for kept in sight.state.acts.values() for act in kept[:1]]
    newest = max(acts, key=lambda act: act.place, default=None)
    if newest is None or sight.now - newest.at >= NOW_FOR or newest.data.verdict != Verdict.ADMIT:
        return NowView(None, held=False)
    return NowView(_read_of_act(sight, newest), held=False)


def recent_view(sight: Sight) -> list[Read]:
    """Give the latest reads and passages of all gates, newest first."""
    acts = [act for kept in sight.state.acts.values() for act in kept if sight.now - act.at < SHOWN_FOR]
    alone = [
        passage
        for kept in sight.state.passages.values()
        for passage in kept
        if passage.data.read is None and sight.now - passage.at < SHOWN_FOR
    ]
    newest = sorted([*acts, *alone], key=lambda seen: seen.place, reverse=True)[:RECENT_SHOWN]
    return [_read_of_act(sight, seen) if isinstance(seen.data, GateAct) else _read_of_passage(sight, seen) for seen in newest]


def gates_view(sight: Sight) -> list[GateView]:
    """Give every gate of the site, in the order of their names, so that places never move."""
    known = set(sight.state.policy.data.gates) if sight.state.policy else set(sight.state.heard)
    return sorted((_gate(sight, gate) for gate in known), key=lambda view: (view.name, view.gate))


def alarms_view(sight: Sight) -> tuple[list[AlarmView], list[AlarmView]]:
    """Give the alarms that need a hand (most severe first, then oldest first, so that a card keeps its place) and the latest quiet ones."""
    spoken = {event for known in sight.state.alarms.values() for event in known.newest.data.joined}
    views = [_alarm(sight, known) for known in sight.state.alarms.values() if known.newest.data.state != "closed"]
    views += [
        _press(sight, press)
        for press in sight.state.presses.values()
        if press.id not in spoken and press_alarm_id(sight.state.site, press) not in sight.state.alarms
    ]
    waiting = sorted(
        (view for view in views if view.needs_hand), key=lambda view: (_RANK.get(view.severity, 0), view.raised_at, view.alarm)
    )
    quiet = [view for view in views if not view.needs_hand and sight.now - view.changed_at < QUIET_FOR]
    return waiting, sorted(quiet, key=lambda view: (view.raised_at, view.alarm), reverse=True)[:QUIET_SHOWN]


def holders(state: PostState) -> set[str]:
    """Give the holders whose names the page may want."""
    kept = {act.data.holder for acts in state.acts.values() for act in acts}
    held = {state.held.data.holder} if state.held else set()
    return {holder for holder in kept | held if holder is not None}


def _read_of_act(sight: Sight, act: Seen[GateAct]) -> Read:
    outcomes = [passage for passage in sight.state.passages.get(act.data.gate, []) if passage.data.read == act.data.read]
    return Read(
        event=act.id,
        at=act.at,
        gate=sight.gate_name(act.data.gate),
        direction=act.data.direction,
        act=act.data,
        person=sight.people.get(act.data.holder or ""),
        outcome=outcomes[0].data.outcome if outcomes else None,
    )


def _read_of_passage(sight: Sight, passage: Seen[Passage]) -> Read:
    return Read(
        event=passage.id,
        at=passage.at,
        gate=sight.gate_name(passage.data.gate),
        direction=passage.data.direction,
        act=None,
        person=None,
        outcome=passage.data.outcome,
    )


def _gate(sight: Sight, gate: str) -> GateView:
    acts = sight.state.acts.get(gate, [])
    link, since = _link(sight, gate, acts)
    return GateView(
        gate=gate,
        name=sight.gate_name(gate),
        link=link,
        since=since,
        heard_at=sight.state.heard.get(gate),
        troubles=_troubles(sight, gate),
        last=_read_of_act(sight, acts[0]) if acts and sight.now - acts[0].at < SHOWN_FOR else None,
    )


def _link(
    sight: Sight, gate: str, acts: Sequence[Seen[GateAct]]
) -> tuple[Literal["online", "alone", "silent", "unheard"], datetime | None]:
    heard = sight.state.heard.get(gate)
    if heard is None:
        return "unheard", None
    if sight.now - heard >= SILENT_AFTER:
        return "silent", heard
    link = _newest_link_event(sight, gate)
    alone_since = link.at if link is not None and link.data.kind == "link_lost" else None
    restored_at = link.at if link is not None and link.data.kind == "link_restored" else None
    for act in acts:
        if act.data.decided_by != "gate" or (restored_at is not None and act.at < restored_at):
            break
        alone_since = min(alone_since or act.at, act.at)
    return ("alone", alone_since) if alone_since is not None else ("online", None)


def _newest_link_event(sight: Sight, gate: str) -> Seen[GateEvent] | None:
    started = sight.state.started.get(gate)
    told = [
        event
        for (of, group, _), event in sight.state.troubles.items()
        if of == gate and group == LINK and (started is None or event.at >= started)
    ]
    return max(told, key=lambda event: event.place, default=None)


def _troubles(sight: Sight, gate: str) -> list[str]:
    started = sight.state.started.get(gate)
    found = []
    for (of, _, _), event in sorted(sight.state.troubles.items(), key=lambda item: item[0]):
        kind = event.data.kind
        over = kind in _WELL or (started is not None and event.at < started)
        lasts = kind in _LASTING or sight.now - event.at < TROUBLE_FOR
        if of == gate and not over and lasts and kind not in found:
            found.append(kind)
    return found


def _alarm(sight: Sight, known: KnownAlarm) -> AlarmView:
    alarm: Alarm = known.newest.data
    acknowledged = known.acknowledged
    sent = list(sight.sent.get(alarm.alarm, ()))
    police, police_at = _police(sight, alarm.alarm, alarm.rule, alarm.raised_at, alarm.drill)
    return AlarmView(
        alarm=alarm.alarm,
        version=alarm.version,
        rule=alarm.rule,
        severity=alarm.severity,
        state=alarm.state,
        where=sight.gate_name(alarm.gate),
        raised_at=alarm.raised_at,
        changed_at=alarm.changed_at,
        event=known.newest.id,
        joined=alarm.joined,
        drill=alarm.drill,
        needs_hand=alarm.state in {"raised", "escalated"},
        acknowledged_by=sight.user_name(acknowledged.by) if acknowledged else None,
        acknowledged_at=acknowledged.at if acknowledged else None,
        sent=sent,
        late=[sight.user_name(one.by) for one in sent if acknowledged and one.by != acknowledged.by],
        police=police,
        police_at=police_at,
    )


def _press(sight: Sight, press: Seen[Panic]) -> AlarmView:
    alarm = press_alarm_id(sight.state.site, press)
    drill = press.data.test is not None
    police, police_at = _police(sight, alarm, "panic", press.at, drill)
    return AlarmView(
        alarm=alarm,
        version=0,
        rule="panic",
        severity="critical",
        state="raised",
        where=sight.gate_name(press.data.gate),
        raised_at=press.at,
        changed_at=press.at,
        event=press.id,
        joined=[press.id],
        drill=drill,
        needs_hand=True,
        acknowledged_by=None,
        acknowledged_at=None,
        sent=list(sight.sent.get(alarm, ())),
        late=[],
        police=police,
        police_at=police_at,
    )


def _police(
    sight: Sight, alarm: str, rule: str, raised_at: datetime, drill: bool
) -> tuple[Literal["waiting", "received", "call"] | None, datetime | None]:
    delivery = sight.state.deliveries.get(alarm)
    if delivery is not None and delivery.data.outcome == "acknowledged":
        return "received", delivery.data.answered_at or delivery.at
    if rule != "panic" or drill:
        return None, None
    return ("call" if sight.now - raised_at >= CALL_AFTER else "waiting"), None
