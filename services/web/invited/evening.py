"""A parent registers for an evening: name, contact, code, pass. No list is shown, and whether a name is on it is told
only to whoever has read a code at an address.
"""

import logging
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from services.store.visits import deeds, drafts, evenings, links, registering, visits
from services.store.visits.drafts import DraftRow
from services.store.visits.evenings import EveningRow
from services.store.visits.registering import Registration
from services.store.visits.visits import VisitRow
from services.web.shared.outside import School, few_enough, outside_page, school, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import answer_checked, language
from services.web.visitor_portal import fields, forms
from services.web.visitor_portal.fields import Reader, Wrong
from services.web.visitor_portal.questions import BY_NAME, CONSENT_VERSION, LONGEST_RAW, Field, of_school

COOKIE = "qaqpa_evening"
_READ: dict[str, Reader] = {
    "name": fields.person_name,
    "consent": fields.choice(frozenset({CONSENT_VERSION}), "visit.wrong.consent"),
}
_SHOWN = ("listed", "name", "contact")
NOT_REGISTERED: dict[str, str] = {
    "not_listed": "evening.not.not_listed",
    "taken": "evening.not.taken",
    "full": "evening.not.full",
    "over": "evening.not.over",
}

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/visit/{site}/e", dependencies=[Depends(few_enough)])
AtSchool = Annotated[School, Depends(school)]


@router.get("/{link}")
async def evening_page(request: Request, here: AtSchool, link: str) -> Response:
    """Show when and why the school invites, and ask who comes."""
    return _page(request, here, link, await _evening(request, here, link), {}, {})


@router.post("/{link}", dependencies=[Depends(answer_checked)])
async def register(request: Request, here: AtSchool, link: str) -> Response:
    """Take who comes, and send a code to their contact, whether they are on the list or not."""
    row = await _evening(request, here, link)
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    readers = {**_READ, "contact": _contact(request).read}
    readers |= {"listed": fields.person_name} if row.open_to == "pupils" else {}
    read = {name: reader(form.get(name, "")[:LONGEST_RAW]) for name, reader in readers.items()}
    wrong = {name: value for name, value in read.items() if isinstance(value, Wrong)}
    if wrong:
        return _page(request, here, link, row, form, wrong)
    cookie = await _cookie(request, here)
    draft, now, lang = links.hash_of(cookie), parts_of(request).clock(), str(language(request))
    answers = {"evening": row.evening, **{name: str(value) for name, value in read.items()}}
    try:
        forms.count(request, draft)
        await parts_of(request).store.write(
            lambda session: drafts.put(session, site=here.site, draft=draft, answers=answers, language=lang, at=now)
        )
        await forms.send_code(request, here.site, draft)
    except forms.TooOften as often:
        limited = {"contact": Wrong("visit.often", {"minutes": often.minutes})}
        return _page(request, here, link, row, form, limited, status.HTTP_429_TOO_MANY_REQUESTS)
    response = RedirectResponse(f"{_path(here, link)}/code", status.HTTP_303_SEE_OTHER)
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=int(drafts.LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=parts_of(request).secure_cookies,
        path=_path(here, link),
    )
    return response


@router.get("/{link}/code")
async def code_page(request: Request, here: AtSchool, link: str) -> Response:
    """Ask for the code that was sent to the contact."""
    await _evening(request, here, link)
    draft = await _draft(request, here)
    if draft is None or not draft.code_number:
        return await _over(request, here, link)
    return _code(request, here, link, draft)


@router.post("/{link}/code/again", dependencies=[Depends(answer_checked)])
async def code_again(request: Request, here: AtSchool, link: str) -> Response:
    """Send another code."""
    draft = await _draft(request, here)
    if draft is None or not draft.code_number:
        return await _over(request, here, link)
    try:
        await forms.send_code(request, here.site, draft.draft)
    except forms.TooOften as often:
        return _code(request, here, link, draft, Wrong("visit.often", {"minutes": often.minutes}))
    return RedirectResponse(f"{_path(here, link)}/code", status.HTTP_303_SEE_OTHER)


@router.post("/{link}/code", dependencies=[Depends(answer_checked)])
async def send(request: Request, here: AtSchool, link: str) -> Response:
    """Check the code and give the pass: once, however often the form comes."""
    row = await _evening(request, here, link)
    draft = await _draft(request, here)
    if draft is None or not draft.code_number:
        return await _over(request, here, link)
    told = str((await request.form()).get("code") or "")
    name, lang = draft.draft, str(language(request))
    found = await parts_of(request).store.write(
        lambda session: _checked(request, here, session, name, told, lang, row.evening)
    )
    if isinstance(found, Wrong):
        return _code(request, here, link, draft, found)
    logger.info("evening_registered site=%s evening=%s visit=%s", here.site, row.evening, found.visit)
    return forms.to_status(request, here, found.visit)


