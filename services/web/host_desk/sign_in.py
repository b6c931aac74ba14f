"""How a host signs in: an address is typed, a link is sent there, the link is opened and confirmed. What is said is the
same whether the school knows the address or not.
"""

import logging
import math
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from services.store.visits import sign_ins
from services.store.visits.hosts import HostRow
from services.web.host_desk import desk
from services.web.shared.outside import School, outside_page, school, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import address_of, form_checked
from services.web.visitor_portal import fields
from services.web.visitor_portal.fields import Wrong

_SAID = {"sent": "host.sign_in.sent", "out": "host.sign_in.out", "over": "host.sign_in.over"}
_MINUTE_S = 60

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/visit/{site}/host")
AtSchool = Annotated[School, Depends(school)]


@router.get("")
async def sign_in_page(request: Request, here: AtSchool, said: str = "") -> Response:
    """Ask for the address, or lead whoever is signed in to their desk."""
    if not said and await desk.host_of(request, here.site) is not None:
        return RedirectResponse(f"{desk.sign_in_address(here.site)}/desk", status.HTTP_303_SEE_OTHER)
    return _page(request, here, said=_SAID.get(said))


@router.post("", dependencies=[Depends(form_checked)])
async def ask_link(request: Request, here: AtSchool) -> Response:
    """Send a link to the address, if it is a host's."""
    typed = str((await request.form()).get("email") or "")
    email = fields.email(typed)
    if isinstance(email, Wrong):
        return _page(request, here, typed, email)
    parts, visits = parts_of(request), visits_of(request)
    now, address = parts.clock(), address_of(request)
    wait = visits.attempts.wait(address, f"host {email}", now)
    if wait:
        logger.warning("host_sign_in_limited site=%s", here.site)
        wrong = Wrong("visit.often", {"minutes": max(1, math.ceil(wait.total_seconds() / _MINUTE_S))})
        return _page(request, here, typed, wrong, status.HTTP_429_TOO_MANY_REQUESTS)
    visits.attempts.failed(address, f"host {email}", now)
    await parts.store.write(
        lambda session: sign_ins.ask(session, site=here.site, email=email, seals=visits.seals, at=now)
    )
    logger.info("host_sign_in_asked site=%s", here.site)
    return RedirectResponse(f"{desk.sign_in_address(here.site)}?said=sent", status.HTTP_303_SEE_OTHER)


@router.get("/enter/{token}")
async def confirm_page(request: Request, here: AtSchool, token: str) -> Response:
    """Ask to confirm: whatever looks at links in mails before people do signs nobody in."""
    now = parts_of(request).clock()
    row = await parts_of(request).store.read(lambda session: sign_ins.open_one(session, here.site, token, now))
    if row is None:
        return RedirectResponse(f"{desk.sign_in_address(here.site)}?said=over", status.HTTP_303_SEE_OTHER)
    path = f"{desk.sign_in_address(here.site)}/enter/{token}"
    return outside_page(request, "host_desk/enter.html", here, {"path": path}, back=path)


@router.post("/enter/{token}", dependencies=[Depends(form_checked)])
async def enter(request: Request, here: AtSchool, token: str) -> Response:
    """Sign the host in; the link is good no more."""
    now = parts_of(request).clock()

    def act(session: Session) -> HostRow | None:
        return sign_ins.use(session, site=here.site, token=token, at=now)

    host = await parts_of(request).store.write(act)
    home = desk.sign_in_address(here.site)
    if host is None:
        return RedirectResponse(f"{home}?said=over", status.HTTP_303_SEE_OTHER)
    logger.info("host_signed_in site=%s host=%s", here.site, host.host)
    response = RedirectResponse(f"{home}/desk", status.HTTP_303_SEE_OTHER)
    desk.set_cookie(request, response, host)
    return response


@router.post("/out", dependencies=[Depends(form_checked)])
async def sign_out(request: Request, here: AtSchool) -> Response:
    """End the session at once, also where its cookie was copied to."""
    session = desk.session_of(request)
    if session is not None:
        desk.host_sessions(request).end(session)
    home = desk.sign_in_address(here.site)
    response = RedirectResponse(f"{home}?said=out", status.HTTP_303_SEE_OTHER)
    response.delete_cookie(desk.COOKIE, path=home)
    return response


def _page(
    request: Request,
    here: School,
    email: str = "",
    wrong: Wrong | None = None,
    code: int = status.HTTP_422_UNPROCESSABLE_CONTENT,
    said: str | None = None,
) -> Response:
    values = {"email": email[:200], "wrong": {"email": wrong} if wrong else {}, "said": said}
    shown = code if wrong else status.HTTP_200_OK
    return outside_page(
        request, "host_desk/sign_in.html", here, values, back=desk.sign_in_address(here.site), code=shown
    )
