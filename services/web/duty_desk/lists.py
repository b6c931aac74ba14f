"""The school's lists: whom the director has barred, and who is kept from a pupil. Entered, ended, and what has
ended.
"""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, status
from sqlmodel import Session

from services.store import admission_by_name, match_decisions
from services.store.lists import entries
from services.store.lists.entries import ListEntryRow
from services.store.people import PersonRow, by_holders
from services.web.duty_desk.desk import Desk, enter, onward, page, seals_of
from services.web.duty_desk.listed import KINDS, LONGEST, entry_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, form_checked

LISTS = "/lists"
_DONE = frozenset({"entered", "ended"})

logger = logging.getLogger(__name__)
router = APIRouter(prefix=LISTS)


@router.get("")
async def lists_page(
    request: Request, user: SignedIn, told: Annotated[str, Query(alias="said", max_length=LONGEST)] = ""
) -> Response:
    """Show who is on the lists, and who was."""
    desk = await enter(request, user)

    def ask(session: Session) -> tuple[list[ListEntryRow], dict[str, PersonRow]]:
        rows = list(entries.all_of(session, user.site))
        return rows, by_holders(session, user.site, {row.pupil for row in rows if row.pupil})

    rows, pupils = await parts_of(request).store.read(ask)
    values = {
        "holding": [row for row in rows if row.holds(desk.now)],
        "over": [row for row in rows if not row.holds(desk.now)],
        "pupils": pupils,
        "kinds": KINDS,
    }
    done = desk.words.say(f"lists.said.{told}") if told in _DONE else None
    return page(request, desk, "lists", values, done=done)


@router.get("/new")
async def new_page(
    request: Request,
    user: SignedIn,
    kind: Annotated[str, Query(max_length=LONGEST)] = "ban",
    q: Annotated[str, Query(max_length=LONGEST)] = "",
) -> Response:
    """Ask who goes on a list; for a custody entry the pupil is found first, by first letters."""
    desk = await enter(request, user)
    if kind not in KINDS:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return await _form(request, desk, {"kind": kind, "q": q})


@router.post("/new", dependencies=[Depends(form_checked)])
async def enter_one(request: Request, user: SignedIn) -> Response:
    """Enter somebody; visits that were asked for before are looked through for them."""
    desk = await enter(request, user)
    typed = {name: str(value)[:LONGEST] for name, value in (await request.form()).items()}
    offset_min = desk.here.policy.utc_offset_min
    told = entry_of(typed, site=user.site, offset_min=offset_min, seals=seals_of(request), now=desk.now)
    if isinstance(told, str):
        return await _form(request, desk, typed, desk.words.say(told))

    def act(session: Session) -> bool:
        if told.pupil is not None and not by_holders(session, user.site, {told.pupil}):
            return False
        row = entries.enter(session, site=user.site, told=told, by=user.login, at=desk.now)
        match_decisions.look_again(session, user.site, [row], desk.now)
        return True

    if not await parts_of(request).store.write(act):
        return await _form(request, desk, typed, desk.words.say("lists.wrong.pupil"))
    logger.info("list_entered site=%s entry=%s kind=%s", user.site, told.entry, told.kind)
    return onward(f"{LISTS}?said=entered")


@router.post("/{entry}/end", dependencies=[Depends(form_checked)])
async def end_one(request: Request, user: SignedIn, entry: str) -> Response:
    """End an entry: from now on it stops nobody."""
    desk = await enter(request, user)
    ended = await parts_of(request).store.write(
        lambda session: entries.end(session, site=user.site, entry=entry, by=user.login, at=desk.now)
    )
    logger.info("list_ended site=%s entry=%s changed=%s", user.site, entry, ended)
    return onward(f"{LISTS}?said=ended")


async def _form(request: Request, desk: Desk, typed: dict[str, str], wrong: str | None = None) -> Response:
    site, q, pupil = desk.user.site, typed.get("q", ""), typed.get("pupil", "")

    def ask(session: Session) -> list[PersonRow]:
        chosen = list(by_holders(session, site, {pupil}).values()) if pupil else []
        return chosen or admission_by_name.pupils(session, site, q)

    values = {
        "typed": typed,
        "kind": typed.get("kind") if typed.get("kind") in KINDS else KINDS[0],
        "found": await parts_of(request).store.read(ask),
        "entry": entries.new_entry(),
        "has_iin": seals_of(request) is not None,
        "today": desk.here.local(desk.now).date().isoformat(),
    }
    return page(request, desk, "new_entry", values, wrong=wrong)
