"""Who was registered at the post today and has not left: one press writes that they leave now, for no gate reads it."""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response, status
from sqlmodel import Session

from services.store.journal_book import leaving
from services.store.journal_book.leaving import NotLeft
from services.web.guard_console.room import enter, onward, page, said
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, form_checked

PATH = "/post/walk-in/inside"
_DONE = frozenset({"left", "before"})
_LONGEST = 200
_LARGEST_NUMBER = 2**31 - 1

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(PATH)
async def inside_page(
    request: Request, user: SignedIn, told: Annotated[str, Query(max_length=_LONGEST)] = ""
) -> Response:
    """Show who has not left, whoever came first first, with a press for each."""
    room = await enter(request, user)

    def ask(session: Session) -> tuple[list[NotLeft], list[NotLeft]]:
        found = leaving.not_left(session, user.site, room.now)
        return found, leaving.overdue(session, user.site, room.now, room.now)

    found, late = await parts_of(request).store.read(ask)
    values = {"found": found, "late": {one.entry.number for one in late}}
    notice = said(room, told, _DONE, lambda code: f"leaving.said.{code}")
    return page(request, room, "inside", values, here="walk_in", notice=notice)


@router.post(PATH, dependencies=[Depends(form_checked)])
async def leave(request: Request, user: SignedIn, number: Annotated[int, Form(ge=1, le=_LARGEST_NUMBER)]) -> Response:
    """Write that somebody has left now; a press that comes twice writes once."""
    room = await enter(request, user)
    try:
        written = await parts_of(request).store.write(
            lambda session: leaving.leave(session, site=user.site, number=number, by=user.login, at=room.now)
        )
    except LookupError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND) from error
    logger.info("walk_in_left site=%s number=%d changed=%s", user.site, number, written)
    return onward(request, PATH, told="left" if written else "before")
