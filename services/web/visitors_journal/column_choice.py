"""Which columns the journal has: the director or the duty administrator gives each its place, and names some of the
school's own.
"""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlmodel import Session

from services.store.administration import RuleForbids
from services.store.journal_book import columns
from services.store.journal_book.columns import KNOWN, OWN_AT_MOST, TITLE_AT_MOST, Columns
from services.web.guard_console.room import Notice, Room, enter, onward, page, said
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, form_checked
from services.web.visitors_journal.journal_room import LARGEST_NUMBER, PATH, deciding, wording

_DONE = frozenset({"saved"})
_LONGEST = 200

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(f"{PATH}/columns")
async def columns_page(
    request: Request, user: SignedIn, told: Annotated[str, Query(max_length=_LONGEST)] = ""
) -> Response:
    """Show every column with its place."""
    deciding(user)
    room = await enter(request, user)
    known = await parts_of(request).store.read(lambda session: columns.of_site(session, user.site))
    places = {code: str(place) for place, code in enumerate(known.shown, 1)}
    notice = said(room, told, _DONE, lambda code: f"journal.columns.{code}")
    return _form(request, room, known, places, dict(known.own), notice)


@router.post(f"{PATH}/columns", dependencies=[Depends(form_checked)])
async def choose(request: Request, user: SignedIn) -> Response:
    """Take the places; a column without one is not shown."""
    deciding(user)
    room, parts = await enter(request, user), parts_of(request)
    typed = {name: str(value)[:_LONGEST].strip() for name, value in (await request.form()).items()}
    places = {name.removeprefix("place."): value for name, value in typed.items() if name.startswith("place.")}
    own = {name.removeprefix("own."): value for name, value in typed.items() if name.startswith("own.")}
    own = {code: title for code, title in own.items() if columns.is_own(code)}
    seen = typed.get("seen", "")

    def write(session: Session) -> Columns:
        return columns.choose(
            session,
            site=user.site,
            shown=_in_order(places),
            own=own,
            seen_version=int(seen) if seen.isdecimal() else -1,
            by=user.login,
            at=room.now,
        )

    try:
        chosen = await parts.store.write(write)
    except RuleForbids as rule:
        known = await parts.store.read(lambda session: columns.of_site(session, user.site))
        told = room.words.say(f"journal.columns.{rule.code}", most=OWN_AT_MOST, letters=TITLE_AT_MOST)
        return _form(request, room, known, places, own, Notice("refused", told))
    logger.info("journal_columns_chosen site=%s version=%d", user.site, chosen.version)
    return onward(request, f"{PATH}/columns", told="saved")


def _in_order(places: dict[str, str]) -> list[str]:
    """Give the columns that have a place, by place; of two at one place the one that stands first on the page."""
    numbered = [(int(place), code) for code, place in places.items() if place.isascii() and place.isdecimal()]
    return [code for place, code in sorted(numbered, key=lambda each: each[0]) if 0 < place <= LARGEST_NUMBER]


def _form(
    request: Request,
    room: Room,
    known: Columns,
    places: dict[str, str],
    own: dict[str, str],
    notice: Notice | None = None,
) -> Response:
    codes = [code for code in (*known.shown, *KNOWN) if not columns.is_own(code)]
    free = columns.next_own(own, OWN_AT_MOST - len(own)) if len(own) < OWN_AT_MOST else []
    values = {
        "known": known,
        "codes": list(dict.fromkeys(codes)),
        "places": places,
        "own": {**own, **dict.fromkeys(free[:2], "")},
        "letters": TITLE_AT_MOST,
        "told": wording(room, known, {}),
    }
    return page(request, room, "visitors_journal/columns", values, here="journal", notice=notice)
