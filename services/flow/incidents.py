"""Alarms as rows: an event calls for one, actions change one, and each event and action counts once however often it
comes.

An event's own alarm id is a hash of it, so its row tells whether it has been heard: as the first of an alarm, or as
one that joined another (``same_as``). An action that comes before its alarm (nothing orders two topics) waits in the
alarm's row.
"""

from datetime import datetime

import msgspec

from schemas.alarm import Alarm
from schemas.alarm_action import AlarmAction
from schemas.envelope import Event
from schemas.ids import alarm_id
from schemas.topics import ALARMS
from services.flow.case import Case
from services.rules.alarm_states import Cause, acted, raised

ALARM_ROWS = "alarms"
WINDOWS = "alarm_windows"

APPLIED_KEPT = 64
WAITING_KEPT = 16


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """An action that came before its alarm."""

    event: str
    at: datetime
    action: AlarmAction


class AlarmRow(msgspec.Struct, frozen=True, array_like=True):
    """One alarm, or the name of the alarm it joined; ``applied`` are the ids of the newest actions that it has had."""

    alarm: Alarm | None = None
    same_as: str | None = None
    applied: list[str] = []
    waiting: list[Waiting] = []


class WindowRow(msgspec.Struct, frozen=True, array_like=True):
    """The newest alarm of a rule and subject at a site: while it is open, events join it."""

    alarm: str


def called(cause: Cause, window: str, case: Case) -> None:
    """Raise, or join to the open alarm of ``window``, and say it; an event that was heard before gets its alarm said
    again as it is now.
    """
    own = alarm_id(cause.rule, cause.site, cause.subject, cause.event)
    heard = _row(case, cause.site, own)
    if heard.alarm is not None or heard.same_as is not None:
        _, found = _resolve(case, cause.site, own)
        _say(case, cause.site, found.alarm)
        return
    open_row = case.row(WINDOWS, f"{cause.site}/{window}", WindowRow)
    current = _row(case, cause.site, open_row.alarm) if open_row else AlarmRow()
    alarm = raised(current.alarm, cause)
    if alarm.alarm == own:
        case.put(WINDOWS, f"{cause.site}/{window}", WindowRow(own))
        _keep(case, cause.site, AlarmRow(alarm))
    else:
        _keep(case, cause.site, msgspec.structs.replace(current, alarm=alarm))
        case.put(ALARM_ROWS, _key(cause.site, own), AlarmRow(same_as=alarm.alarm))
    _say(case, cause.site, alarm)
    for waiting in heard.waiting:
        _apply(case, cause.site, alarm.alarm, waiting)


def answered(action: Event[AlarmAction], case: Case) -> None:
    """Let a person's action change its alarm once, and say the alarm as it is after it: whoever was later sees who
    was first.
    """
    name, row = _resolve(case, action.site, action.data.alarm)
    waiting = Waiting(action.id, action.time, action.data)
    if row.alarm is not None:
        _apply(case, action.site, name, waiting)
    elif action.id not in {other.event for other in row.waiting}:
        kept = [*row.waiting, waiting][-WAITING_KEPT:]
        case.put(ALARM_ROWS, _key(action.site, name), msgspec.structs.replace(row, waiting=kept))


def _apply(case: Case, site: str, name: str, waiting: Waiting) -> None:
    row = _row(case, site, name)
    if row.alarm is not None and waiting.event not in row.applied:
        alarm = acted(row.alarm, waiting.action, waiting.at)
        row = msgspec.structs.replace(row, alarm=alarm, applied=[*row.applied, waiting.event][-APPLIED_KEPT:])
        _keep(case, site, row)
    _say(case, site, row.alarm)


def _resolve(case: Case, site: str, name: str) -> tuple[str, AlarmRow]:
    row = _row(case, site, name)
    return (row.same_as, _row(case, site, row.same_as)) if row.same_as is not None else (name, row)


def _row(case: Case, site: str, name: str) -> AlarmRow:
    return case.row(ALARM_ROWS, _key(site, name), AlarmRow) or AlarmRow()


def _keep(case: Case, site: str, row: AlarmRow) -> None:
    if row.alarm is not None:
        case.put(ALARM_ROWS, _key(site, row.alarm.alarm), row)


def _say(case: Case, site: str, alarm: Alarm | None) -> None:
    if alarm is None:
        return
    event = Event(
        id=f"{alarm.alarm}/{alarm.version}", source=case.speaker.source, time=alarm.changed_at, site=site, data=alarm
    )
    case.say(ALARMS, event)


def _key(site: str, alarm: str) -> str:
    return f"{site}/{alarm}"
