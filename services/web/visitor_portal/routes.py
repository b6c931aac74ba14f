"""The portal's pages: the school's rules, the questions, the code. What follows is in ``status.py``."""

import logging
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from services.store.visits import deeds, drafts, links, visits
from services.store.visits.drafts import DraftRow
from services.store.visits.visits import VisitRow
from services.web.shared.outside import School, outside_page, school, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import answer_checked, language, words
from services.web.visitor_portal import forms, questions
from services.web.visitor_portal.answers import asked_of, to_keep
from services.web.visitor_portal.fields import Wrong
from services.web.visitor_portal.questions import Question

_SAID = {"ended": "visit.ended"}

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/visit/{site}")
AtSchool = Annotated[School, Depends(school)]


@router.get("")
async def opening(request: Request, here: AtSchool, said: str = "") -> Response:
    """Show the school's first page: its rules, and where to begin."""
    values = {"notice": words(request).say(_SAID[said]) if said in _SAID else None}
    return outside_page(request, "visitor_portal/opening.html", here, values, back=f"/visit/{here.site}")


@router.get("/ask/{name}")
async def question_page(request: Request, here: AtSchool, name: str) -> Response:
    """Show one question, with what was answered before; nobody skips one."""
    question = _question(name)
    draft = await _draft(request, here)
    answers: Mapping[str, str] = draft.answers if draft else {}
    open_one = questions.first_open(answers)
    if open_one is not None and questions.number_of(open_one) < questions.number_of(question):
        lost = "?said=ended" if draft is None else f"/ask/{open_one.name}"
        return RedirectResponse(f"/visit/{here.site}{lost}", status.HTTP_303_SEE_OTHER)
    return _asked(request, here, question, answers, {})


@router.post("/ask/{name}", dependencies=[Depends(answer_checked)])
async def answer(request: Request, here: AtSchool, name: str) -> Response:
    """Take the answer to one question and lead to the next; what is wrong is said beside its field."""
    question = _question(name)
    form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
    answers, wrong = questions.read(question, form, here.policy.utc_offset_min, parts_of(request).clock())
    if wrong:
        return _asked(request, here, question, form, wrong)
    draft = await _draft(request, here)
    first = questions.number_of(question) == 1
    if draft is None and not first:
        return await _over(request, here)
    cookie = forms.new_cookie() if draft is None else None
    name_of_draft = links.hash_of(cookie) if cookie else draft.draft if draft else ""
    try:
        if cookie is not None:
            forms.count(request, name_of_draft)
        await _keep(request, here, name_of_draft, answers)
        if questions.after(question) is None:
            await forms.send_code(request, here.site, name_of_draft)
    except forms.TooOften as often:
        return _too_often(request, here, question, form, often)
    following = questions.after(question)
    to = f"ask/{following.name}" if following else "code"
    response = RedirectResponse(f"/visit/{here.site}/{to}", status.HTTP_303_SEE_OTHER)
    if cookie is not None:
        forms.begin(request, response, here.site, cookie)
    return response


@router.get("/code")
async def code_page(request: Request, here: AtSchool) -> Response:
    """Ask for the code that was sent to the contact."""
    draft = await _draft(request, here)
    if draft is None or not draft.code_number:
        return await _over(request, here)
    return _code(request, here, draft)


@router.post("/code/again", dependencies=[Depends(answer_checked)])
async def code_again(request: Request, here: AtSchool) -> Response:
    """Send another code."""
    draft = await _draft(request, here)
    if draft is None or not draft.code_number:
        return await _over(request, here)
    try:
        await forms.send_code(request, here.site, draft.draft)
    except forms.TooOften as often:
        return _code(request, here, draft, Wrong("visit.often", {"minutes": often.minutes}))
    return RedirectResponse(f"/visit/{here.site}/code", status.HTTP_303_SEE_OTHER)


