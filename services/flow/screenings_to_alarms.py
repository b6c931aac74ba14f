"""Hop: a weapon that a person has confirmed becomes a silent critical alarm, and checks refused again the duty
administrator's matter; every other check is the gates' matter only.
"""

from schemas.envelope import Event
from schemas.screening import Screening
from services.flow.case import Case
from services.flow.incidents import called
from services.rules.alarm_states import Cause
from services.rules.check_alarms import calls_for


def screenings_to_alarms(screening: Event[Screening], case: Case) -> None:
    """Raise what a check calls for, once for the check however often its record changes.

    A weapon is silent, so that no page at the post tells its carrier, and real whatever drill is on.
    """
    check = screening.data
    rule = calls_for(check)
    if rule is None:
        return
    mode = case.facts.mode(screening.site)
    cause = Cause(
        rule=rule,
        site=screening.site,
        gate=check.gate or check.post,
        subject=check.holder,
        event=check.screening,
        at=screening.time,
        silent=rule == "weapon",
        drill=rule != "weapon" and mode is not None and mode.drill,
    )
    called(cause, f"{rule}/{check.holder}", case)
