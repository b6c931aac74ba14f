"""What a check calls for besides keeping somebody out: an alarm, or nothing."""

from schemas.alarm import AlarmRule
from schemas.screening import Screening
from services.rules.precautions import REFUSALS_FOR_THE_DUTY_ADMINISTRATOR


def calls_for(check: Screening) -> AlarmRule | None:
    """Give the alarm of a check: a weapon that a person has confirmed, or a check refused again within the day."""
    if check.standing == "weapon_confirmed":
        return "weapon"
    again = check.refusals >= REFUSALS_FOR_THE_DUTY_ADMINISTRATOR
    return "checks_refused" if check.outcome == "check_refused" and again else None
