"""The journal of a period as a file: CSV, XLSX or PDF. Who took which days is written down."""

import asyncio
import logging
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlmodel import Session

from services.store import audit
from services.store.journal_book import columns
from services.store.journal_book.columns import Columns
from services.store.visitors_journal import entries
from services.web.guard_console.room import Notice, Room, enter, page
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, form_checked
from services.web.visitors_journal import book
from services.web.visitors_journal.book import DATE, Entry, Wording
from services.web.visitors_journal.journal_room import PATH, begin_of, day_of, deciding, end_of, wording
from services.web.visitors_journal.pdf_file import pdf_file
from services.web.visitors_journal.spreadsheet import csv_file, xlsx_file

DAYS_AT_MOST = 92
PAGES_FROM_AT_MOST = 3_000
"""How many entries a PDF may have: about 7 ms each, in a process that others wait for. Tables take any number."""

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(f"{PATH}/export")
async def export_page(request: Request, user: SignedIn) -> Response:
    """Ask which days, and as what."""
    deciding(user)
    room = await enter(request, user)
    today = room.now.astimezone(room.sight.zone).date()
    return _form(request, room, today.replace(day=1).isoformat(), today.isoformat())


@router.post(f"{PATH}/export", dependencies=[Depends(form_checked)])
async def export(
    request: Request,
    user: SignedIn,
    kind: Annotated[str, Form()] = "",
    since: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
) -> Response:
    """Give the file and write down who took it."""
    deciding(user)
    room, parts = await enter(request, user), parts_of(request)
    first, last = day_of(since, room), day_of(until, room)
    if kind not in TYPES or first is None or last is None or not 0 <= (last - first).days < DAYS_AT_MOST:
        told = room.words.say("journal.export.no_days", most=DAYS_AT_MOST)
        return _form(request, room, since, until, Notice("refused", told))

    found, names, chosen = await parts.store.read(lambda session: _read(session, room, first, last))
    if kind == "pdf" and len(found) > PAGES_FROM_AT_MOST:
        told = room.words.say("journal.export.too_many", most=PAGES_FROM_AT_MOST)
        return _form(request, room, since, until, Notice("refused", told))
    told_by = wording(room, chosen, names)
    made = await asyncio.to_thread(_made, kind, told_by, found, _title(room, first, last))
    detail = {"kind": kind, "since": first.isoformat(), "until": last.isoformat(), "entries": str(len(found))}
    await parts.store.write(
        lambda session: audit.note(
            session,
            site=user.site,
            by=user.login,
            act="journal_exported",
            subject="journal",
            detail=detail,
            at=room.now,
        )
    )
    logger.info("journal_exported site=%s kind=%s entries=%d", user.site, kind, len(found))
    name = f"journal-{first.isoformat()}-{last.isoformat()}.{kind}"
    return Response(made, media_type=TYPES[kind], headers={"content-disposition": f'attachment; filename="{name}"'})


def _read(session: Session, room: Room, first: date, last: date) -> tuple[list[Entry], dict[str, str], Columns]:
    """Read a period day by day, so that no question grows with it."""
    site = room.user.site
    found: list[Entry] = []
    names: dict[str, str] = {}
    for place in range((last - first).days + 1):
        day = first + timedelta(days=place)
        told, by = book.read(session, site, entries.between(session, site, begin_of(day, room), end_of(day, room)))
        found += told
        names |= by
    return found, names, columns.of_site(session, site)


def _made(kind: str, told: Wording, found: list[Entry], title: str) -> bytes:
    if kind == "csv":
        return csv_file(told, found)
    return xlsx_file(told, found, title) if kind == "xlsx" else pdf_file(told, found, title)


def _title(room: Room, first: date, last: date) -> str:
    policy = room.state.policy
    school = policy.data.name if policy else room.user.site
    return room.words.say("journal.export.title", school=school, since=first.strftime(DATE), until=last.strftime(DATE))


def _form(request: Request, room: Room, since: str, until: str, notice: Notice | None = None) -> Response:
    values = {"since": since, "until": until, "most": DAYS_AT_MOST, "kinds": list(TYPES)}
    return page(request, room, "visitors_journal/export", values, here="journal", notice=notice)
