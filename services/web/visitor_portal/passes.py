"""The passes of a visit: each of a party shows one of their own at the reader, or its short code at the post; all
print as one sheet of badges. What those who come along see under links of their own is in ``companions.py``.
"""

import asyncio
import io
import logging
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import FileResponse, RedirectResponse
from sqlmodel import Session

from schemas.pass_token import PassClaims, written
from schemas.setting import WrongSetting
from services.store.records import visitor_passes
from services.store.records.visitor_passes import VisitorPassRow
from services.store.visits import companions, party
from services.store.visits.states import WITH_PASS
from services.store.visits.visits import VisitRow
from services.web.shared.assets import FOLDER
from services.web.shared.outside import School, outside_page, school, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.qr import QUIET_ZONE, inline_picture, qr_code
from services.web.shared.visitors import words
from services.web.visitor_portal.status import own_address, path_of, told_of, visit_of

ESCORTS: dict[str, str] = {
    "none": "visit.pass.escort.none",
    "host": "visit.pass.escort.host",
    "staff": "visit.pass.escort.staff",
}
BADGES_A_SHEET = 10
"""Two columns of five: what fits on a sheet of A4."""

_GROUP = 4
_DOT_PX = 2

logger = logging.getLogger(__name__)
pass_keeper = APIRouter()
router = APIRouter(prefix="/visit/{site}/v/{link}")
AtSchool = Annotated[School, Depends(school)]


class Shown(msgspec.Struct, frozen=True):
    """One pass of a visit as its page shows it: whose, in which place of the party, its short code, and the link of its
    own where somebody comes along.
    """

    place: int
    name: str
    code: str
    issued: VisitorPassRow
    link: str | None


@pass_keeper.get("/visit/worker.js")
def worker() -> Response:
    """Give the script that keeps an opened pass for when there is no network; its place says what it may keep."""
    return FileResponse(FOLDER / "visit_worker.js", media_type="text/javascript")


@router.get("/pass")
async def pass_page(request: Request, here: AtSchool, link: str) -> Response:
    """Show the pass of whoever asked: the code for the reader, and the short one for whoever cannot show it."""
    return await _pass_page(request, here, link, 0)


@router.get("/pass/{place}")
async def pass_of_companion(request: Request, here: AtSchool, link: str, place: int) -> Response:
    """Show the pass of somebody who comes along."""
    return await _pass_page(request, here, link, place)


@router.get("/badge")
async def badge_page(request: Request, here: AtSchool, link: str) -> Response:
    """Show the passes as badges to print: as many as fit on one sheet of paper."""
    return await _badges(request, here, link, 1)


@router.get("/badge/{sheet}")
async def further_badges(request: Request, here: AtSchool, link: str, sheet: int) -> Response:
    """Show a further sheet of a large party."""
    return await _badges(request, here, link, sheet)


@router.get("/qr/{place}")
async def qr_picture(request: Request, here: AtSchool, link: str, place: int) -> Response:
    """Give the code of one pass as a picture, for its badge."""
    found = await passes_of(request, here, await visit_of(request, here, link))
    return await picture_of(request, here, _in_place(found, place))


async def picture_of(request: Request, here: School, shown: Shown) -> Response:
    """Give the code of a pass as a picture."""
    picture = io.BytesIO()
    code = await asyncio.to_thread(qr_code, _token(request, here, shown.issued))
    code.save(picture, kind="png", scale=_DOT_PX, border=QUIET_ZONE)
    return Response(picture.getvalue(), media_type="image/png")


async def shown_values(request: Request, here: School, row: VisitRow, shown: Shown) -> dict[str, object]:
    """Give what the page of one pass shows, whoever looks at it, for its template."""
    title = words(request).say("visit.pass.qr")
    qr = await asyncio.to_thread(inline_picture, _token(request, here, shown.issued), title)
    return {**told_of(request, row), "shown": shown, "qr": qr, "escort": ESCORTS[shown.issued.escort]}


async def passes_of(request: Request, here: School, row: VisitRow) -> list[Shown]:
    """Give the passes of a visit that hold, whoever asked first."""
    seals, now = visits_of(request).seals, parts_of(request).clock()

    def ask(session: Session) -> list[Shown]:
        members = party.of_visit(session, here.site, row.visit)
        named = [(one.holder, one.name, companions.link_of(session, one, seals, now)) for one in members]
        issued = {known.holder: known for known in visitor_passes.of_visit(session, here.site, row.visit)}
        return [
            Shown(place, name, _spoken(seals.pass_code(here.site, issued[holder].jti)), issued[holder], own)
            for place, (holder, name, own) in enumerate(named or [(row.holder, row.name, None)])
            if holder in issued and issued[holder].revoked_at is None
        ]

    return await parts_of(request).store.read(ask) if row.standing in WITH_PASS else []


async def _badges(request: Request, here: School, link: str, sheet: int) -> Response:
    row = await visit_of(request, here, link)
    found = await passes_of(request, here, row)
    if not found:
        return RedirectResponse(path_of(here, link), status.HTTP_303_SEE_OTHER)
    on_it = found[(sheet - 1) * BADGES_A_SHEET : sheet * BADGES_A_SHEET] if sheet >= 1 else []
    if not on_it:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    sheets = math.ceil(len(found) / BADGES_A_SHEET)
    base = path_of(here, link)
    values = {**told_of(request, row), "base": base, "own": False, "passes": on_it, "sheet": sheet, "sheets": sheets}
    page = f"badge/{sheet}" if sheet > 1 else "badge"
    return outside_page(request, "visitor_portal/badge.html", here, values, back=f"{base}/{page}")


async def _pass_page(request: Request, here: School, link: str, place: int) -> Response:
    row, base = await visit_of(request, here, link), path_of(here, link)
    found = await passes_of(request, here, row)
    if not found:
        return RedirectResponse(base, status.HTTP_303_SEE_OTHER)
    shown = _in_place(found, place)
    values = {
        **await shown_values(request, here, row, shown),
        "base": base,
        "own": False,
        "next": place + 1 if place + 1 < len(found) else None,
        "share": own_address(request, here, shown.link) if shown.link else None,
    }
    page = f"pass/{place}" if place else "pass"
    return outside_page(request, "visitor_portal/pass.html", here, values, back=f"{base}/{page}")


def _in_place(found: Sequence[Shown], place: int) -> Shown:
    shown = next((one for one in found if one.place == place), None)
    if shown is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return shown


def _spoken(code: str) -> str:
    return " ".join(code[place : place + _GROUP] for place in range(0, len(code), _GROUP))


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
