"""The paper journal: numbered sheets to print beforehand, and the quick form that types a sheet in when the power is
back.
"""

import logging
import secrets
from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response, status
from sqlmodel import Session

from services.store.journal_book import columns, paper
from services.store.journal_book.columns import Columns
from services.store.journal_book.paper import LINES, SHEETS_AT_MOST, JournalSheetRow, PaperLine
from services.store.visitors_journal.entries import JournalEntryRow
from services.store.visitors_journal.walk_ins import DOCUMENT_KINDS, TAIL, WALK_IN_CATEGORIES
from services.web.guard_console.room import Notice, Room, enter, onward, page, said
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, answer_checked, form_checked
from services.web.visitors_journal import book
from services.web.visitors_journal.journal_room import PATH, day_of, known, wording

FIELDS = ("time_in", "name", "category", "document_kind", "document_tail", "host_text", "purpose", "time_out")
TYPED = ("time_in", "name", "document_tail", "host_text", "purpose", "time_out")
_LONGEST = 200
_LISTED = 30
_DONE = frozenset({"typed", "nothing"})
_FORM_BYTES = 8

Lines = dict[int, dict[str, str]]

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(f"{PATH}/paper")
async def paper_page(request: Request, user: SignedIn) -> Response:
    """Offer to print sheets, and list those that were printed, to type in."""
    room = await enter(request, user)
    sheets = await parts_of(request).store.read(lambda session: paper.latest(session, user.site, _LISTED))
    values = {"sheets": sheets, "most": SHEETS_AT_MOST, "printing": secrets.token_hex(_FORM_BYTES)}
    return page(request, room, "visitors_journal/paper", values, here="journal")


@router.post(f"{PATH}/paper", dependencies=[Depends(form_checked)])
async def number_sheets(
    request: Request,
    user: SignedIn,
    printing: Annotated[str, Form(max_length=_LONGEST)],
    count: Annotated[int, Form(ge=1, le=SHEETS_AT_MOST)] = 1,
) -> Response:
    """Number new sheets and lead to them."""
    room = await enter(request, user)
    await parts_of(request).store.write(
        lambda session: paper.print_sheets(
            session, site=user.site, count=count, printing=printing, by=user.login, at=room.now
        )
    )
    return onward(request, f"{PATH}/paper/print", printing=printing)


@router.get(f"{PATH}/paper/print")
async def sheets_page(
    request: Request, user: SignedIn, printing: Annotated[str, Query(max_length=_LONGEST)]
) -> Response:
    """Show sheets as they are printed: the school's columns, empty numbered lines."""
    room = await enter(request, user)

    def ask(session: Session) -> tuple[list[JournalSheetRow], Columns]:
        return list(paper.of_printing(session, user.site, printing)), columns.of_site(session, user.site)

    sheets, chosen = await parts_of(request).store.read(ask)
    if not sheets:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    shown = [code for code in chosen.shown if code not in {"number", "date"}]
    values = {"sheets": sheets, "codes": shown, "told": wording(room, chosen, {}), "DATE": book.DATE}
    return page(request, room, "visitors_journal/sheets", values, here="journal")


@router.get(f"{PATH}/paper/{{sheet}}")
async def sheet_page(
    request: Request, user: SignedIn, sheet: int, told: Annotated[str, Query(max_length=_LONGEST)] = ""
) -> Response:
    """Show the lines of a sheet: those that are typed in already, and fields for the others."""
    room = await enter(request, user)
    notice = said(room, told, _DONE, lambda code: f"journal.paper.{code}")
    return await _form(request, room, sheet, {}, day_of("", room), notice)


