"""Hop: a credential refused again and again, a pupil who left early and a pass that was used twice become alarms of the
duty administrator; other findings are for the record.
"""

from collections.abc import Mapping

from schemas.alarm import AlarmRule
from schemas.envelope import Event
from schemas.signal import Signal, SignalRule
from services.flow.case import Case
from services.flow.incidents import called
from services.rules.alarm_states import Cause

RAISED: Mapping[SignalRule, AlarmRule] = {
    "refused_again": "refused_again",
    "left_early": "left_early",
    "pass_used_twice": "pass_used_twice",
}
"""What a finding raises. What is not here is never a live alarm; checks refused again come from the checks
themselves.
"""


def signals_to_alarms(signal: Event[Signal], case: Case) -> None:
    """Raise what the table names, marked as a drill while its site has one."""
    rule = RAISED.get(signal.data.rule)
    if rule is None:
        return
    mode = case.facts.mode(signal.site)
    cause = Cause(
        rule=rule,
        site=signal.site,
        gate=signal.data.gate,
        subject=signal.data.credential,
        event=signal.id,
        at=signal.time,
        drill=mode is not None and mode.drill,
    )
    called(cause, f"{rule}/{signal.data.credential}", case)
