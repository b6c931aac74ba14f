"""Registering a visitor at the post in few fields: returning people by their first letters, the document only seen. The
system says who is to be checked; then the visitor is let in by name.
"""

import logging
from datetime import datetime
from typing import Annotated, cast

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, status
from sqlmodel import Session

from schemas.credential import Category
from services.store.administration import NotAllowed
from services.store.journal_book import leaving
from services.store.lists import matches
from services.store.visitors_journal import walk_ins
from services.store.visitors_journal.walk_ins import DOCUMENT_KINDS, TAIL, WALK_IN_CATEGORIES, WalkIn, WalkInRow
from services.web.guard_console.room import Notice, Room, enter, onward, page
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, form_checked

PATH = "/post/walk-in"
_LONGEST = 200
_FOUND_AT_MOST = 8
_CLOCK = "%Y-%m-%dT%H:%M"

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(PATH)
async def walk_in_page(
    request: Request,
    user: SignedIn,
    q: Annotated[str, Query(max_length=_LONGEST)] = "",
    again: Annotated[str, Query(max_length=_LONGEST)] = "",
) -> Response:
    """Show the form; ``q`` finds who was here before, ``again`` fills the form with their last registration."""
    room = await enter(request, user)

    def ask(session: Session) -> tuple[list[WalkInRow], WalkInRow | None, int]:
        before = walk_ins.of_holder(session, user.site, again) if again else None
        inside = len(leaving.not_left(session, user.site, room.now))
        return walk_ins.returning(session, user.site, q, _FOUND_AT_MOST), before, inside

    found, before, inside = await parts_of(request).store.read(ask)
    filled = {"name": before.name if before else q, "holder": before.holder if before else ""}
    if before is not None:
        filled |= {"category": before.category, "document_kind": before.document_kind, "host_text": before.host_text}
        filled |= {"document_tail": before.document_tail, "purpose": before.purpose}
    return _form(request, room, filled, q=q, found=[] if before else found, inside=inside)


@router.post(PATH, dependencies=[Depends(form_checked)])
async def register(request: Request, user: SignedIn) -> Response:
    """Register a visitor; a field that is missing or cannot be read is said, and what was typed stays."""
    room, parts = await enter(request, user), parts_of(request)
    typed = {name: str(value)[:_LONGEST] for name, value in (await request.form()).items()}
    told = _told(typed, room)
    if isinstance(told, str):
        return _form(request, room, typed, notice=Notice("refused", room.words.say(told)))
    try:
        row = await parts.store.write(
            lambda session: walk_ins.register(
                session, site=user.site, told=told, by=user.login, post=user.post, at=room.now
            )
        )
    except NotAllowed:
        return _form(request, room, typed, notice=Notice("refused", room.words.say("walk_in.not_unasked")))
    logger.info("walk_in_registered site=%s visit=%s drawn=%s", user.site, row.visit, row.drawn)
    return onward(request, f"{PATH}/{row.visit}")


@router.get(f"{PATH}/{{visit}}")
async def registered_page(request: Request, user: SignedIn, visit: str) -> Response:
    """Say what comes next for a visitor who has been registered: the check or the gate, and a badge to print; or that
    the duty administrator is asked, and nothing of why.
    """
    room = await enter(request, user)

    def ask(session: Session) -> tuple[WalkInRow | None, str | None]:
        return walk_ins.one(session, user.site, visit), matches.stands(session, user.site, visit)

    row, stands = await parts_of(request).store.read(ask)
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return page(request, room, "registered", {"row": row, "stands": stands}, here="walk_in")


def _told(typed: dict[str, str], room: Room) -> WalkIn | str:
    """Read the form; what cannot be taken is the key of the sentence that says so."""
    if not typed.get("name", "").strip():
        return "walk_in.no_name"
    if typed.get("category") not in WALK_IN_CATEGORIES or typed.get("document_kind") not in DOCUMENT_KINDS:
        return "walk_in.no_choice"
    tail = "".join(letter for letter in typed.get("document_tail", "") if letter.isalnum())
    if typed["document_kind"] != "none" and not tail:
        return "walk_in.no_tail"
    if not typed.get("host_text", "").strip() or not typed.get("purpose", "").strip():
        return "walk_in.no_host"
    came_at = _came_at(typed.get("came_at", ""), room)
    if isinstance(came_at, str):
        return came_at
    visit = typed.get("visit", "")
    return WalkIn(
        visit=visit if walk_ins.is_visit(visit) else walk_ins.new_visit(),
        name=typed["name"],
        category=cast("Category", typed["category"]),
        document_kind=typed["document_kind"],
        document_tail="" if typed["document_kind"] == "none" else tail[-TAIL:],
        host_text=typed["host_text"],
        purpose=typed["purpose"],
        holder=typed.get("holder") or None,
        came_at=came_at,
    )


def _came_at(typed: str, room: Room) -> datetime | str | None:
    """Read when somebody came who was written on paper first; empty is now."""
    if not typed.strip():
        return None
    try:
        came_at = datetime.strptime(typed.strip(), _CLOCK).replace(tzinfo=room.sight.zone)
    except ValueError:
        return "walk_in.no_time"
    return came_at if came_at <= room.now else "walk_in.no_time"


def _form(
    request: Request,
    room: Room,
    filled: dict[str, str],
    *,
    notice: Notice | None = None,
    q: str = "",
    found: list[WalkInRow] | None = None,
    inside: int = 0,
) -> Response:
    values = {
        "filled": {"category": "visitor", "document_kind": "identity_card", **filled},
        "visit": walk_ins.new_visit(),
        "q": q,
        "found": found or [],
        "inside": inside,
        "categories": WALK_IN_CATEGORIES,
        "documents": DOCUMENT_KINDS,
    }
    return page(request, room, "walk_in", values, here="walk_in", notice=notice)
