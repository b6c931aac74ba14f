"""Who may take a pupil, on pages: the pupil is found by first letters or by the class; people are entered one by one or
from a file, changed, and ended. A guard sees them where a release is written, and changes nothing.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, status
from sqlmodel import Session

from services.store import admission_by_name
from services.store.people import PersonRow, by_holders
from services.store.releases import entitled
from services.store.releases.entitled import PARENTS, RELATIONS, Entitled, EntitledPersonRow
from services.web.administration.entitled_fields import (
    COLUMNS,
    DOCUMENTS,
    FIELDS,
    NEEDED,
    entitled_of,
    people_in,
    take_people,
)
from services.web.administration.host_fields import LANGUAGES
from services.web.administration.keeping import (
    LINES_AT_MOST,
    LONGEST,
    FileLook,
    Keeping,
    content_of,
    file_page,
    onward,
    page,
    typed_in,
)
from services.web.shared.csv_lines import WrongLine
from services.web.shared.parts import parts_of
from services.web.shared.visitors import User, form_checked, list_checked, words
from services.web.visitor_portal.fields import Wrong

PAGE = "/entitled"
_SAID = {code: f"entitled.said.{code}" for code in ("entered", "changed", "ended", "over", "taken")}

logger = logging.getLogger(__name__)
router = APIRouter(prefix=PAGE)
Text = Annotated[str, Query(max_length=LONGEST)]


@router.get("")
async def find_page(request: Request, user: Keeping, q: Text = "", group: Text = "", said: Text = "") -> Response:
    """Find a pupil by first letters or by the class, with how many people may take them."""

    def ask(session: Session) -> tuple[list[PersonRow], Sequence[str], Counter[str]]:
        found = admission_by_name.pupils(session, user.site, q, group)
        counted = entitled.counted(session, user.site, {person.holder for person in found})
        return found, admission_by_name.groups(session, user.site), counted

    found, groups, counted = await parts_of(request).store.read(ask)
    values = {"q": q, "group": group, "found": found, "groups": groups, "counted": counted}
    return page(request, user, "entitled", values, said=_SAID.get(said))


@router.get("/file")
async def how_a_file_looks(request: Request, user: Keeping) -> Response:
    """Say how a file of people is to look, and take one."""
    return _file_page(request, user)


@router.post("/file", dependencies=[Depends(list_checked)])
async def take_file(request: Request, user: Keeping) -> Response:
    """Enter or change the people of a file, all or none."""
    content, at = await content_of(request, "file"), parts_of(request).clock()
    try:
        listed = await asyncio.to_thread(people_in, content, LINES_AT_MOST)
        await parts_of(request).store.write(
            lambda session: take_people(session, site=user.site, listed=listed, by=user.login, at=at)
        )
    except WrongLine as wrong:
        return _file_page(request, user, wrong)
    logger.info("entitled_taken site=%s lines=%d", user.site, len(listed))
    return onward(f"{PAGE}?said=taken")


@router.get("/pupil/{pupil}")
async def pupil_page(request: Request, user: Keeping, pupil: str, said: Text = "") -> Response:
    """Show who may take a pupil, with a form for one more."""
    return await _pupil(request, user, pupil, {"person": entitled.new_person()}, said=_SAID.get(said))


@router.post("/pupil/{pupil}", dependencies=[Depends(form_checked)])
async def enter_one(request: Request, user: Keeping, pupil: str) -> Response:
    """Enter somebody who may take a pupil; what is wrong is said, and what was typed stays."""
    await _known(request, user, pupil)
    typed, at = await typed_in(request), parts_of(request).clock()
    person = typed.get("person", "")
    typed["person"] = person = person if entitled.is_person(person) else entitled.new_person()
    told = entitled_of(typed, pupil)
    if not isinstance(told, Entitled):
        return await _pupil(request, user, pupil, typed, told)
    row = await parts_of(request).store.write(
        lambda session: entitled.enter(session, site=user.site, told=told, by=user.login, at=at, person=person)
    )
    logger.info("entitled_entered site=%s person=%s", user.site, row.person)
    return _back(pupil, "entered")


@router.get("/person/{person}")
async def person_page(request: Request, user: Keeping, person: str) -> Response:
    """Show somebody who may take a pupil, to change or to end it."""
    row = await _person(request, user, person)
    shown = {name: str(getattr(row, name) or "") for name in FIELDS}
    return await _form(request, user, row, {**shown, "tell": "yes" if row.tell else ""})


@router.post("/person/{person}", dependencies=[Depends(form_checked)])
async def change_one(request: Request, user: Keeping, person: str) -> Response:
    """Change somebody who may take a pupil."""
    row, typed, at = await _person(request, user, person), await typed_in(request), parts_of(request).clock()
    told = entitled_of(typed, row.pupil)
    if not isinstance(told, Entitled):
        return await _form(request, user, row, typed, told)
    try:
        done = await parts_of(request).store.write(
            lambda session: entitled.change(session, site=user.site, person=person, told=told, by=user.login, at=at)
        )
    except ValueError:
        return await _form(request, user, row, typed, {"name": Wrong("entitled.wrong.known")})
    logger.info("entitled_changed site=%s person=%s changed=%s", user.site, person, done)
    return _back(row.pupil, "changed" if done else "over")


@router.post("/person/{person}/end", dependencies=[Depends(form_checked)])
async def end_one(request: Request, user: Keeping, person: str) -> Response:
    """Say that somebody may take the pupil no more."""
    row, at = await _person(request, user, person), parts_of(request).clock()
    ended = await parts_of(request).store.write(
        lambda session: entitled.end(session, site=user.site, person=person, by=user.login, at=at)
    )
    logger.info("entitled_ended site=%s person=%s changed=%s", user.site, person, ended)
    return _back(row.pupil, "ended")


def _back(pupil: str, said: str) -> Response:
    return onward(f"{PAGE}/pupil/{quote(pupil, safe='')}?said={said}")


async def _known(request: Request, user: User, pupil: str) -> PersonRow:
    """Give an enrolled pupil; anybody else is a 404."""

    def ask(session: Session) -> PersonRow | None:
        found = by_holders(session, user.site, {pupil}).get(pupil)
        return found if found is not None and admission_by_name.is_pupil(session, user.site, pupil) else None

    row = await parts_of(request).store.read(ask)
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return row


async def _person(request: Request, user: User, person: str) -> EntitledPersonRow:
    row = await parts_of(request).store.read(lambda session: entitled.one(session, user.site, person))
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return row


async def _pupil(
    request: Request,
    user: User,
    pupil: str,
    typed: dict[str, str],
    wrong: dict[str, Wrong] | None = None,
    *,
    said: str | None = None,
) -> Response:
    known = await _known(request, user, pupil)
    people = await parts_of(request).store.read(lambda session: entitled.of_pupil(session, user.site, pupil))
    values = {"pupil": known, "people": people, "parents": PARENTS, **_shown(typed, wrong)}
    return page(request, user, "entitled_pupil", values, wrong=bool(wrong), said=said)


async def _form(
    request: Request, user: User, row: EntitledPersonRow, typed: dict[str, str], wrong: dict[str, Wrong] | None = None
) -> Response:
    named = await parts_of(request).store.read(lambda session: by_holders(session, user.site, {row.pupil}))
    values = {"row": row, "pupil": named.get(row.pupil), **_shown(typed, wrong)}
    return page(request, user, "entitled_person", values, wrong=bool(wrong))


def _shown(typed: dict[str, str], wrong: dict[str, Wrong] | None) -> dict[str, object]:
    return {"typed": typed, "wrong": wrong or {}, "relations": RELATIONS, "documents": DOCUMENTS}


def _file_page(request: Request, user: User, wrong: WrongLine | None = None) -> Response:
    text = words(request)
    codes: dict[str, dict[str, str]] = {
        "relation": {code: text.say(f"release.relation.{code}") for code in RELATIONS},
        "document_kind": {code: text.say(f"document.{code}") for code in DOCUMENTS},
        "language": LANGUAGES,
        "tell": {code: text.say(f"policy.value.{code}") for code in ("yes", "no")},
    }
    return file_page(request, user, PAGE, FileLook(COLUMNS, NEEDED, codes), wrong)
