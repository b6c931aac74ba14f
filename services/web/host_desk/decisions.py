"""What a host may answer, read from the form. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from schemas.site_policy import SitePolicy
from services.store.visits.deeds import Decision
from services.store.visits.states import Deed
from services.web.host_desk.spans import day_of
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


def _changed(
    form: Mapping[str, str], entrances: Sequence[str], policy: SitePolicy, now: datetime
) -> Decision | dict[str, Wrong]:
    span = day_of(form, policy.utc_offset_min, now)
    conditions = conditions_of(form, entrances, policy)
    if isinstance(span, dict) or isinstance(conditions, dict):
        told = span if isinstance(span, dict) else {}
        return told | (conditions if isinstance(conditions, dict) else {})
    return Decision(deed="change", arrives_at=span.begins, leaves_at=span.ends, conditions=conditions)
