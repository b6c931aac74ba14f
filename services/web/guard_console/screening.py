"""Checks of people at the post: whom, how, what came of it, and what somebody decided about it later. What may be a
weapon is asked about before anything else, and afterwards the page looks as after any check.
"""

import logging
from collections.abc import Mapping
from typing import Annotated, NamedTuple, cast, get_args

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response, status
from sqlmodel import Session
from starlette.datastructures import FormData

from schemas.credential import Category
from schemas.screening import FoundItem, Method, Outcome
from services.store import admission_by_name
from services.store.administration import RuleForbids
from services.store.local_time import local_midnight
from services.store.people import PersonRow, by_holders
from services.store.records import screenings
from services.store.records.screenings import ScreeningRow
from services.store.screenings import checks, pupil_refusals, registrations, whom
from services.store.screenings.checks import Check, Resolution
from services.store.screenings.items import Item, item_list
from services.store.screenings.pupil_refusals import PupilRefusalRow
from services.web.guard_console.reads_view import NOW_FOR
from services.web.guard_console.room import Notice, Room, enter, may_decide, onward, page, said
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, form_checked

PATH = "/post/checks"
METHODS: tuple[Method, ...] = get_args(Method)
OF_A_PUPIL: tuple[Method, ...] = ("visual", "shown")
BY_GUARD: tuple[Resolution, ...] = ("taken_away",)
BY_DUTY: tuple[Resolution, ...] = ("taken_away", "exception_accepted", "handed_over", "mistaken")
_DONE = frozenset({"nothing_found", "found", "phone", "check_refused", "resolved", "pupil_refuses", "parent_told"})
_LONGEST = 200
_MOST_ITEMS = 99
_HIGHEST_VERSION = 2**31 - 1

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(PATH)
async def checks_page(request: Request, user: SignedIn, q: Annotated[str, Query(max_length=_LONGEST)] = "") -> Response:
    """Choose whom to check: drawn by the system and not checked yet, at the gate now, or by name; and what still
    stands against anybody.
    """
    room = await enter(request, user)
    acts = [kept[0] for kept in room.state.acts.values() if kept and room.now - kept[0].at < NOW_FOR]
    at_gate = [act.data.holder for act in sorted(acts, key=lambda act: act.place, reverse=True) if act.data.holder]
    values = await parts_of(request).store.read(lambda session: _choices(session, room, at_gate, q))
    return page(request, room, "checks", {"q": q, **values}, here="checks")


@router.get(f"{PATH}/{{holder}}")
async def check_page(
    request: Request,
    user: SignedIn,
    holder: str,
    q: Annotated[str, Query(max_length=_LONGEST)] = "",
    method: str = "visual",
    told: Annotated[str, Query(alias="said", max_length=_LONGEST)] = "",
) -> Response:
    """Check one person."""
    room = await enter(request, user)
    notice = said(room, told, _DONE, lambda code: f"check.said.{code}")
    return await _check(request, room, holder, notice, q=q, method=method)


@router.post(f"{PATH}/{{holder}}", dependencies=[Depends(form_checked)])
async def record(
    request: Request,
    user: SignedIn,
    holder: str,
    outcome: Annotated[str, Form(max_length=_LONGEST)],
    method: Annotated[str, Form(max_length=_LONGEST)] = "visual",
    after: Annotated[int, Form(ge=0, le=_HIGHEST_VERSION)] = 0,
) -> Response:
    """Record a check; what the rules forbid is said on the page, and nothing is recorded. A pupil who will not show
    anything is the duty administrator's matter. ``after`` is the version that the form was made on.
    """
    room, parts = await enter(request, user), parts_of(request)
    category = await _category(request, user.site, holder)
    if category == "pupil" and outcome == "check_refused":
        await parts.store.write(
            lambda session: pupil_refusals.tell(
                session, site=user.site, holder=holder, by=user.login, post=user.post, at=room.now
            )
        )
        return onward(request, f"{PATH}/{holder}", said="pupil_refuses")
    found = _found_items(await request.form()) if outcome == "found" else []
    if outcome not in get_args(Outcome) or method not in METHODS:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT)
    check = Check(
        holder=holder,
        category=category,
        method=method,
        outcome=cast("Outcome", outcome),
        items=found,
    )
    try:
        recorded = await parts.store.write(
            lambda session: checks.record_check(
                session, site=user.site, check=check, by=user.login, post=user.post, at=room.now, after=after
            )
        )
    except RuleForbids as error:
        notice = Notice("refused", room.words.say(f"check.not.{error.code}"))
        return await _check(request, room, holder, notice, method=method)
    logger.info("check_recorded site=%s screening=%s outcome=%s", user.site, recorded.screening, outcome)
    only_phones = found and not any(item_list().prohibited(item.code) for item in found)
    return onward(request, f"{PATH}/{holder}", said="phone" if only_phones else outcome)


@router.post(f"{PATH}/{{holder}}/weapon", dependencies=[Depends(form_checked)])
async def judge_weapon(
    request: Request, user: SignedIn, holder: str, real: Annotated[str, Form(max_length=_LONGEST)]
) -> Response:
    """Say of what may be a weapon whether it is real; the page afterwards tells nothing of the alarm that is raised."""
    room = await enter(request, user)
    if real not in {"yes", "no"}:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT)
    await parts_of(request).store.write(
        lambda session: checks.judge_weapon(
            session, site=user.site, holder=holder, real=real == "yes", by=user.login, post=user.post, at=room.now
        )
    )
    return onward(request, f"{PATH}/{holder}", said="found")


