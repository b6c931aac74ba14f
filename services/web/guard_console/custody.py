"""What lies at the post: left with a numbered receipt, returned or handed over. Nothing disappears from the page before
it has gone into somebody's hands, and what stays too long stands first.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response, status
from sqlmodel import Session
from starlette.datastructures import UploadFile

from services.store.people import PersonRow, by_holders
from services.store.records import screenings
from services.store.screenings import custody, photos, whom
from services.store.screenings.custody import Chain, CustodyAct, Thing
from services.store.screenings.items import Item, item_list
from services.store.screenings.photos import NotAPhoto
from services.web.guard_console.console import console_of
from services.web.guard_console.room import Notice, Room, enter, onward, page
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, form_checked, photo_checked

PATH = "/post/custody"
ENDS: tuple[CustodyAct, ...] = ("returned", "to_parents", "to_police")
_GONE_SHOWN = 20
_LONGEST = 200
_MOST_ITEMS = 99
_LARGEST_NUMBER = 2**31 - 1
_TYPED = ("holder", "item", "count", "description", "form")
_FORM_BYTES = 8
_IN_FORM = re.compile(r"[0-9a-f]{16}")

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(PATH)
async def custody_page(request: Request, user: SignedIn) -> Response:
    """List what lies at the post, what is overdue first, and what has gone lately."""
    room = await enter(request, user)

    def ask(session: Session) -> tuple[list[Chain], list[Chain], dict[str, PersonRow]]:
        here, gone = custody.at_post(session, user.site), custody.gone(session, user.site, _GONE_SHOWN)
        return here, gone, by_holders(session, user.site, {chain.thing.holder for chain in (*here, *gone)})

    here, gone, people = await parts_of(request).store.read(ask)
    values = {"here_now": here, "gone": gone, "people": people, "items": item_list()}
    return page(request, room, "custody", values, here="custody")


@router.get(f"{PATH}/new")
async def leave_page(request: Request, user: SignedIn, holder: Annotated[str, Query(max_length=_LONGEST)]) -> Response:
    """Ask what somebody leaves at the post."""
    return await _leave_form(request, await enter(request, user), {"holder": holder})


@router.post(f"{PATH}/new", dependencies=[Depends(photo_checked)])
async def leave(request: Request, user: SignedIn) -> Response:
    """Take a thing into custody, with its photo where there is one; its receipt is the next page."""
    room = await enter(request, user)
    async with request.form() as form:
        typed = {name: str(form.get(name) or "").strip()[:_LONGEST] for name in _TYPED}
        sent = form.get("photo")
        content = await sent.read() if isinstance(sent, UploadFile) else b""
    if item_list().item(typed["item"]) is None or not typed["description"] or not _IN_FORM.fullmatch(typed["form"]):
        return await _leave_form(request, room, typed, Notice("refused", room.words.say("custody.no_item")))
    await _person(request, user.site, typed["holder"])
    try:
        jpeg = await asyncio.to_thread(photos.taken_in, content) if content else None
    except NotAPhoto:
        return await _leave_form(request, room, typed, Notice("refused", room.words.say("custody.not_a_photo")))
    thing = Thing(
        holder=typed["holder"],
        item=typed["item"],
        count=_count(typed["count"]),
        description=typed["description"],
        form=typed["form"],
    )

    def take(session: Session) -> int:
        number = custody.leave(session, site=user.site, thing=thing, by=user.login, post=user.post, at=room.now)
        if jpeg is not None:
            photos.keep(session, site=user.site, number=number, jpeg=jpeg, by=user.login, at=room.now)
        return number

    number = await parts_of(request).store.write(take)
    logger.info("custody_left site=%s number=%d photo=%s", user.site, number, jpeg is not None)
    return onward(request, f"{PATH}/{number}")


@router.get(f"{PATH}/{{number}}")
async def receipt_page(request: Request, user: SignedIn, number: int) -> Response:
    """Show a thing's receipt with its whole chain, to print."""
    return await _receipt(request, await enter(request, user), number)


