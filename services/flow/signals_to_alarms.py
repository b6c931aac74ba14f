"""Hop: a credential refused again and again becomes an alarm of the duty administrator; other findings are for the
record.
"""

from schemas.envelope import Event
from schemas.signal import Signal
from services.flow.case import Case
from services.flow.incidents import called
from services.rules.alarm_states import Cause


def signals_to_alarms(signal: Event[Signal], case: Case) -> None:
    """Raise ``refused_again``; ``admitted_against_policy`` is a finding, never a live alarm."""
    if signal.data.rule != "refused_again":
        return
    mode = case.facts.mode(signal.site)
    cause = Cause(
        rule="refused_again",
        site=signal.site,
        gate=signal.data.gate,
        subject=signal.data.credential,
        event=signal.id,
        at=signal.time,
        drill=mode is not None and mode.drill,
    )
    called(cause, f"refused_again/{signal.data.credential}", case)