@router.post("/code", dependencies=[Depends(answer_checked)])
async def send(request: Request, here: AtSchool) -> Response:
    """Check the code and ask the school: once, however often the form comes."""
    draft = await _draft(request, here)
    if draft is None or not draft.code_number:
        return await _over(request, here)
    told = "".join(digit for digit in str((await request.form()).get("code") or "") if digit.isdecimal())
    seals, now, lang = visits_of(request).seals, parts_of(request).clock(), language(request)

    def act(session: Session) -> VisitRow | Wrong:
        row = session.get(DraftRow, (here.site, draft.draft), populate_existing=True)
        if row is None:
            return visits.of_draft(session, here.site, draft.draft) or Wrong("visit.ended")
        if not drafts.code_alive(row, now):
            return Wrong("visit.wrong.code_over")
        row.code_tries += 1
        session.add(row)
        if not seals.is_contact_code(told, here.site, row.draft, row.answers["contact"], row.code_number):
            return Wrong("visit.wrong.code")
        asked = asked_of(row.answers, offset_min=here.policy.utc_offset_min, language=lang, at=now)
        session.delete(row)
        return deeds.ask(session, site=here.site, draft=row.draft, asked=asked, policy=here.policy, seals=seals, at=now)

    found = await parts_of(request).store.write(act)
    if isinstance(found, Wrong):
        return _code(request, here, draft, found)
    logger.info("visit_requested site=%s visit=%s host=%s", here.site, found.visit, found.host)
    return _to_status(request, here, found.visit)


async def _draft(request: Request, here: School) -> DraftRow | None:
    parts, name = parts_of(request), forms.draft_of(request)
    if name is None:
        return None
    now = parts.clock()
    return await parts.store.read(lambda session: drafts.one(session, here.site, name, now))


async def _keep(request: Request, here: School, draft: str, answers: Mapping[str, str]) -> None:
    kept = to_keep(answers, here.site, visits_of(request).seals)
    now, lang = parts_of(request).clock(), language(request)
    await parts_of(request).store.write(
        lambda session: drafts.put(session, site=here.site, draft=draft, answers=kept, language=lang, at=now)
    )


async def _over(request: Request, here: School) -> Response:
    """Lead on from a form that is no more: to its visit when it has been sent, else to the beginning."""
    name = forms.draft_of(request)
    if name is not None:
        sent = await parts_of(request).store.read(lambda session: visits.of_draft(session, here.site, name))
        if sent is not None:
            return _to_status(request, here, sent.visit)
    return RedirectResponse(f"/visit/{here.site}?said=ended", status.HTTP_303_SEE_OTHER)


def _to_status(request: Request, here: School, visit: str) -> Response:
    link = visits_of(request).seals.link("status", here.site, visit)
    return RedirectResponse(f"/visit/{here.site}/v/{link}", status.HTTP_303_SEE_OTHER)


def _question(name: str) -> Question:
    found = questions.BY_NAME.get(name)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return found


def _too_often(
    request: Request, here: School, question: Question, form: Mapping[str, str], often: forms.TooOften
) -> Response:
    logger.warning("visit_limited site=%s", here.site)
    field = question.fields[0].name
    wrong = {field: Wrong("visit.often", {"minutes": often.minutes})}
    return _asked(request, here, question, form, wrong, status.HTTP_429_TOO_MANY_REQUESTS)


def _asked(
    request: Request,
    here: School,
    question: Question,
    answers: Mapping[str, str],
    wrong: Mapping[str, Wrong],
    code: int = status.HTTP_422_UNPROCESSABLE_CONTENT,
) -> Response:
    place = questions.number_of(question)
    values = {
        "question": question,
        "number": place,
        "count": len(questions.QUESTIONS),
        "before": questions.QUESTIONS[place - 2].name if place > 1 else None,
        "answers": {name: answers.get(name, "")[:500] for name in _shown(question)},
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


def _code(request: Request, here: School, draft: DraftRow, wrong: Wrong | None = None) -> Response:
    values = {"contact": draft.answers["contact"], "wrong": wrong}
    code = status.HTTP_422_UNPROCESSABLE_CONTENT if wrong else status.HTTP_200_OK
    return outside_page(request, "visitor_portal/code.html", here, values, back=f"/visit/{here.site}/code", code=code)
