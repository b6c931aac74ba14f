"""The short way of somebody who was here before: where an answer goes, a code, and one page with only when and why.

Whether a contact is known shows to nobody but its reader: the same code is sent, and the same pages follow, either way.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from services.store.visits import deeds, drafts, links, visits
from services.store.visits.drafts import DraftRow
from services.store.visits.visits import VisitRow
from services.web.shared.outside import School, few_enough, outside_page, school, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import answer_checked, language
from services.web.visitor_portal import fields, forms, questions
from services.web.visitor_portal.answers import asked_again
from services.web.visitor_portal.fields import Wrong
from services.web.visitor_portal.questions import EMAIL, EMAIL_OR_TELEPHONE, Field

AT_MOST = 5
LIKE, INSTEAD = "like", "instead"
"""Answers of a draft that no question gives: the one visit that may be chosen, and the one that is replaced."""

_ASKED = (*questions.WHEN, questions.PURPOSE)

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/visit/{site}/again", dependencies=[Depends(few_enough)])
AtSchool = Annotated[School, Depends(school)]


@router.get("")
async def contact_page(request: Request, here: AtSchool) -> Response:
    """Ask which contact the visits before were asked for under."""
    return _contact_page(request, here, "", {})


@router.post("", dependencies=[Depends(answer_checked)])
async def contact_told(request: Request, here: AtSchool) -> Response:
    """Send a code to the contact, whether or not it is known here."""
    form = await forms.told_in(request)
    answers, wrong = questions.read_fields((_field(request),), form)
    if wrong:
        return _contact_page(request, here, form.get("contact", ""), wrong)
    draft = await forms.draft_here(request, here.site)
    cookie = forms.new_cookie() if draft is None else None
    name = links.hash_of(cookie) if cookie else draft.draft if draft else ""
    parts, lang = parts_of(request), language(request)
    now = parts.clock()
    try:
        if cookie is not None:
            forms.count(request, name)
        await parts.store.write(
            lambda session: drafts.put_unchecked(
                session, site=here.site, draft=name, answers=_begun(answers["contact"]), language=lang, at=now
            )
        )
        await forms.send_code(request, here.site, name)
    except forms.TooOften as often:
        told = {"contact": Wrong("visit.often", {"minutes": often.minutes})}
        return _contact_page(request, here, form["contact"], told, status.HTTP_429_TOO_MANY_REQUESTS)
    response = RedirectResponse(f"/visit/{here.site}/again/code", status.HTTP_303_SEE_OTHER)
    if cookie is not None:
        forms.begin(request, response, here.site, cookie)
    return response


@router.get("/code")
async def code_page(request: Request, here: AtSchool) -> Response:
    """Ask for the code."""
    draft = await forms.draft_here(request, here.site)
    if draft is None or not draft.code_number:
        return await forms.over(request, here)
    return forms.code_page(request, here, draft, again=True)


@router.post("/code/again", dependencies=[Depends(answer_checked)])
async def code_again(request: Request, here: AtSchool) -> Response:
    """Send another code."""
    return await forms.code_again(request, here, again=True)


@router.post("/code", dependencies=[Depends(answer_checked)])
async def code_told(request: Request, here: AtSchool) -> Response:
    """Check the code; whoever reads the contact may see what was asked for under it."""
    draft = await forms.draft_here(request, here.site)
    if draft is None or not draft.code_number:
        return await forms.over(request, here)
    told = str((await request.form()).get("code") or "")
    seals, now = visits_of(request).seals, parts_of(request).clock()

    def act(session: Session) -> Wrong | None:
        row = session.get(DraftRow, (here.site, draft.draft), populate_existing=True)
        return forms.try_code(session, row, told, seals, now) if row is not None else Wrong("visit.ended")

    wrong = await parts_of(request).store.write(act)
    if wrong is not None:
        return forms.code_page(request, here, draft, wrong, again=True)
    return RedirectResponse(f"/visit/{here.site}/again/visit", status.HTTP_303_SEE_OTHER)


@router.get("/visit")
async def visit_page(request: Request, here: AtSchool) -> Response:
    """Ask when and why, with the visits of before to choose from."""
    draft = await forms.draft_here(request, here.site)
    if draft is None or draft.contact_checked_at is None:
        return await forms.over(request, here)
    found = await _before(request, here, draft)
    shown = {LIKE: found[0].visit, "purpose": found[0].purpose} if found else {}
    return _visit_page(request, here, found, shown, {})


@router.post("/visit", dependencies=[Depends(answer_checked)])
async def sent(request: Request, here: AtSchool) -> Response:
    """Ask the school for a visit like the one that was chosen: once, however often the form comes."""
    draft = await forms.draft_here(request, here.site)
    if draft is None or draft.contact_checked_at is None:
        return await forms.over(request, here)
    form, found = await forms.told_in(request), await _before(request, here, draft)
    like = next((row for row in found if row.visit == form.get(LIKE)), None)
    now, offset_min = parts_of(request).clock(), here.policy.utc_offset_min
    answers, wrong = _read(form, found, like, offset_min, now)
    if wrong or like is None:
        return _visit_page(request, here, found, form, wrong)
    asked = asked_again(like, answers, offset_min=offset_min, language=language(request), at=now)
    seals, instead = visits_of(request).seals, draft.answers.get(INSTEAD, "")

    def act(session: Session) -> VisitRow:
        row = session.get(DraftRow, (here.site, draft.draft), populate_existing=True)
        if row is not None:
            session.delete(row)
        if row is not None and instead:
            deeds.cancel(session, site=here.site, visit=instead, at=now)
        return deeds.ask(
            session, site=here.site, draft=draft.draft, asked=asked, policy=here.policy, seals=seals, at=now
        )

    visit = await parts_of(request).store.write(act)
    logger.info("visit_requested_again site=%s visit=%s host=%s", here.site, visit.visit, visit.host)
    return forms.to_status(request, here, visit.visit)


async def begin_like(request: Request, here: School, row: VisitRow, *, instead: bool) -> Response:
    """Lead somebody who has a visit's link to the page that asks for another one like it; ``instead`` lets the new one
    take its place. Raises TooOften.
    """
    if row.contact is None or row.contact_checked_at is None:
        return RedirectResponse(f"/visit/{here.site}/ask/who", status.HTTP_303_SEE_OTHER)
    cookie = forms.new_cookie()
    name = links.hash_of(cookie)
    forms.count(request, row.visit)
    answers = _begun(row.contact, row.visit, row.visit if instead else "")
    now, lang = parts_of(request).clock(), language(request)

    def act(session: Session) -> None:
        draft = drafts.put(session, site=here.site, draft=name, answers=answers, language=lang, at=now)
        draft.contact_checked_at = now

    await parts_of(request).store.write(act)
    response = RedirectResponse(f"/visit/{here.site}/again/visit", status.HTTP_303_SEE_OTHER)
    forms.begin(request, response, here.site, cookie)
    return response


def _begun(contact: str, like: str = "", instead: str = "") -> dict[str, str]:
    return {"contact": contact, LIKE: like, INSTEAD: instead}


async def _before(request: Request, here: School, draft: DraftRow) -> Sequence[VisitRow]:
    """Give the visits that may be chosen: those under the contact that was checked, or the one whose link was shown."""
    like, contact = draft.answers.get(LIKE), draft.answers["contact"]

    def ask(session: Session) -> Sequence[VisitRow]:
        if like:
            one = visits.one(session, here.site, like)
            return [one] if one is not None else []
        return visits.of_contact(session, here.site, contact, AT_MOST)

    return await parts_of(request).store.read(ask)


def _read(
    form: Mapping[str, str], found: Sequence[VisitRow], like: VisitRow | None, offset_min: int, now: datetime
) -> tuple[dict[str, str], dict[str, Wrong]]:
    answers, wrong = questions.read_fields((*_ASKED, *_consent(found)), form)
    if like is None:
        wrong[LIKE] = Wrong("visit.wrong.role")
    if not wrong and (told := fields.wrong_times(*_moments(answers, offset_min), now)):
        wrong[told[0]] = told[1]
    return answers, wrong


def _moments(answers: Mapping[str, str], offset_min: int) -> tuple[datetime, datetime]:
    return fields.moments(answers["date"], answers["from"], answers["until"], offset_min)


def _consent(found: Sequence[VisitRow]) -> tuple[Field, ...]:
    """Ask for the consent again when its text is another than somebody agreed to."""
    same = all(row.consent_version == questions.CONSENT_VERSION for row in found)
    return () if same else (questions.CONSENT,)


def _field(request: Request) -> Field:
    return EMAIL_OR_TELEPHONE if visits_of(request).texting else EMAIL


def _contact_page(
    request: Request,
    here: School,
    contact: str,
    wrong: Mapping[str, Wrong],
    code: int = status.HTTP_422_UNPROCESSABLE_CONTENT,
) -> Response:
    values = {"field": _field(request), "contact": contact[: fields.EMAIL], "wrong": wrong}
    return outside_page(
        request,
        "visitor_portal/again.html",
        here,
        values,
        back=f"/visit/{here.site}/again",
        code=code if wrong else status.HTTP_200_OK,
    )


def _visit_page(
    request: Request, here: School, found: Sequence[VisitRow], shown: Mapping[str, str], wrong: Mapping[str, Wrong]
) -> Response:
    values = {
        "found": found,
        "asked": _ASKED,
        "consent": _consent(found),
        "answers": {name: value[: fields.TEXT] for name, value in shown.items()},
        "wrong": wrong,
        "today": here.local(parts_of(request).clock()).date().isoformat(),
        "kept_days": deeds.KEPT.days,
    }
    return outside_page(
        request,
        "visitor_portal/again_visit.html",
        here,
        values,
        back=f"/visit/{here.site}/again/visit",
        code=status.HTTP_422_UNPROCESSABLE_CONTENT if wrong else status.HTTP_200_OK,
    )
