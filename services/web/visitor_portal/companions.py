"""What somebody who comes along sees under a link of their own, which whoever asked for the visit has sent on: their
pass, its badge, and nothing else of the visit.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import JSONResponse
from sqlmodel import Session

from services.store.visits import companions, visits
from services.store.visits.party import MemberRow
from services.store.visits.visits import VisitRow
from services.web.shared.outside import School, outside_page, school, unknown_link
from services.web.shared.parts import parts_of
from services.web.visitor_portal.passes import Shown, passes_of, picture_of, shown_values
from services.web.visitor_portal.status import OWN, told_of

router = APIRouter(prefix=OWN)
AtSchool = Annotated[School, Depends(school)]


@router.get("/pass")
async def own_pass(request: Request, here: AtSchool, link: str) -> Response:
    """Show the pass as whoever asked sees it, without ways to the rest of the visit."""
    row, shown = await _own(request, here, link)
    if shown is None:
        return _gone(request, here, link)
    alone = {"base": _path(here, link), "own": True, "next": None, "share": None}
    values = {**await shown_values(request, here, row, shown), **alone}
    return outside_page(request, "visitor_portal/pass.html", here, values, back=f"{_path(here, link)}/pass")


@router.get("/badge")
async def own_badge(request: Request, here: AtSchool, link: str) -> Response:
    """Show the pass as a badge to print."""
    row, shown = await _own(request, here, link)
    if shown is None:
        return _gone(request, here, link)
    sheet = {"passes": [shown], "sheet": 1, "sheets": 1}
    values = {**told_of(request, row), **sheet, "base": _path(here, link), "own": True}
    return outside_page(request, "visitor_portal/badge.html", here, values, back=f"{_path(here, link)}/badge")


@router.get("/qr")
async def own_picture(request: Request, here: AtSchool, link: str) -> Response:
    """Give the code of the pass as a picture, for its badge."""
    _, shown = await _own(request, here, link)
    if shown is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return await picture_of(request, here, shown)


@router.get("/state")
async def own_state(request: Request, here: AtSchool, link: str) -> Response:
    """Give the version of the visit, for the page to notice a change; a pass that holds no more is a 404."""
    row, shown = await _own(request, here, link)
    if shown is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return JSONResponse({"version": row.version})


async def _own(request: Request, here: School, link: str) -> tuple[VisitRow, Shown | None]:
    """Give the visit and the one pass that a link is about; no pass when it holds no more. A link that is none, or has
    run out, is a 404.
    """
    now = parts_of(request).clock()

    def ask(session: Session) -> tuple[MemberRow, VisitRow] | None:
        member = companions.linked(session, here.site, link, now)
        row = visits.one(session, here.site, member.visit) if member is not None else None
        return (member, row) if member is not None and row is not None else None

    found = await parts_of(request).store.read(ask)
    if found is None:
        raise unknown_link(request)
    member, row = found
    passes = await passes_of(request, here, row)
    return row, next((shown for shown in passes if shown.place == member.place), None)


def _gone(request: Request, here: School, link: str) -> Response:
    back = f"{_path(here, link)}/pass"
    return outside_page(request, "visitor_portal/gone.html", here, {}, back=back, code=status.HTTP_404_NOT_FOUND)


def _path(here: School, link: str) -> str:
    return OWN.format(site=here.site, link=link)
