"""The life of an alarm, after ISA-18.2: a table of states and actions, and what an event or an action makes of an
alarm.

Pure: the caller brings the alarm it knows and gets the next version, or the same one when nothing changed. Ids and
times come with the events.
"""

from datetime import datetime

import msgspec

from schemas.alarm import Alarm, AlarmRule, AlarmState, Severity
from schemas.alarm_action import ActionKind, AlarmAction
from schemas.ids import alarm_id

SEVERITIES: dict[AlarmRule, Severity] = {
    "panic": "critical",
    "forced": "high",
    "device_silent": "medium",
    "refused_again": "medium",
    "weapon": "critical",
    "left_early": "medium",
    "pass_used_twice": "medium",
    "checks_refused": "medium",
}

TRANSITIONS: dict[tuple[AlarmState, ActionKind], AlarmState] = {
    ("raised", "acknowledge"): "acknowledged",
    ("escalated", "acknowledge"): "acknowledged",
    ("raised", "dispatch"): "responding",
    ("escalated", "dispatch"): "responding",
    ("acknowledged", "dispatch"): "responding",
    ("responding", "arrive"): "responding",
    ("acknowledged", "close"): "closed",
    ("responding", "close"): "closed",
}
"""What an action does in a state. What is not here changes nothing: a second acknowledgement, or closing what
nobody has acknowledged.
"""

_NEEDS_CAUSE: frozenset[ActionKind] = frozenset({"close"})


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """An event that calls for an alarm: which rule it meets, about what, where, and whether it was silent or a
    drill.
    """

    rule: AlarmRule
    site: str
    gate: str
    subject: str
    event: str
    at: datetime
    silent: bool = False
    drill: bool = False


def raised(known: Alarm | None, cause: Cause) -> Alarm:
    """Give the alarm after an event: a new one, or the open one of its rule and subject with the event joined to it.

    An event that has already joined changes nothing, so a replay raises nothing twice. A closed alarm is not reopened:
    the event begins a new one.
    """
    if known is None or (known.state == "closed" and cause.event not in known.joined):
        return Alarm(
            alarm=alarm_id(cause.rule, cause.site, cause.subject, cause.event),
            version=1,
            rule=cause.rule,
            severity=SEVERITIES[cause.rule],
            state="raised",
            gate=cause.gate,
            subject=cause.subject,
            joined=[cause.event],
            raised_at=cause.at,
            changed_at=cause.at,
            changed_by=None,
            action=None,
            cause=None,
            silent=cause.silent,
            drill=cause.drill,
        )
    if cause.event in known.joined:
        return known
    return msgspec.structs.replace(
        known,
        version=known.version + 1,
        joined=[*known.joined, cause.event],
        changed_at=cause.at,
        changed_by=None,
        action=None,
        drill=known.drill and cause.drill,
    )


def acted(known: Alarm, action: AlarmAction, at: datetime) -> Alarm:
    """Give the alarm after a person's action; an action that the table does not have in this state gives the same
    alarm back.
    """
    state = TRANSITIONS.get((known.state, action.action))
    if state is None or (action.action in _NEEDS_CAUSE and not action.cause):
        return known
    return msgspec.structs.replace(
        known,
        version=known.version + 1,
        state=state,
        changed_at=at,
        changed_by=action.by,
        action=action.action,
        cause=action.cause if action.action == "close" else known.cause,
    )
