"""Ringing back the office of somebody who came on duty: by a number of the school's own directory, never by one that
they give. Until the office has said yes, nobody is let in by name for it.
"""

import logging
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response, status
from sqlmodel import Session

from services.store import directory
from services.store.directory import CallBackRow, CallOutcome, OfficeRow
from services.store.visitors_journal import walk_ins
from services.store.visitors_journal.walk_ins import WalkInRow
from services.web.guard_console.room import Notice, Room, enter, onward, page
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, form_checked

PATH = "/post/call-back"
OUTCOMES: tuple[CallOutcome, ...] = get_args(CallOutcome)
_LONGEST = 200

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(f"{PATH}/{{holder}}")
async def call_back_page(
    request: Request, user: SignedIn, holder: str, q: Annotated[str, Query(max_length=_LONGEST)] = ""
) -> Response:
    """Show whom it is about, the numbers that may be rung, and what was heard before."""
    return await _page(request, await enter(request, user), holder, q)


@router.post(f"{PATH}/{{holder}}", dependencies=[Depends(form_checked)])
async def called(
    request: Request,
    user: SignedIn,
    holder: str,
    office: Annotated[str, Form(max_length=_LONGEST)] = "",
    outcome: Annotated[str, Form(max_length=_LONGEST)] = "",
    spoke_with: Annotated[str, Form(max_length=_LONGEST)] = "",
) -> Response:
    """Write down what was heard; whoever confirmed has a name."""
    room = await enter(request, user)
    if outcome not in OUTCOMES or not office:
        return await _page(request, room, holder, "", Notice("refused", room.words.say("call_back.no_office")))
    if outcome != "no_answer" and not spoke_with.strip():
        return await _page(request, room, holder, "", Notice("refused", room.words.say("call_back.no_name")))
    await _visitor(request, room, holder)
    written = await parts_of(request).store.write(
        lambda session: directory.record_call(
            session,
            site=user.site,
            holder=holder,
            office=office,
            outcome=outcome,
            spoke_with=spoke_with,
            by=user.login,
            post=user.post,
            at=room.now,
        )
    )
    if written is None:
        return await _page(request, room, holder, "", Notice("refused", room.words.say("call_back.no_office")))
    logger.info("called_back site=%s holder=%s outcome=%s", user.site, holder, outcome)
    return onward(request, f"{PATH}/{holder}")


async def _visitor(request: Request, room: Room, holder: str) -> WalkInRow:
    row = await parts_of(request).store.read(lambda session: walk_ins.of_holder(session, room.user.site, holder))
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return row


async def _page(request: Request, room: Room, holder: str, q: str, notice: Notice | None = None) -> Response:
    row = await _visitor(request, room, holder)

    def ask(session: Session) -> tuple[list[OfficeRow], list[CallBackRow]]:
        calls = directory.calls_about(session, room.user.site, holder, row.came_at)
        return directory.search(session, room.user.site, q), list(calls)

    offices, calls = await parts_of(request).store.read(ask)
    values = {
        "row": row,
        "q": q,
        "offices": offices,
        "calls": calls,
        "confirmed": bool(calls) and calls[0].outcome == "confirmed",
        "outcomes": OUTCOMES,
    }
    return page(request, room, "call_back", values, here="walk_in", notice=notice)
