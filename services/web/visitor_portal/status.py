"""What a visitor sees after asking, under a link that nobody can guess: how it stands, and what to do. The passes are
in ``passes.py``.
"""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import JSONResponse, RedirectResponse
from sqlmodel import Session

from services.store.visits import companions, deeds, links, visits
from services.store.visits import party as members
from services.store.visits.party import MemberRow
from services.store.visits.states import after
from services.store.visits.visits import VisitRow
from services.web.shared.outside import School, few_enough, outside_page, school, unknown_link, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import form_checked
from services.web.visitor_portal.forms import TooOften
from services.web.visitor_portal.returning import begin_like

STANDINGS: dict[str, tuple[str, str, str]] = {
    "requested": ("unsure", "visit.status.requested.title", "visit.status.requested.do"),
    "approved": ("go", "visit.status.approved.title", "visit.status.approved.do"),
    "changed": ("ask", "visit.status.changed.title", "visit.status.changed.do"),
    "declined": ("plain-state", "visit.status.declined.title", "visit.status.declined.do"),
    "cancelled": ("plain-state", "visit.status.cancelled.title", "visit.status.cancelled.do"),
    "arrived": ("go", "visit.status.arrived.title", "visit.status.arrived.do"),
    "left": ("plain-state", "visit.status.left.title", "visit.status.left.do"),
    "over": ("plain-state", "visit.status.over.title", "visit.status.over.do"),
}
"""How each state of a visit looks and what is said of it; ``over`` is one whose time passed before anybody came."""

OWN = "/visit/{site}/c/{link}"
"""The path of the link of somebody who comes along, under which only their pass is."""

_MAY_ASK_ANEW = frozenset({"changed", "declined", "cancelled", "left", "over"})

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/visit/{site}", dependencies=[Depends(few_enough)])
AtSchool = Annotated[School, Depends(school)]


@router.get("/v/{link}")
async def status_page(request: Request, here: AtSchool, link: str) -> Response:
    """Show how a visit stands, and what to do."""
    row = await visit_of(request, here, link)
    told = told_of(request, row)
    parts, now, seals = parts_of(request), parts_of(request).clock(), visits_of(request).seals

    def ask(session: Session) -> list[tuple[MemberRow, str | None]]:
        party = members.of_visit(session, here.site, row.visit)
        return [(one, companions.link_of(session, one, seals, now)) for one in party]

    party = await parts.store.read(ask)
    values = {
        **told,
        "link": link,
        "party": [one for one, _ in party],
        "shared": [(one.place, one.name, own_address(request, here, own)) for one, own in party if own],
        "may_cancel": after(row.standing, "cancel") is not None,
        "may_ask_anew": told["standing"] in _MAY_ASK_ANEW,
    }
    return outside_page(request, "visitor_portal/status.html", here, values, back=path_of(here, link))


@router.get("/v/{link}/state")
async def state(request: Request, here: AtSchool, link: str) -> Response:
    """Give the version of a visit, for the page to notice a change."""
    row = await visit_of(request, here, link)
    return JSONResponse({"version": row.version})


@router.post("/v/{link}/cancel", dependencies=[Depends(form_checked)])
async def cancel(request: Request, here: AtSchool, link: str) -> Response:
    """Cancel a visit; its pass opens nothing from now on."""
    row = await visit_of(request, here, link)
    now = parts_of(request).clock()
    done = await parts_of(request).store.write(
        lambda session: deeds.cancel(session, site=here.site, visit=row.visit, at=now)
    )
    logger.info("visit_cancelled site=%s visit=%s changed=%s", here.site, row.visit, done)
    return RedirectResponse(path_of(here, link), status.HTTP_303_SEE_OTHER)


@router.post("/v/{link}/accept", dependencies=[Depends(form_checked)])
async def accept(request: Request, here: AtSchool, link: str) -> Response:
    """Agree to the time that the host has given."""
    row = await visit_of(request, here, link)
    now = parts_of(request).clock()
    done = await parts_of(request).store.write(
        lambda session: deeds.accept(session, site=here.site, visit=row.visit, at=now)
    )
    logger.info("visit_accepted site=%s visit=%s changed=%s", here.site, row.visit, done)
    return RedirectResponse(path_of(here, link), status.HTTP_303_SEE_OTHER)


@router.post("/v/{link}/anew", dependencies=[Depends(form_checked)])
async def anew(request: Request, here: AtSchool, link: str) -> Response:
    """Lead to asking for another time with everything filled; one that was given instead of the asked one is cancelled
    when the new one is sent.
    """
    row = await visit_of(request, here, link)
    try:
        return await begin_like(request, here, row, instead=row.standing == "changed")
    except TooOften as often:
        logger.warning("visit_limited site=%s", here.site)
        raise HTTPException(status.HTTP_429_TOO_MANY_REQUESTS) from often


async def visit_of(request: Request, here: School, link: str) -> VisitRow:
    """Give the visit that a link is about; a link that is none, or has run out, is a 404."""
    now = parts_of(request).clock()

    def ask(session: Session) -> VisitRow | None:
        visit = links.visit_of(session, here.site, link, "status", now)
        return visits.one(session, here.site, visit) if visit else None

    found = await parts_of(request).store.read(ask)
    if found is None:
        raise unknown_link(request)
    return found


def told_of(request: Request, row: VisitRow) -> dict[str, object]:
    """Give how a visit stands, for a template."""
    over = row.leaves_at <= parts_of(request).clock() and row.state in {"requested", "approved", "changed"}
    standing = "over" if over else row.state
    looks, title, do = STANDINGS[standing]
    return {"visit": row, "standing": standing, "looks": looks, "title": title, "do": do}


def path_of(here: School, link: str) -> str:
    """Give the address of a visit's page."""
    return f"/visit/{here.site}/v/{link}"


def own_address(request: Request, here: School, link: str) -> str:
    """Give the whole address of the pass of somebody who comes along, to be sent on."""
    return f"{visits_of(request).public_url}{OWN.format(site=here.site, link=link)}/pass"
