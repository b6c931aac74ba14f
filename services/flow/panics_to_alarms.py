"""Hop: a press becomes an alarm, under the very id that screens and police link have shown it by; presses of one site
join while it is open.
"""

from schemas.envelope import Event
from schemas.panic import Panic
from services.flow.case import Case
from services.flow.incidents import called
from services.rules.alarm_states import Cause


def panics_to_alarms(press: Event[Panic], case: Case) -> None:
    """Raise a press. It is real whatever drill is on, unless it is the agreed test of that very button."""
    cause = Cause(
        rule="panic",
        site=press.site,
        gate=press.data.gate,
        subject=press.data.button,
        event=press.id,
        at=press.time,
        silent=press.data.silent,
        drill=press.data.test is not None,
    )
    called(cause, "panic", case)
