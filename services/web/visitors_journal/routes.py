"""The journal's day, the search by name, one entry with what was added to it, and adding."""

import logging
import secrets
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response, status
from sqlmodel import Session

from services.store.journal_book import columns
from services.store.journal_book.columns import Columns
from services.store.visitors_journal import entries
from services.store.visitors_journal.entries import WORDS_AT_MOST
from services.web.guard_console.room import Notice, Room, enter, may_decide, onward, page, said
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, answer_checked
from services.web.visitors_journal import book
from services.web.visitors_journal.book import Entry
from services.web.visitors_journal.journal_room import PATH, begin_of, day_of, end_of, known, wording

_LONGEST = 200
_FOUND_AT_MOST = 50
_DONE = frozenset({"added"})
_FORM_BYTES = 8

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(PATH)
async def journal_page(
    request: Request,
    user: SignedIn,
    day: Annotated[str, Query(max_length=_LONGEST)] = "",
    q: Annotated[str, Query(max_length=_LONGEST)] = "",
) -> Response:
    """Show a day's entries, today's where none is named; or those of a name, whatever the day."""
    room = await enter(request, user)
    chosen = day_of(day, room)
    shown = chosen or room.now.astimezone(room.sight.zone).date()

    def ask(session: Session) -> tuple[list[Entry], dict[str, str], Columns]:
        rows = (
            entries.search(session, user.site, q, _FOUND_AT_MOST)
            if q.strip()
            else entries.between(session, user.site, begin_of(shown, room), end_of(shown, room))
        )
        return *book.read(session, user.site, rows), columns.of_site(session, user.site)

    found, names, chosen_columns = await parts_of(request).store.read(ask)
    values = {"q": q.strip(), "found": found, "told": wording(room, chosen_columns, names), **_days(shown, room)}
    refused = None if chosen else Notice("refused", room.words.say("journal.no_day"))
    return page(request, room, "visitors_journal/day", values, here="journal", notice=refused)


@router.get(f"{PATH}/entries/{{number}}")
async def entry_page(
    request: Request, user: SignedIn, number: int, told: Annotated[str, Query(max_length=_LONGEST)] = ""
) -> Response:
    """Show everything that one entry says, what was added to it, and the form that adds."""
    room = await enter(request, user)
    return await _entry(request, room, number, said(room, told, _DONE, lambda code: f"journal.said.{code}"))


@router.post(f"{PATH}/entries/{{number}}", dependencies=[Depends(answer_checked)])
async def add(
    request: Request,
    user: SignedIn,
    number: int,
    column: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    form: Annotated[str, Form()] = "",
) -> Response:
    """Add a dated line beneath an entry; the entry itself stays as it is."""
    room, parts = await enter(request, user), parts_of(request)
    known(number)

    def write(session: Session) -> str:
        if column not in columns.of_site(session, user.site).fillable:
            return "journal.no_column"
        if not text.strip():
            return "journal.no_text"
        if len(text) > WORDS_AT_MOST:
            return "journal.long_text"
        added = entries.add(
            session,
            site=user.site,
            number=number,
            column=column,
            text=text,
            by=user.login,
            at=room.now,
            form=form[:_LONGEST] or None,
        )
        return "" if added else "journal.not_added"

    fault = await parts.store.write(write)
    if fault:
        refused = Notice("refused", room.words.say(fault, most=WORDS_AT_MOST))
        return await _entry(request, room, number, refused, {"column": column, "text": text[: 2 * WORDS_AT_MOST]})
    logger.info("journal_added site=%s number=%d", user.site, number)
    return onward(request, f"{PATH}/entries/{number}", told="added")


async def _entry(
    request: Request, room: Room, number: int, notice: Notice | None, typed: dict[str, str] | None = None
) -> Response:
    site = room.user.site
    known(number)

    def ask(session: Session) -> tuple[list[Entry], dict[str, str], Columns]:
        row = entries.one(session, site, number)
        return *book.read(session, site, [row] if row else []), columns.of_site(session, site)

    found, names, chosen = await parts_of(request).store.read(ask)
    if not found:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    values = {
        "entry": found[0],
        "told": wording(room, chosen, names),
        "typed": typed or {"column": "note", "text": ""},
        "form": secrets.token_hex(_FORM_BYTES),
        "most": WORDS_AT_MOST,
    }
    return page(request, room, "visitors_journal/entry", values, here="journal", notice=notice)


def _days(shown: date, room: Room) -> dict[str, object]:
    today = room.now.astimezone(room.sight.zone).date()
    one = timedelta(days=1)
    return {
        "day": shown.isoformat(),
        "day_text": shown.strftime(book.DATE),
        "is_today": shown == today,
        "before": (shown - one).isoformat(),
        "after": (shown + one).isoformat(),
        "today": today.isoformat(),
        "may_export": may_decide(room.user),
    }