@router.post(f"{PATH}/{{holder}}/resolve", dependencies=[Depends(form_checked)])
async def resolve(
    request: Request, user: SignedIn, holder: str, resolution: Annotated[str, Form(max_length=_LONGEST)]
) -> Response:
    """Resolve what stands against a person."""
    room = await enter(request, user)
    if resolution not in BY_DUTY:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT)
    try:
        await parts_of(request).store.write(
            lambda session: checks.resolve(
                session,
                site=user.site,
                holder=holder,
                resolution=resolution,
                by=user.login,
                may_all=may_decide(user),
                at=room.now,
            )
        )
    except RuleForbids as error:
        return await _check(request, room, holder, Notice("refused", room.words.say(f"check.not.{error.code}")))
    return onward(request, f"{PATH}/{holder}", said="resolved")


@router.post(f"{PATH}/{{holder}}/parent", dependencies=[Depends(form_checked)])
async def parent_told(
    request: Request,
    user: SignedIn,
    holder: str,
    day: Annotated[str, Form(max_length=_LONGEST)],
    told: Annotated[str, Form(max_length=_LONGEST)] = "",
) -> Response:
    """Write down how a parent was told that a pupil would not show what they bring: the duty administrator does."""
    room = await enter(request, user)
    if not may_decide(user):
        return await _check(request, room, holder, Notice("refused", room.words.say("check.not.duty_administrator")))
    if not told.strip():
        return await _check(request, room, holder, Notice("refused", room.words.say("check.pupil.no_parent")))
    await parts_of(request).store.write(
        lambda session: pupil_refusals.settle(
            session, site=user.site, holder=holder, day=day, parent_told=told.strip(), by=user.login, at=room.now
        )
    )
    return onward(request, f"{PATH}/{holder}", said="parent_told")


class _Known(NamedTuple):
    person: PersonRow | None
    latest: ScreeningRow | None
    drawn: bool
    refusal: PupilRefusalRow | None


def _found_items(form: FormData) -> list[FoundItem]:
    """Read what was ticked: items of the list, each with how many and the exception claimed."""
    items = item_list()
    found = []
    for code in dict.fromkeys(str(code) for code in form.getlist("code")):
        count = str(form.get(f"count:{code}") or "1")
        claimed = str(form.get(f"exception:{code}") or "")
        known = {exception.code for exception in items.exceptions_of(code)}
        if items.item(code) is not None:
            number = int(count) if count.isdecimal() and len(count) <= len(str(_MOST_ITEMS)) else 1
            found.append(FoundItem(code=code, count=max(1, number), exception=claimed if claimed in known else None))
    return found


async def _category(request: Request, site: str, holder: str) -> Category:
    category = await parts_of(request).store.read(lambda session: whom.category_of(session, site, holder))
    if category is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return category


async def _check(
    request: Request,
    room: Room,
    holder: str,
    notice: Notice | None,
    *,
    q: str = "",
    method: str = "visual",
) -> Response:
    site, items = room.user.site, item_list()
    category = await _category(request, site, holder)

    def ask(session: Session) -> _Known:
        person = by_holders(session, site, {holder}).get(holder)
        drawn = registrations.is_drawn(session, site, holder, local_midnight(session, site, room.now))
        refusal = pupil_refusals.of_day(session, site, holder, room.now)
        return _Known(person, screenings.latest(session, site, holder), drawn, refusal)

    person, latest, drawn, refusal = await parts_of(request).store.read(ask)
    standing = latest.standing if latest is not None else "clear"
    found = [items.item(str(item["code"])) for item in latest.items] if latest is not None else []
    values: Mapping[str, object] = {
        "holder": holder,
        "person": person,
        "category": category,
        "latest": latest,
        "standing": standing,
        "found": [item for item in found if item is not None],
        "drawn": drawn,
        "methods": OF_A_PUPIL if category == "pupil" else METHODS,
        "method": method,
        "q": q,
        "refusal": refusal,
        "after": latest.version if latest is not None else 0,
        "may_settle": may_decide(room.user),
        "results": [(item, items.exceptions_of(item.code), items.category_of(item.code)) for item in _search(q)],
        "edition": items.edition,
        "resolutions": _resolutions(room, standing),
    }
    return page(request, room, "check", values, here="checks", notice=notice)


def _search(q: str) -> list[Item]:
    return list(item_list().find(q)) if q.strip() else []


def _resolutions(room: Room, standing: str) -> tuple[Resolution, ...]:
    if standing in {"clear", "check_refused"}:
        return ()
    if may_decide(room.user):
        return BY_DUTY
    return BY_GUARD if standing == "item_found" else ()


def _choices(session: Session, room: Room, at_gate: list[str], q: str) -> dict[str, object]:
    site, midnight = room.user.site, local_midnight(session, room.user.site, room.now)
    due = [row for row in registrations.due_today(session, site, midnight) if row.is_expected]
    checked = {row.holder for row in screenings.checks_between(session, site, midnight, room.now)}
    standing = screenings.standing_out(session, site)
    found = admission_by_name.search(session, site, q) if q.strip() else []
    refusals = pupil_refusals.open_ones(session, site)
    drawn = [row.holder for row in due if row.holder not in checked]
    stands = [*(row.holder for row in standing), *(row.holder for row in refusals)]
    known = by_holders(session, site, {*at_gate, *drawn, *stands})
    return {
        "drawn": [known[holder] for holder in dict.fromkeys(drawn) if holder in known],
        "refusals": [(row, known.get(row.holder)) for row in refusals],
        "at_gate": [known[holder] for holder in dict.fromkeys(at_gate) if holder in known],
        "standing": [(row, known.get(row.holder)) for row in standing],
        "found": found,
    }
