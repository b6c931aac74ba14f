"""Hop: what a person did about an alarm changes it: acknowledged, responding, closed with a cause."""

from schemas.alarm_action import AlarmAction
from schemas.envelope import Event
from services.flow.case import Case
from services.flow.incidents import answered


def actions_to_alarms(action: Event[AlarmAction], case: Case) -> None:
    """Let the action count once."""
    answered(action, case)
