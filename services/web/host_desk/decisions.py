"""What a host may answer, read from the form. Pure."""

from collections.abc import Mapping
from datetime import datetime

from services.store.visits.deeds import Decision
from services.store.visits.states import Deed
from services.web.visitor_portal import fields
from services.web.visitor_portal.fields import Wrong

DECISIONS: tuple[Deed, ...] = ("approve", "change", "decline")
_REASON = fields.needed_text("visit.wrong.reason")


def decision_of(form: Mapping[str, str], offset_min: int, now: datetime) -> Decision | dict[str, Wrong]:
    """Read a decision, or give what is wrong by field; a deed that there is not is wrong about ``reason``."""
    match form.get("deed"):
        case "approve":
            return Decision(deed="approve")
        case "decline":
            reason = _REASON(form.get("reason", ""))
            return Decision(deed="decline", reason=reason) if isinstance(reason, str) else {"reason": reason}
        case "change":
            return _changed(form, offset_min, now)
        case _:
            return {"reason": Wrong("visit.wrong.deed")}


def _changed(form: Mapping[str, str], offset_min: int, now: datetime) -> Decision | dict[str, Wrong]:
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
    return {told[0]: told[1]} if told else Decision(deed="change", arrives_at=begins, leaves_at=ends)