def _checked(  # noqa: PLR0917  what a code is checked with
    request: Request, here: School, session: Session, draft: str, code: str, lang: str, evening: str
) -> VisitRow | Wrong:
    """Check the code of a form and register whom it names."""
    seals, now = visits_of(request).seals, parts_of(request).clock()
    row = session.get(DraftRow, (here.site, draft), populate_existing=True)
    if row is None:
        return visits.of_draft(session, here.site, draft) or Wrong("visit.ended")
    wrong = forms.try_code(session, row, code, seals, now)
    if wrong is not None or row.answers.get("evening") != evening:
        return wrong or Wrong("visit.ended")
    told = Registration(
        draft=draft,
        name=row.answers["name"],
        listed=row.answers.get("listed") or row.answers["name"],
        contact=row.answers["contact"],
        language=lang,
        consent_version=row.answers["consent"],
    )
    found = registering.register(
        session, site=here.site, evening=evening, told=told, policy=here.policy, seals=seals, at=now
    )
    if not isinstance(found, VisitRow):
        return Wrong(NOT_REGISTERED[found])
    session.delete(row)
    return found


async def _evening(request: Request, here: School, link: str) -> EveningRow:
    now = parts_of(request).clock()
    row = await parts_of(request).store.read(lambda session: evenings.linked(session, here.site, link, now))
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return row


async def _draft(request: Request, here: School) -> DraftRow | None:
    cookie, now = request.cookies.get(COOKIE), parts_of(request).clock()
    if not cookie:
        return None
    draft = links.hash_of(cookie)
    return await parts_of(request).store.read(lambda session: drafts.one(session, here.site, draft, now))


async def _cookie(request: Request, here: School) -> str:
    """Give the cookie of the form: a new one after it has become a visit, for a family has one telephone."""
    cookie = request.cookies.get(COOKIE)
    if cookie is None:
        return forms.new_cookie()
    draft = links.hash_of(cookie)
    sent = await parts_of(request).store.read(lambda session: visits.of_draft(session, here.site, draft))
    return cookie if sent is None else forms.new_cookie()


async def _over(request: Request, here: School, link: str) -> Response:
    """Lead on from a form that is no more: to its visit when it has been sent, else to the beginning."""
    cookie = request.cookies.get(COOKIE)
    if cookie:
        draft = links.hash_of(cookie)
        sent = await parts_of(request).store.read(lambda session: visits.of_draft(session, here.site, draft))
        if sent is not None:
            return forms.to_status(request, here, sent.visit)
    return RedirectResponse(_path(here, link), status.HTTP_303_SEE_OTHER)


def _contact(request: Request) -> Field:
    """Give the field for where the code goes: an address, or a telephone where the school can write to one."""
    return of_school(BY_NAME["contact"], texting=visits_of(request).texting).fields[0]


def _path(here: School, link: str) -> str:
    return f"/visit/{here.site}/e/{link}"


def _page(  # noqa: PLR0917  what one page shows
    request: Request,
    here: School,
    link: str,
    row: EveningRow,
    typed: Mapping[str, str],
    wrong: dict[str, Wrong],
    code: int = status.HTTP_422_UNPROCESSABLE_CONTENT,
) -> Response:
    values = {
        "evening": row,
        "path": _path(here, link),
        "contact": _contact(request),
        "answers": {name: typed.get(name, "")[:500] for name in _SHOWN},
        "consent": CONSENT_VERSION,
        "consented": typed.get("consent") == CONSENT_VERSION,
        "kept_days": deeds.KEPT.days,
        "wrong": wrong,
    }
    shown = code if wrong else status.HTTP_200_OK
    return outside_page(request, "invited/evening.html", here, values, back=_path(here, link), code=shown)


def _code(request: Request, here: School, link: str, draft: DraftRow, wrong: Wrong | None = None) -> Response:
    path = _path(here, link)
    values = {
        "contact": draft.answers["contact"],
        "by_mail": "@" in draft.answers["contact"],
        "wrong": wrong,
        "path": f"{path}/code",
        "button": "host.invited.button",
        "other": path,
    }
    code = status.HTTP_422_UNPROCESSABLE_CONTENT if wrong else status.HTTP_200_OK
    return outside_page(request, "visitor_portal/code.html", here, values, back=f"{path}/code", code=code)
