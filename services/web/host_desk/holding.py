"""Holding a parents' evening: the form, the link with its code to print, who has registered and who came. For a host,
and for the duty administrator and the director.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from services.store.visits import attendance, evenings, registering
from services.store.visits.conditions import Conditions
from services.store.visits.evenings import EveningRow
from services.web.host_desk import desk as desks
from services.web.host_desk import terms
from services.web.host_desk.answering import texts, ticked
from services.web.host_desk.desk import Desk, page
from services.web.host_desk.evening_form import OPEN_TO, SHOWN, evening_of
from services.web.shared.outside import visits_of
from services.web.shared.parts import parts_of
from services.web.shared.qr import inline_picture
from services.web.shared.visitors import form_checked, list_checked, words
from services.web.visitor_portal import fields
from services.web.visitor_portal.fields import Wrong

_REASON = fields.needed_text("visit.wrong.reason")

logger = logging.getLogger(__name__)


def routes(prefix: str, whose: Callable[..., object]) -> APIRouter:
    """Make the pages of evenings at one kind of desk."""
    router = APIRouter(prefix=f"{prefix}/evenings")
    at_desk = Depends(whose)

    @router.get("/new")
    async def new_page(request: Request, desk: Annotated[Desk, at_desk]) -> Response:
        """Show the form, with an id of its own."""
        begin = {"open_to": "parents", "entries": "single"}
        return _form(request, desk, evenings.new_evening(), begin, list(desk.here.policy.gates), {})

    @router.post("/new", dependencies=[Depends(list_checked)])
    async def hold(request: Request, desk: Annotated[Desk, at_desk]) -> Response:
        """Hold an evening: once, however often the form comes."""
        return await _hold(request, desk)

    @router.get("/{evening}")
    async def evening_page(request: Request, desk: Annotated[Desk, at_desk], evening: str) -> Response:
        """Show an evening: its link, who has registered, who came."""
        return await _evening(request, desk, evening, "evening")

    @router.get("/{evening}/poster")
    async def poster_page(request: Request, desk: Annotated[Desk, at_desk], evening: str) -> Response:
        """Show the link as a sheet to print."""
        return await _evening(request, desk, evening, "poster")

    @router.post("/{evening}/call-off", dependencies=[Depends(form_checked)])
    async def call_off(request: Request, desk: Annotated[Desk, at_desk], evening: str) -> Response:
        """Call an evening off, with a reason for those who have registered."""
        return await _call_off(request, desk, evening)

    return router


of_host = routes("/visit/{site}/host/desk", desks.of_host)
of_staff = routes(desks.LIST, desks.of_staff)


async def _hold(request: Request, desk: Desk) -> Response:
    form = await request.form()
    typed = texts(form)
    evening = typed.get("evening", "")
    if not evenings.is_evening(evening):
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT)
    told = evening_of(form, desk)
    if isinstance(told, dict):
        return _form(request, desk, evening, typed, ticked(form, "entrance"), told)
    seals = visits_of(request).seals
    row = await parts_of(request).store.write(
        lambda session: evenings.hold(session, site=desk.here.site, told=told, by=desk.by, seals=seals, at=desk.now)
    )
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    logger.info("evening_held site=%s evening=%s lines=%d", desk.here.site, evening, len(told.names))
    return RedirectResponse(f"{desk.base}/evenings/{evening}", status.HTTP_303_SEE_OTHER)


async def _call_off(request: Request, desk: Desk, evening: str) -> Response:
    reason = _REASON(texts(await request.form()).get("reason", ""))
    if isinstance(reason, Wrong):
        return await _evening(request, desk, evening, "evening", {"reason": reason})
    seals = visits_of(request).seals

    def act(session: Session) -> bool:
        row = _known(session, desk, evening)
        return row is not None and registering.call_off(
            session, row=row, reason=reason, by=desk.by, policy=desk.here.policy, seals=seals, at=desk.now
        )

    done = await parts_of(request).store.write(act)
    logger.info("evening_called_off site=%s evening=%s changed=%s", desk.here.site, evening, done)
    return RedirectResponse(f"{desk.base}/evenings/{evening}", status.HTTP_303_SEE_OTHER)


def _known(session: Session, desk: Desk, evening: str) -> EveningRow | None:
    """Give an evening that is this desk's: the staff see all of the school."""
    row = evenings.one(session, desk.here.site, evening)
    mine = desk.user is not None or (row is not None and desk.host is not None and row.host == desk.host.host)
    return row if mine else None


async def _evening(
    request: Request, desk: Desk, evening: str, template: str, wrong: dict[str, Wrong] | None = None
) -> Response:
    def ask(session: Session) -> tuple[EveningRow, attendance.Attendance] | None:
        row = _known(session, desk, evening)
        return (row, attendance.of(session, row)) if row is not None else None

    found = await parts_of(request).store.read(ask)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    row, attended = found
    parts = visits_of(request)
    link = f"{parts.public_url}/visit/{row.site}/e/{parts.seals.link('evening', row.site, row.evening)}"
    path = f"{desk.base}/evenings/{evening}"
    values = {
        "evening": row,
        "attended": attended,
        "link": link,
        "qr": inline_picture(link, words(request).say("evening.qr")),
        "path": path,
        "open_to": OPEN_TO[row.open_to],
        "over": desk.now >= row.ends_at,
        "wrong": wrong or {},
    }
    back = path if template == "evening" else f"{path}/{template}"
    return page(request, desk, template, values, back=back, wrong=bool(wrong))


def _form(
    request: Request,
    desk: Desk,
    evening: str,
    typed: dict[str, str],
    entrances: Sequence[str],
    wrong: dict[str, Wrong],
) -> Response:
    shown = {name: typed.get(name, "") for name in SHOWN}
    values = {
        "evening": evening,
        "answers": {name: text if name == "names" else text[:500] for name, text in shown.items()},
        "all_open_to": OPEN_TO,
        "wrong": wrong,
        "today": desk.here.local(desk.now).date().isoformat(),
        **terms.shown(Conditions(entrances=list(entrances)), desk.here.policy),
        "entries": shown["entries"],
    }
    return page(request, desk, "evening_new", values, back=f"{desk.base}/evenings/new", wrong=bool(wrong))
