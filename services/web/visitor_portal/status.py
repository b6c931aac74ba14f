"""What a visitor sees after asking, under a link that nobody can guess: how it stands, the pass, the badge."""

import logging
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from sqlmodel import Session

from schemas.pass_token import PassClaims, written
from schemas.setting import WrongSetting
from services.store.records import visitor_passes
from services.store.records.visitor_passes import VisitorPassRow
from services.store.visits import deeds, links, visits
from services.store.visits.states import WITH_PASS, after
from services.store.visits.visits import VisitRow
from services.web.shared.assets import FOLDER
from services.web.shared.outside import School, outside_page, school, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.qr import qr_picture
from services.web.shared.visitors import form_checked, words

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

ESCORTS: dict[str, str] = {
    "none": "visit.pass.escort.none",
    "host": "visit.pass.escort.host",
    "staff": "visit.pass.escort.staff",
}
_GROUP = 4

logger = logging.getLogger(__name__)
pass_keeper = APIRouter()
router = APIRouter(prefix="/visit/{site}")
AtSchool = Annotated[School, Depends(school)]


@pass_keeper.get("/visit/worker.js")
def worker() -> Response:
    """Give the script that keeps an opened pass for when there is no network; its place says what it may keep."""
    return FileResponse(FOLDER / "visit_worker.js", media_type="text/javascript")


@router.get("/v/{link}")
async def status_page(request: Request, here: AtSchool, link: str) -> Response:
    """Show how a visit stands, and what to do."""
    row, _ = await _visit(request, here, link)
    values = {**_told(request, row), "link": link, "may_cancel": after(row.standing, "cancel") is not None}
    return outside_page(request, "visitor_portal/status.html", here, values, back=_path(here, link))


@router.get("/v/{link}/state")
async def state(request: Request, here: AtSchool, link: str) -> Response:
    """Give the version of a visit, for the page to notice a change."""
    row, _ = await _visit(request, here, link)
    return JSONResponse({"version": row.version})


@router.post("/v/{link}/cancel", dependencies=[Depends(form_checked)])
async def cancel(request: Request, here: AtSchool, link: str) -> Response:
    """Cancel a visit; its pass opens nothing from now on."""
    row, _ = await _visit(request, here, link)
    now = parts_of(request).clock()
    done = await parts_of(request).store.write(
        lambda session: deeds.cancel(session, site=here.site, visit=row.visit, at=now)
    )
    logger.info("visit_cancelled site=%s visit=%s changed=%s", here.site, row.visit, done)
    return RedirectResponse(_path(here, link), status.HTTP_303_SEE_OTHER)


@router.get("/v/{link}/pass")
async def pass_page(request: Request, here: AtSchool, link: str) -> Response:
    """Show the pass: the code for the reader, and the short one for whoever cannot show it."""
    return await _with_pass(request, here, link, "visitor_portal/pass.html", "pass")


@router.get("/v/{link}/badge")
async def badge_page(request: Request, here: AtSchool, link: str) -> Response:
    """Show the pass as a badge to print."""
    return await _with_pass(request, here, link, "visitor_portal/badge.html", "badge")


async def _with_pass(request: Request, here: School, link: str, template: str, page: str) -> Response:
    row, issued = await _visit(request, here, link)
    if issued is None or issued.revoked_at is not None or row.standing not in WITH_PASS:
        return RedirectResponse(_path(here, link), status.HTTP_303_SEE_OTHER)
    visits_here = visits_of(request)
    code = visits_here.seals.pass_code(here.site, issued.jti)
    values = {
        **_told(request, row),
        "link": link,
        "qr": qr_picture(_token(request, here, issued), words(request).say("visit.pass.qr")),
        "code": " ".join(code[place : place + _GROUP] for place in range(0, len(code), _GROUP)),
        "valid_from": issued.valid_from,
        "valid_until": issued.valid_until,
        "escort": ESCORTS[issued.escort],
    }
    return outside_page(request, template, here, values, back=f"{_path(here, link)}/{page}")


async def _visit(request: Request, here: School, link: str) -> tuple[VisitRow, VisitorPassRow | None]:
    now = parts_of(request).clock()

    def ask(session: Session) -> tuple[VisitRow, VisitorPassRow | None] | None:
        visit = links.visit_of(session, here.site, link, "status", now)
        row = visits.one(session, here.site, visit) if visit else None
        return (row, visitor_passes.of_visit(session, here.site, row.visit)) if row else None

    found = await parts_of(request).store.read(ask)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return found


def _told(request: Request, row: VisitRow) -> dict[str, object]:
    over = row.leaves_at <= parts_of(request).clock() and row.state in {"requested", "approved", "changed"}
    standing = "over" if over else row.state
    looks, title, do = STANDINGS[standing]
    return {"visit": row, "standing": standing, "looks": looks, "title": title, "do": do}


def _path(here: School, link: str) -> str:
    return f"/visit/{here.site}/v/{link}"


def _token(request: Request, here: School, issued: VisitorPassRow) -> str:
    try:
        key = visits_of(request).pass_keys.signing(here.site, here.policy)
    except WrongSetting as error:
        logger.exception("pass_not_signed site=%s", here.site)
        raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE) from error
    claims = PassClaims(here.site, issued.jti, _seconds(issued.valid_from), _seconds(issued.valid_until))
    return written(claims, key.kid, key.private_key)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
