"""One visit and its answer: the page and the form are the same by a link, at a host's desk, and for the duty
administrator.
"""

import logging
from dataclasses import dataclass

from fastapi import HTTPException, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlmodel import Session
from starlette.datastructures import FormData

from services.store.visits import conditions, deeds, visits
from services.store.visits.deeds import Decision
from services.store.visits.states import after
from services.store.visits.visits import VisitRow
from services.web.host_desk import terms
from services.web.host_desk.decisions import DECISIONS, decision_of
from services.web.shared.outside import School, outside_page, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import User
from services.web.visitor_portal.fields import Wrong

STANDINGS: dict[str, str] = {
    "requested": "host.title",
    "approved": "host.standing.approved",
    "changed": "host.standing.changed",
    "declined": "host.standing.declined",
    "cancelled": "host.standing.cancelled",
    "arrived": "host.standing.arrived",
    "left": "host.standing.left",
    "over": "host.standing.over",
}
STATES: dict[str, str] = {
    "requested": "host.state.requested",
    "approved": "host.state.approved",
    "changed": "host.state.changed",
    "declined": "host.state.declined",
    "cancelled": "host.state.cancelled",
    "arrived": "host.state.arrived",
    "left": "host.state.left",
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asking:
    """A visit that somebody looks at who may answer: who they are in the audit's words, where the page is, and where
    the list is that they came from.
    """

    here: School
    row: VisitRow
    path: str
    by: str
    home: str | None = None
    user: User | None = None


def there(row: VisitRow | None) -> VisitRow:
    """Give a visit that there is; any other is a page that there is not."""
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return row


async def answer(request: Request, asking: Asking) -> Response:
    """Take an answer, and show the visit as it stands then."""
    form, now = await request.form(), parts_of(request).clock()
    typed, entrances = texts(form), ticked(form, "entrance")
    decision = decision_of(typed, entrances, asking.here.policy, now)
    if not isinstance(decision, Decision):
        return await show(request, asking, typed, decision)
    seals = visits_of(request).seals
    changed = await parts_of(request).store.write(
        lambda session: deeds.decide(
            session,
            site=asking.here.site,
            visit=asking.row.visit,
            decision=decision,
            by=asking.by,
            policy=asking.here.policy,
            seals=seals,
            at=now,
        )
    )
    told = (asking.here.site, asking.row.visit, decision.deed, changed)
    logger.info("visit_decided site=%s visit=%s deed=%s changed=%s", *told)
    return RedirectResponse(asking.path, status.HTTP_303_SEE_OTHER)


async def show(
    request: Request, asking: Asking, form: dict[str, str] | None = None, wrong: dict[str, Wrong] | None = None
) -> Response:
    """Show a visit, and what can be answered; with what was typed and what is wrong with it."""
    here, row, now = asking.here, asking.row, parts_of(request).clock()

    def ask(session: Session) -> conditions.Conditions:
        return conditions.of(session, here.site, row.visit)

    agreed = await parts_of(request).store.read(ask)
    over = row.leaves_at <= now and row.state == "requested"
    standing = "over" if over else row.state
    begins, ends = here.local(row.arrives_at), here.local(row.leaves_at)
    asked = {"date": begins.date().isoformat(), "from": f"{begins:%H:%M}", "until": f"{ends:%H:%M}", "reason": ""}
    values = {
        "user": asking.user,
        "visit": row,
        "standing": standing,
        "standing_text": STANDINGS[standing],
        "path": asking.path,
        "home": asking.home,
        "may": {deed for deed in DECISIONS if after(row.standing, deed) is not None and not over},
        "answers": {**asked, **{name: (form or {}).get(name, told)[:500] for name, told in asked.items()}},
        "wrong": wrong or {},
        "today": here.local(now).date().isoformat(),
        **terms.shown(agreed, here.policy),
    }
    code = status.HTTP_422_UNPROCESSABLE_CONTENT if wrong else status.HTTP_200_OK
    return outside_page(request, "host_desk/visit.html", here, values, back=asking.path, code=code)


async def visit_of(request: Request, here: School, visit: str) -> VisitRow:
    """Give a visit of a school by its id."""
    return there(await parts_of(request).store.read(lambda session: visits.one(session, here.site, visit)))


def texts(form: FormData) -> dict[str, str]:
    """Give a form's fields, without files."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


def ticked(form: FormData, name: str) -> list[str]:
    """Give what was ticked under a name."""
    return [value for value in form.getlist(name) if isinstance(value, str)][:100]
