"""The portal's questions and the code. The school's first page is in ``opening.py``, the short way of somebody who was
here before in ``returning.py``, what follows in ``status.py``.
"""

import logging
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from services.store.visits import deeds, drafts, links, visits
from services.store.visits.drafts import DraftRow
from services.store.visits.visits import VisitRow
from services.web.shared.outside import School, few_enough, outside_page, school, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import answer_checked, language
from services.web.visitor_portal import forms, questions
from services.web.visitor_portal.answers import asked_of, to_keep
from services.web.visitor_portal.fields import Wrong
from services.web.visitor_portal.questions import Question

_SHOWN_AGAIN = 4_000
"""How much of an answer is shown again: thirty names fit."""

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/visit/{site}", dependencies=[Depends(few_enough)])
AtSchool = Annotated[School, Depends(school)]


@router.get("/ask/{name}")
async def question_page(request: Request, here: AtSchool, name: str) -> Response:
    """Show one question, with what was answered before; nobody skips one."""
    question = _question(request, name)
    draft = await forms.draft_here(request, here.site)
    answers: Mapping[str, str] = draft.answers if draft else {}
    place, open_one = questions.place_of(question, answers), questions.first_open(answers)
    open_place = questions.place_of(open_one, answers) if open_one else None
    if place is None or (open_place is not None and open_place < place):
        lost = "?said=ended" if draft is None else f"/ask/{(open_one or questions.QUESTIONS[0]).name}"
        return RedirectResponse(f"/visit/{here.site}{lost}", status.HTTP_303_SEE_OTHER)
    return _asked(request, here, question, answers, answers, {})


@router.post("/ask/{name}", dependencies=[Depends(answer_checked)])
async def answer(request: Request, here: AtSchool, name: str) -> Response:
    """Take the answer to one question and lead to the next; what is wrong is said beside its field."""
    question = _question(request, name)
    form = await forms.told_in(request)
    answers, wrong = questions.read(question, form, here.policy.utc_offset_min, parts_of(request).clock())
    draft = await forms.draft_here(request, here.site)
    before: Mapping[str, str] = draft.answers if draft else {}
    if wrong:
        return _asked(request, here, question, before, form, wrong)
    if draft is None and question is not questions.QUESTIONS[0]:
        return await forms.over(request, here)
    cookie = forms.new_cookie() if draft is None else None
    name_of_draft = links.hash_of(cookie) if cookie else draft.draft if draft else ""
    following = questions.after(question, {**before, **answers})
    try:
        if cookie is not None:
            forms.count(request, name_of_draft)
        kept = await _keep(request, here, name_of_draft, answers)
        if following is None and kept.contact_checked_at is None:
            await forms.send_code(request, here.site, name_of_draft)
    except forms.TooOften as often:
        return _too_often(request, here, question, before, form, often)
    if following is None and kept.contact_checked_at is not None:
        return await _send(request, here, kept, None)
    to = f"ask/{following.name}" if following else "code"
    response = RedirectResponse(f"/visit/{here.site}/{to}", status.HTTP_303_SEE_OTHER)
    if cookie is not None:
        forms.begin(request, response, here.site, cookie)
    return response


@router.get("/code")
async def code_page(request: Request, here: AtSchool) -> Response:
    """Ask for the code that was sent to the contact."""
    draft = await forms.draft_here(request, here.site)
    if draft is None or not _may_be_sent(draft):
        return await forms.over(request, here)
    return forms.code_page(request, here, draft)


@router.post("/code/again", dependencies=[Depends(answer_checked)])
async def code_again(request: Request, here: AtSchool) -> Response:
    """Send another code."""
    return await forms.code_again(request, here)


@router.post("/code", dependencies=[Depends(answer_checked)])
async def send(request: Request, here: AtSchool) -> Response:
    """Check the code and ask the school: once, however often the form comes."""
    draft = await forms.draft_here(request, here.site)
    if draft is None or not _may_be_sent(draft):
        return await forms.over(request, here)
    return await _send(request, here, draft, str((await request.form()).get("code") or ""))


def _may_be_sent(draft: DraftRow) -> bool:
    """Tell whether a form is whole and its contact has been sent a code."""
    return bool(draft.code_number) and questions.first_open(draft.answers) is None


async def _send(request: Request, here: School, draft: DraftRow, code: str | None) -> Response:
    """Ask the school what a draft says; its contact has been checked before, or is now by ``code``."""
    seals, now, lang = visits_of(request).seals, parts_of(request).clock(), language(request)

    def act(session: Session) -> VisitRow | Wrong:
        row = session.get(DraftRow, (here.site, draft.draft), populate_existing=True)
        if row is None:
            return visits.of_draft(session, here.site, draft.draft) or Wrong("visit.ended")
        wrong = None if row.contact_checked_at is not None else forms.try_code(session, row, code or "", seals, now)
        if wrong is not None:
            return wrong
        checked_at = row.contact_checked_at or now
        asked = asked_of(
            row.answers, offset_min=here.policy.utc_offset_min, language=lang, checked_at=checked_at, at=now
        )
        session.delete(row)
        return deeds.ask(session, site=here.site, draft=row.draft, asked=asked, policy=here.policy, seals=seals, at=now)

    found = await parts_of(request).store.write(act)
    if isinstance(found, Wrong):
        return forms.code_page(request, here, draft, found)
    logger.info("visit_requested site=%s visit=%s host=%s", here.site, found.visit, found.host)
    return forms.to_status(request, here, found.visit)


async def _keep(request: Request, here: School, draft: str, answers: Mapping[str, str]) -> DraftRow:
    kept = to_keep(answers, here.site, visits_of(request).seals)
    now, lang = parts_of(request).clock(), language(request)
    return await parts_of(request).store.write(
        lambda session: drafts.put(session, site=here.site, draft=draft, answers=kept, language=lang, at=now)
    )


def _question(request: Request, name: str) -> Question:
    found = questions.BY_NAME.get(name)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return questions.of_school(found, texting=visits_of(request).texting)


def _too_often(
    request: Request,
    here: School,
    question: Question,
    before: Mapping[str, str],
    form: Mapping[str, str],
    often: forms.TooOften,
) -> Response:
    logger.warning("visit_limited site=%s", here.site)
    field = question.fields[0].name
    wrong = {field: Wrong("visit.often", {"minutes": often.minutes})}
    return _asked(request, here, question, before, form, wrong, status.HTTP_429_TOO_MANY_REQUESTS)


def _asked(  # noqa: PLR0917  what a page shows
    request: Request,
    here: School,
    question: Question,
    before: Mapping[str, str],
    shown: Mapping[str, str],
    wrong: Mapping[str, Wrong],
    code: int = status.HTTP_422_UNPROCESSABLE_CONTENT,
) -> Response:
    asked = questions.asked(before)
    place = questions.place_of(question, before) or len(asked)
    values = {
        "question": question,
        "number": place,
        "count": len(asked),
        "before": asked[place - 2].name if place > 1 else None,
        "answers": {name: shown.get(name, "")[:_SHOWN_AGAIN] for name in _shown(question)},
        "wrong": wrong,
        "today": here.local(parts_of(request).clock()).date().isoformat(),
        "kept_days": deeds.KEPT.days,
    }
    return outside_page(
        request,
        "visitor_portal/question.html",
        here,
        values,
        back=f"/visit/{here.site}/ask/{question.name}",
        code=code if wrong else status.HTTP_200_OK,
    )


def _shown(question: Question) -> list[str]:
    """Name the fields whose answers are shown again; what a draft has of documents is not."""
    return [field.name for field in question.fields if question.name != "document"]
