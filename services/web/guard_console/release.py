"""A pupil who goes home while lessons last: who takes them, the document that was seen, on whose word, and who allowed
it. What keeps somebody from a pupil is never said here: then the duty administrator is asked.
"""

import logging
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Annotated, cast, get_args

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, status
from sqlmodel import Session

from services.store import admission_by_name
from services.store.administration import RuleForbids
from services.store.local_time import local_midnight
from services.store.people import PersonRow, by_holders
from services.store.releases import entitled, papers
from services.store.releases.entitled import PARENTS, EntitledPersonRow
from services.store.releases.papers import BASES, TAIL, Basis, ReleasePaperRow, Taker, Told
from services.store.visitors_journal.walk_ins import DOCUMENT_KINDS
from services.store.visits.names import plain
from services.web.guard_console.room import Notice, Room, allowing, duty_administrators, enter, onward, page
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, form_checked

PATH = "/post/release"
TAKERS: tuple[Taker, ...] = get_args(Taker)
SEEN: tuple[str, ...] = tuple(kind for kind in DOCUMENT_KINDS if kind != "none")
STATES = ("given", "held", "refused", "withdrawn")
_HOLDS = timedelta(hours=1)
_LONGEST = 200

logger = logging.getLogger(__name__)
router = APIRouter()


class _Asked(msgspec.Struct, frozen=True):
    """What the form is made from: the pupil, who may take them, who may be asked for permission."""

    pupil: PersonRow
    entitled: list[EntitledPersonRow]
    duty: list[tuple[str, str]]


@router.get(PATH)
async def release_page(
    request: Request,
    user: SignedIn,
    q: Annotated[str, Query(max_length=_LONGEST)] = "",
    group: Annotated[str, Query(max_length=_LONGEST)] = "",
) -> Response:
    """Find the pupil by first letters or by class; and what was written today."""
    room = await enter(request, user)

    def ask(session: Session) -> dict[str, object]:
        today = list(papers.since(session, user.site, local_midnight(session, user.site, room.now)))
        return {
            "found": admission_by_name.pupils(session, user.site, q, group),
            "groups": list(admission_by_name.groups(session, user.site)),
            "today": today,
            "people": by_holders(session, user.site, {row.pupil for row in today}),
        }

    values = {"q": q, "group": group, "wall": _wall(room), **await parts_of(request).store.read(ask)}
    return page(request, room, "release", values, here="release")


@router.get(f"{PATH}/{{pupil}}")
async def pupil_page(request: Request, user: SignedIn, pupil: str) -> Response:
    """Ask everything about one pupil's leaving."""
    room = await enter(request, user)
    return await _form(request, room, await _asked(request, room, pupil), {})


@router.post(f"{PATH}/{{pupil}}", dependencies=[Depends(form_checked)])
async def record(request: Request, user: SignedIn, pupil: str) -> Response:
    """Write a release; what is missing is said, and what was typed stays."""
    room, parts = await enter(request, user), parts_of(request)
    asked = await _asked(request, room, pupil)
    typed = {name: str(value)[:_LONGEST] for name, value in (await request.form()).items()}
    told = _told(typed, room, asked)
    if isinstance(told, str):
        return await _form(request, room, asked, typed, Notice("refused", room.words.say(told)))
    try:
        row = await parts.store.write(
            lambda session: papers.record(
                session, site=user.site, told=told, by=user.login, post=user.post, at=room.now
            )
        )
    except RuleForbids as error:
        return await _form(request, room, asked, typed, Notice("refused", room.words.say(f"release.not.{error.code}")))
    logger.info("release_recorded site=%s release=%s", user.site, row.release)
    return onward(request, f"{PATH}/written/{row.release}")


@router.get(f"{PATH}/written/{{release}}")
async def written_page(request: Request, user: SignedIn, release: str) -> Response:
    """Say what comes next: the pupil may go, or the duty administrator is asked."""
    room = await enter(request, user)

    def ask(session: Session) -> tuple[ReleasePaperRow | None, dict[str, PersonRow]]:
        row = papers.one(session, user.site, release)
        return row, by_holders(session, user.site, {row.pupil}) if row else {}

    row, people = await parts_of(request).store.read(ask)
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    values = {"row": row, "pupil": people.get(row.pupil), "wall": _wall(room)}
    return page(request, room, "released", values, here="release")


