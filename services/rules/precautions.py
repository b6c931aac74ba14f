"""What a guard's check found, the threat level, and who must be checked or accompanied before they go in."""

from datetime import datetime

from schemas.credential import Category
from schemas.reasons import Reason, Verdict
from schemas.site_policy import Escort, ScreeningDue, SitePolicy
from services.rules.asked import NO_RULES, Asked, Finding, measure_now
from services.rules.opening_times import DUTY_ADMINISTRATOR

REFUSALS_FOR_THE_DUTY_ADMINISTRATOR = 2
_FOUND = frozenset({"item_found", "weapon_suspected", "weapon_confirmed"})
_STRICTER: dict[Escort, int] = {"none": 0, "host": 1, "staff": 2}


def item_found(asked: Asked) -> Finding | None:
    """Refuse whoever still has an item that a check found. The values never say which: its owner may be reading."""
    check = asked.facts.screening
    if check is None or check.standing not in _FOUND:
        return None
    return Verdict.REFUSE, Reason.ITEM_FOUND, {"since": asked.told(check.checked_at)}


def check_refused(asked: Asked) -> Finding | None:
    """Refuse a visitor who refused the check and ask about anybody else; from the second refusal of a day on it is
    the duty administrator's question (``who``).
    """
    check = asked.facts.screening
    if check is None or check.standing != "check_refused":
        return None
    is_visitor = asked.facts.visitor_pass is not None or asked.person.category == "visitor"
    values = {"since": asked.told(check.checked_at)}
    today = asked.on_the_wall(check.checked_at).date() == asked.today
    if today and check.refusals >= REFUSALS_FOR_THE_DUTY_ADMINISTRATOR:
        values |= {"refusals": str(check.refusals), "who": DUTY_ADMINISTRATOR}
    return Verdict.REFUSE if is_visitor else Verdict.ASK, Reason.CHECK_REFUSED, values


def threat_level(asked: Asked) -> Finding | None:
    """Ask or refuse as the table of measures says for the level in force."""
    threat, measure = asked.threat, asked.measure
    if threat is None or measure is None or measure.entry == "as_usual":
        return None
    verdict = Verdict.REFUSE if measure.entry == "refuse" else Verdict.ASK
    return verdict, Reason.THREAT_LEVEL, {"level": threat.level, "until": asked.told(threat.valid_until)}


def screening_due(asked: Asked) -> Finding | None:
    """Ask for the check that is due before entry, until one of today has found nothing."""
    check = asked.facts.screening
    if check is not None and check.standing == "clear" and asked.on_the_wall(check.checked_at).date() == asked.today:
        return None
    visit = asked.facts.visitor_pass
    if asked.measure is not None and asked.measure.screening == "always":
        return Verdict.ASK, Reason.SCREENING_DUE, {"basis": "threat_level"}
    if asked.rules.screening == "always" and (asked.measure is None or asked.measure.screening is None):
        return Verdict.ASK, Reason.SCREENING_DUE, {"basis": "category"}
    return (Verdict.ASK, Reason.SCREENING_DUE, {"basis": "pass"}) if visit and visit.screening_due else None


def escort_due(asked: Asked) -> Finding | None:
    """Ask for whoever must come and go along: the stricter of what the pass and what policy or threat level say."""
    visit, measure = asked.facts.visitor_pass, asked.measure
    by_rule = measure.escort if measure is not None and measure.escort is not None else asked.rules.escort
    escort = max(by_rule, visit.escort if visit else "none", key=_STRICTER.__getitem__)
    return (Verdict.ASK, Reason.ESCORT_DUE, {"escort": escort}) if escort != "none" else None


def screening_by_rule(policy: SitePolicy, category: Category, now: datetime) -> ScreeningDue:
    """Give which checks policy and threat level want of a category, for whoever registers a visit."""
    measure = measure_now(policy, category, now)
    if measure is not None and measure.screening is not None:
        return measure.screening
    return policy.categories.get(category, NO_RULES).screening
