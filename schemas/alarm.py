"""Alarm: raised once, told at once, closed with a cause. States after ISA-18.2; written by alarming only."""

from typing import Literal

import msgspec

from schemas.moment import Moment

AlarmRule = Literal[
    "panic", "forced", "refused_again", "device_silent", "weapon", "left_early", "pass_used_twice", "checks_refused"
]
AlarmState = Literal["raised", "escalated", "acknowledged", "responding", "closed"]
Severity = Literal["critical", "high", "medium"]


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one alarm; a reader keeps the highest.

    ``alarm`` is its deterministic id, ``version`` counts from 1 (a panic press itself is version 0), ``joined`` lists
    the events in it, first one first; ``drill`` marks it everywhere and keeps it from the police.
    """

    alarm: str
    version: int
    rule: AlarmRule
    severity: Severity
    state: AlarmState
    gate: str
    subject: str
    joined: list[str]
    raised_at: Moment
    changed_at: Moment
    changed_by: str | None
    action: str | None
    cause: str | None
    silent: bool
    drill: bool