@router.post(f"{PATH}/paper/{{sheet}}", dependencies=[Depends(answer_checked)])
async def type_in(request: Request, user: SignedIn, sheet: int) -> Response:
    """Type the lines of a sheet in, all or none; empty ones are left out, and one that was typed in stays."""
    room, parts = await enter(request, user), parts_of(request)
    form = await request.form()
    typed: Lines = {
        line: {field: str(form.get(f"{field}.{line}") or "")[: 2 * _LONGEST].strip() for field in FIELDS}
        for line in range(1, LINES + 1)
    }
    day = day_of(str(form.get("day") or ""), room)
    told = _told(typed, day, room)
    if isinstance(told, Notice):
        return await _form(request, room, sheet, typed, day, told)

    def write(session: Session) -> int:
        return paper.type_in(
            session, site=user.site, sheet=known(sheet), told=told, by=user.login, post=user.post, at=room.now
        )

    try:
        count = await parts.store.write(write)
    except LookupError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND) from error
    logger.info("journal_typed_in site=%s sheet=%d lines=%d", user.site, sheet, count)
    return onward(request, f"{PATH}/paper/{sheet}", told="typed" if count else "nothing")


def _told(typed: Lines, day: date | None, room: Room) -> list[PaperLine] | Notice:
    """Read every line that says anything; the first that cannot be read is told with its number."""
    if day is None:
        return Notice("refused", room.words.say("journal.no_day"))
    told = []
    for number, fields in typed.items():
        if not any(fields[name] for name in TYPED):
            continue
        line = _line(number, fields, day, room)
        if isinstance(line, str):
            return Notice("refused", room.words.say("journal.paper.line", line=number, fault=room.words.say(line)))
        told.append(line)
    return told


def _line(number: int, fields: dict[str, str], day: date, room: Room) -> PaperLine | str:
    """Read one line; what cannot be read is the key of the sentence that says so."""
    tail = "".join(letter for letter in fields["document_tail"] if letter.isalnum())
    came_at, left_at = _moment(fields["time_in"], day, room), _moment(fields["time_out"], day, room)
    if came_at is None or (fields["time_out"] and left_at is None):
        return "journal.paper.no_time"
    if left_at is not None and left_at < came_at:
        left_at += timedelta(days=1)
    faults = (
        (max(came_at, left_at or came_at) > room.now, "walk_in.no_time"),
        (not fields["name"], "walk_in.no_name"),
        (fields["category"] not in WALK_IN_CATEGORIES, "walk_in.no_choice"),
        (fields["document_kind"] not in DOCUMENT_KINDS, "walk_in.no_choice"),
        (fields["document_kind"] != "none" and not tail, "walk_in.no_tail"),
        (any(len(fields[name]) > _LONGEST for name in TYPED), "journal.paper.long"),
    )
    for is_so, fault in faults:
        if is_so:
            return fault
    return PaperLine(
        line=number,
        came_at=came_at,
        left_at=left_at,
        name=fields["name"],
        category=fields["category"],
        document_kind=fields["document_kind"],
        document_tail="" if fields["document_kind"] == "none" else tail[-TAIL:],
        host_text=fields["host_text"],
        purpose=fields["purpose"],
    )


def _moment(typed: str, day: date, room: Room) -> datetime | None:
    """Read a time of the sheet's day on the school's wall."""
    try:
        return datetime.combine(day, time.fromisoformat(typed), room.sight.zone) if typed else None
    except ValueError:
        return None


async def _form(
    request: Request, room: Room, sheet: int, typed: Lines, day: date | None, notice: Notice | None
) -> Response:
    site = room.user.site

    def ask(session: Session) -> tuple[JournalSheetRow | None, dict[int, book.Entry]]:
        rows: dict[int, JournalEntryRow] = paper.typed(session, site, known(sheet))
        entries, _ = book.read(session, site, list(rows.values()))
        return paper.one(session, site, sheet), {entry.row.line or 0: entry for entry in entries}

    printed, done = await parts_of(request).store.read(ask)
    if printed is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    empty = {**dict.fromkeys(TYPED, ""), "category": "visitor", "document_kind": "identity_card"}
    values = {
        "sheet": printed,
        "done": done,
        "lines": {
            line: typed.get(line) or {**dict.fromkeys(TYPED, ""), **empty} for line in range(1, printed.lines + 1)
        },
        "day": day.isoformat() if day else "",
        "categories": WALK_IN_CATEGORIES,
        "documents": DOCUMENT_KINDS,
        "told": wording(room, Columns(shown=[]), {}),
    }
    return page(request, room, "visitors_journal/sheet", values, here="journal", notice=notice)