@router.post(f"{PATH}/written/{{release}}/withdraw", dependencies=[Depends(form_checked)])
async def withdraw(request: Request, user: SignedIn, release: str) -> Response:
    """Take a release back: the pupil stays after all."""
    room = await enter(request, user)
    done = await parts_of(request).store.write(
        lambda session: papers.withdraw(session, site=user.site, release=release, by=user.login, at=room.now)
    )
    logger.info("release_withdrawn site=%s release=%s changed=%s", user.site, release, done)
    return onward(request, f"{PATH}/written/{release}")


def _told(typed: dict[str, str], room: Room, asked: _Asked) -> Told | str:
    """Read the form; what cannot be taken is the key of the sentence that says so."""
    taker, person = typed.get("taker", ""), None
    if taker not in TAKERS:
        person, taker = taker, "entitled"
    allowed_by = allowing(room.user, typed.get("allowed_by", ""), asked.duty)
    valid_until, called_at = _today_at(typed.get("until", ""), room), _today_at(typed.get("called_at", ""), room)
    name, release = plain(typed.get("taker_name", "")), typed.get("release", "")
    if typed.get("basis") not in BASES:
        return "release.no_basis"
    if taker == "other" and not any(letter.isalpha() for letter in name):
        return "release.no_name"
    if allowed_by is None:
        return "question.name_duty"
    if valid_until is None or valid_until <= room.now:
        return "release.no_until"
    if typed.get("caller") and (called_at is None or called_at > room.now):
        return "release.no_call"
    tail = "".join(letter for letter in typed.get("document_tail", "") if letter.isalnum())[-TAIL:]
    alone = taker == "alone"
    return Told(
        release=release if papers.is_release(release) else papers.new_release(),
        pupil=asked.pupil.holder,
        basis=cast("Basis", typed["basis"]),
        taker=cast("Taker", taker),
        person=person,
        taker_name=name if taker == "other" else "",
        document_kind=typed.get("document_kind") if typed.get("document_kind") in SEEN and not alone else None,
        document_tail=tail if tail and not alone else None,
        caller=typed.get("caller") or None,
        called_at=called_at if typed.get("caller") else None,
        allowed_by=allowed_by,
        valid_from=room.now,
        valid_until=valid_until,
    )


def _wall(room: Room) -> Callable[[datetime], str]:
    """Give what shows a moment of today as the school's wall does, without seconds."""
    return lambda at: f"{at.astimezone(room.sight.zone):%H:%M}"


def _today_at(text: str, room: Room) -> datetime | None:
    """Read a time of today on the school's wall."""
    try:
        wall = time.fromisoformat(text.strip())
    except ValueError:
        return None
    return datetime.combine(room.now.astimezone(room.sight.zone).date(), wall.replace(tzinfo=None), room.sight.zone)


async def _asked(request: Request, room: Room, pupil: str) -> _Asked:
    """Give what is asked about an enrolled pupil; anybody else is a 404."""

    def ask(session: Session) -> _Asked | None:
        site = room.user.site
        person = by_holders(session, site, {pupil}).get(pupil)
        if person is None or not admission_by_name.is_pupil(session, site, pupil):
            return None
        return _Asked(person, list(entitled.of_pupil(session, site, pupil)), duty_administrators(session, site))

    found = await parts_of(request).store.read(ask)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return found


async def _form(
    request: Request, room: Room, asked: _Asked, typed: dict[str, str], notice: Notice | None = None
) -> Response:
    local = room.now.astimezone(room.sight.zone)
    last = local.replace(hour=23, minute=59)
    values = {
        "asked": asked,
        "callers": [person for person in asked.entitled if person.phone and person.relation in PARENTS],
        "release": papers.new_release(),
        "typed": {
            "until": f"{min(local + _HOLDS, last):%H:%M}",
            "called_at": f"{local:%H:%M}",
            "basis": BASES[0],
            "document_kind": SEEN[0],
            **typed,
        },
        "bases": BASES,
        "documents": SEEN,
    }
    return page(request, room, "release_form", values, here="release", notice=notice)
