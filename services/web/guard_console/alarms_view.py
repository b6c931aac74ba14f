"""The alarms of a post as cards: which need a hand, which somebody has taken on, what the police have said.

Pure: the sight in, plain values out, for the templates to word.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from schemas.alarm import Alarm
from schemas.panic import Panic
from services.web.guard_console.post_state import KnownAlarm, press_alarm_id
from services.web.guard_console.seen import Seen
from services.web.guard_console.sight import Sent, Sight

CALL_AFTER = timedelta(seconds=10)
"""A press that the police have not confirmed in this time says at the post: call 102."""

LATE_AFTER = timedelta(seconds=10)
"""After this time a page says that an acknowledgement is still not confirmed."""

QUIET_SHOWN = 3
QUIET_FOR = timedelta(minutes=30)
"""How many alarms that somebody has taken on stay in sight, and how long after their last change."""

_RANK = {"critical": 0, "high": 1, "medium": 2}

Police = Literal["waiting", "received", "call"]


class AlarmView(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm as a card. ``event`` is the record that spoke of it last, ``version`` 0 is a press that alarming has
    not spoken of.
    """

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
    police: Police | None
    police_at: datetime | None


def alarms_view(sight: Sight) -> tuple[list[AlarmView], list[AlarmView]]:
    """Give the alarms that need a hand (most severe first, then oldest first, so that a card keeps its place) and
    the latest quiet ones.
    """
    spoken = {event for known in sight.state.alarms.values() for event in known.newest.data.joined}
    views = [_alarm(sight, known) for known in sight.state.alarms.values() if known.newest.data.state != "closed"]
    views += [
        _press(sight, press)
        for press in sight.state.presses.values()
        if press.id not in spoken and press_alarm_id(sight.state.site, press) not in sight.state.alarms
    ]
    waiting = sorted(
        (view for view in views if view.needs_hand),
        key=lambda view: (_RANK.get(view.severity, 0), view.raised_at, view.alarm),
    )
    quiet = [view for view in views if not view.needs_hand and sight.now - view.changed_at < QUIET_FOR]
    return waiting, sorted(quiet, key=lambda view: (view.raised_at, view.alarm), reverse=True)[:QUIET_SHOWN]


def _alarm(sight: Sight, known: KnownAlarm) -> AlarmView:
    alarm: Alarm = known.newest.data
    acknowledged = known.acknowledged
    sent = list(sight.sent.get(alarm.alarm, ()))
    police, police_at = _police(sight, alarm.alarm, alarm.rule, alarm.raised_at, drill=alarm.drill)
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
    police, police_at = _police(sight, alarm, "panic", press.at, drill=drill)
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
    sight: Sight, alarm: str, rule: str, raised_at: datetime, *, drill: bool
) -> tuple[Police | None, datetime | None]:
    delivery = sight.state.deliveries.get(alarm)
    if delivery is not None and delivery.data.outcome == "acknowledged":
        return "received", delivery.data.answered_at or delivery.at
    if rule != "panic" or drill:
        return None, None
    return ("call" if sight.now - raised_at >= CALL_AFTER else "waiting"), None
