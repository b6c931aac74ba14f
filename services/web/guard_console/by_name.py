"""Letting people in by name: a forgotten card, a registered visitor, several of a class in the morning's rush;
each is an attributed guard's answer to no read.
"""

import logging
from functools import partial
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from sqlmodel import Session

from schemas.catalogue import Said
from schemas.envelope import Event
from schemas.guard_answer import Because
from services.store import admission_by_name
from services.store.administration import RuleForbids
from services.store.admission_by_name import Admission
from services.store.people import PersonRow
from services.store.visits import waiting
from services.store.visits.visits import VisitRow
from services.web.guard_console.console import console_of
from services.web.guard_console.room import Notice, Room, allowing, duty_administrators, enter, onward, page
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, User, form_checked

PATH = "/post/by-name"
BECAUSE: tuple[Because, ...] = (
    "card_forgotten",
    "card_lost",
    "document_seen",
    "known_to_me",
    "called_back",
    "emergency_crew",
    "duty_administrator_allows",
)
_AT_ONCE = 40
_LONGEST = 200
_OVERDUE_SHOWN = 20

KeptOut = list[tuple[str, str]]
"""Whoever could not be let in, with the code of the rule."""

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(PATH)
async def by_name_page(
    request: Request,
    user: SignedIn,
    q: Annotated[str, Query(max_length=_LONGEST)] = "",
    group: Annotated[str, Query(max_length=_LONGEST)] = "",
) -> Response:
    """Find people of the site by first letters or by class."""
    return await _page(request, await enter(request, user), q, group)


@router.post(PATH, dependencies=[Depends(form_checked)])
async def let_in(  # noqa: PLR0917  a form's fields
    request: Request,
    user: SignedIn,
    gate: Annotated[str, Form(max_length=_LONGEST)] = "",
    because: Annotated[str, Form(max_length=_LONGEST)] = "",
    holder: Annotated[list[str] | None, Form()] = None,
    allowed_by: Annotated[str, Form(max_length=_LONGEST)] = "",
    q: Annotated[str, Form(max_length=_LONGEST)] = "",
    group: Annotated[str, Form(max_length=_LONGEST)] = "",
) -> Response:
    """Let whoever was ticked in through a gate; the page says who was not, and why."""
    room, parts = await enter(request, user), parts_of(request)
    wanted = list(dict.fromkeys(holder or []))[:_AT_ONCE]
    duty = await parts.store.read(lambda session: duty_administrators(session, user.site))
    allowed = allowing(user, allowed_by, duty) if because == "duty_administrator_allows" or allowed_by else None
    fault = _fault(room, wanted, gate, because, allowed)
    if fault is not None:
        return await _page(request, room, q, group, Notice("refused", room.words.say(fault)), wanted)
    sent: list[Event[Said]] = []
    kept_out: KeptOut = []
    for one in wanted:
        admission = Admission(holder=one, gate=gate, because=cast("Because", because), allowed_by=allowed)
        try:
            sent.append(await parts.store.write(partial(_let_in, user=user, admission=admission, room=room)))
        except RuleForbids as error:
            kept_out.append((one, error.code))
    for event in sent:
        console_of(request).posts.take(event)
    logger.info("let_in_by_name site=%s gate=%s sent=%d kept_out=%d", user.site, gate, len(sent), len(kept_out))
    if not kept_out:
        return onward(request, "/post")
    return await _page(request, room, q, group, await _told(request, room, kept_out), wanted)


def _let_in(session: Session, *, user: User, admission: Admission, room: Room) -> Event[Said]:
    return admission_by_name.let_in(
        session, site=user.site, admission=admission, by=user.login, post=user.post, at=room.now
    ).event()


def _fault(room: Room, wanted: list[str], gate: str, because: str, allowed: str | None) -> str | None:
    """Give the key of what the form lacks."""
    if not wanted:
        return "by_name.nobody"
    if gate not in dict(room.gates):
        return "by_name.no_gate"
    if because not in BECAUSE:
        return "by_name.no_reason"
    return "question.name_duty" if because == "duty_administrator_allows" and allowed is None else None


async def _told(request: Request, room: Room, kept_out: KeptOut) -> Notice:
    """Say of each who was kept out, why."""
    people = await console_of(request).names.people(room.user.site, [holder for holder, _ in kept_out])
    lines = [
        f"{people[holder].name if holder in people else holder}: {room.words.say(f'by_name.not.{code}')}"
        for holder, code in kept_out
    ]
    return Notice("refused", " ".join(lines))


async def _page(
    request: Request, room: Room, q: str, group: str, notice: Notice | None = None, ticked: list[str] | None = None
) -> Response:
    site = room.user.site

    def ask(session: Session) -> tuple[list[PersonRow], list[str], list[tuple[str, str]], list[VisitRow]]:
        found = admission_by_name.search(session, site, q, group)
        groups = list(admission_by_name.groups(session, site))
        late = list(waiting.overdue(session, site, room.now, _OVERDUE_SHOWN))
        return found, groups, duty_administrators(session, site), late

    found, groups, duty, late = await parts_of(request).store.read(ask)
    values = {
        "q": q,
        "group": group,
        "found": found,
        "groups": groups,
        "duty": duty,
        "not_left": late,
        "because": BECAUSE,
        "ticked": ticked or ([found[0].holder] if len(found) == 1 else []),
    }
    return page(request, room, "by_name", values, here="by_name", notice=notice)
