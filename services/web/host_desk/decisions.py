"""What a host may answer, read from the form. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from schemas.site_policy import SitePolicy
from services.store.visits.deeds import Decision
from services.store.visits.states import Deed
from services.web.host_desk.terms import conditions_of
from services.web.visitor_portal import fields
from services.web.visitor_portal.fields import Wrong

DECISIONS: tuple[Deed, ...] = ("approve", "change", "decline")
_REASON = fields.needed_text("visit.wrong.reason")


def decision_of(
    form: Mapping[str, str], entrances: Sequence[str], policy: SitePolicy, now: datetime
) -> Decision | dict[str, Wrong]:
    """Read a decision, or give what is wrong by field; a deed that there is not is wrong about ``reason``."""
    match form.get("deed"):
        case "approve":
            return Decision(deed="approve")
        case "decline":
            reason = _REASON(form.get("reason", ""))
            return Decision(deed="decline", reason=reason) if isinstance(reason, str) else {"reason": reason}
        case "change":
            return _changed(form, entrances, policy, now)
        case _:
            return {"reason": Wrong("visit.wrong.deed")}


def times_of(form: Mapping[str, str], offset_min: int, now: datetime) -> tuple[datetime, datetime] | dict[str, Wrong]:
    """Read a day with begin and end, or give what is wrong by field."""
    read = {
        "date": fields.day(form.get("date", "")),
        "from": fields.clock(form.get("from", "")),
        "until": fields.clock(form.get("until", "")),
    }
    wrong = {name: value for name, value in read.items() if isinstance(value, Wrong)}
    if wrong:
        return wrong
    begins, ends = fields.moments(str(read["date"]), str(read["from"]), str(read["until"]), offset_min)
    told = fields.wrong_times(begins, ends, now)
    return {told[0]: told[1]} if told else (begins, ends)


def _changed(
    form: Mapping[str, str], entrances: Sequence[str], policy: SitePolicy, now: datetime
) -> Decision | dict[str, Wrong]:
    times = times_of(form, policy.utc_offset_min, now)
    conditions = conditions_of(form, entrances, policy)
    if isinstance(times, dict) or isinstance(conditions, dict):
        told: dict[str, Wrong] = {**(times if isinstance(times, dict) else {})}
        return told | (conditions if isinstance(conditions, dict) else {})
    return Decision(deed="change", arrives_at=times[0], leaves_at=times[1], conditions=conditions)