@router.get(f"{PATH}/{{number}}/photo")
async def photo(request: Request, user: SignedIn, number: int) -> Response:
    """Show a thing's photo to the people of its site, and leave it in no cache."""
    jpeg = await parts_of(request).store.read(lambda session: photos.one(session, user.site, _known(number)))
    if jpeg is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return Response(jpeg, media_type="image/jpeg", headers={"cache-control": "private, no-store"})


@router.post(f"{PATH}/{{number}}", dependencies=[Depends(form_checked)])
async def hand_over(
    request: Request,
    user: SignedIn,
    number: int,
    act: Annotated[str, Form(max_length=_LONGEST)],
    to_whom: Annotated[str, Form(max_length=_LONGEST)] = "",
    note: Annotated[str, Form(max_length=_LONGEST)] = "",
) -> Response:
    """Write into whose hands a thing went."""
    room = await enter(request, user)
    if act not in ENDS or not to_whom.strip():
        return await _receipt(request, room, number, Notice("refused", room.words.say("custody.no_hands")))
    written = await parts_of(request).store.write(
        lambda session: custody.hand_over(
            session,
            site=user.site,
            number=_known(number),
            act=act,
            to_whom=to_whom.strip(),
            note=note.strip(),
            by=user.login,
            post=user.post,
            at=room.now,
        )
    )
    if not written:
        return await _receipt(request, room, number, Notice("refused", room.words.say("custody.gone_already")))
    return onward(request, f"{PATH}/{number}")


async def _person(request: Request, site: str, holder: str) -> PersonRow | None:
    """Give who leaves something; somebody whom the site does not know is a 404."""

    def ask(session: Session) -> tuple[PersonRow | None, bool]:
        person = by_holders(session, site, {holder}).get(holder)
        return person, person is not None or whom.category_of(session, site, holder) is not None

    person, known = await parts_of(request).store.read(ask)
    if not known:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return person


def _count(text: str) -> int:
    return min(int(text), _MOST_ITEMS) if text.isdecimal() and len(text) <= len(str(_MOST_ITEMS)) else 1


async def _leave_form(request: Request, room: Room, typed: Mapping[str, str], notice: Notice | None = None) -> Response:
    holder = typed["holder"]
    person = await _person(request, room.user.site, holder)
    latest = await parts_of(request).store.read(lambda session: screenings.latest(session, room.user.site, holder))
    items = item_list()
    told = [items.item(str(item["code"])) for item in latest.items] if latest and latest.standing != "clear" else []
    found: list[Item] = [item for item in told if item is not None]
    values = {
        "holder": holder,
        "person": person,
        "found": found,
        "items": items,
        "typed": {"item": "", "count": "1", "description": "", "form": secrets.token_hex(_FORM_BYTES), **typed},
        "kept_days": photos.KEPT.days,
    }
    return page(request, room, "custody_new", values, here="custody", notice=notice)


async def _receipt(request: Request, room: Room, number: int, notice: Notice | None = None) -> Response:
    site = room.user.site

    def ask(session: Session) -> tuple[Chain | None, dict[str, PersonRow], bool]:
        chain = custody.one(session, site, _known(number))
        people = by_holders(session, site, {chain.thing.holder}) if chain else {}
        return chain, people, photos.there_is(session, site, number)

    chain, people, has_photo = await parts_of(request).store.read(ask)
    if chain is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    users = await console_of(request).names.users(site, {entry.by for entry in chain.entries})
    values = {
        "chain": chain,
        "person": people.get(chain.thing.holder),
        "item": item_list().item(chain.thing.item),
        "users": users,
        "ends": ENDS,
        "has_photo": has_photo,
        "due": f"{chain.thing.due_at.astimezone(room.sight.zone):%d.%m.%Y %H:%M}",
    }
    return page(request, room, "receipt", values, here="custody", notice=notice)


def _known(number: int) -> int:
    """Refuse a number that no database holds."""
    if not 0 < number <= _LARGEST_NUMBER:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return number
