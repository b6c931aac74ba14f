"""The guard's answer to a gate that asked: a click is a row and an outbox record in one transaction; the page says
*sent*, then what came of it.
"""

import logging
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response, status

from schemas.credential import Category
from schemas.gate_act import GateAct
from schemas.guard_answer import Because, GuardAnswer
from services.store.records import guard_answers
from services.web.guard_console.console import console_of
from services.web.guard_console.questions_view import REFUSE, admit_reasons, question_after, question_view
from services.web.guard_console.room import Notice, Room, allowing, duty_administrators, enter, onward, page
from services.web.guard_console.seen import Seen
from services.web.guard_console.sentences import verdict_words
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, form_checked, wants_fragment

POST = "/post"
ALLOWED: Because = "duty_administrator_allows"
_LONGEST = 200

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(f"{POST}/questions/{{act}}")
async def question_page(request: Request, user: SignedIn, act: str) -> Response:
    """Show one question, whole: one that is not in the middle, or where the duty administrator has to be named."""
    return await _whole(request, await enter(request, user), _asked(request, user.site, act))


@router.post(f"{POST}/answers", dependencies=[Depends(form_checked)])
async def answer_question(
    request: Request,
    user: SignedIn,
    act: Annotated[str, Form(max_length=_LONGEST)],
    answer: Annotated[str, Form(max_length=_LONGEST)],
    allowed_by: Annotated[str, Form(max_length=_LONGEST)] = "",
    whole: Annotated[bool, Form()] = False,  # noqa: FBT002  a form's field
) -> Response:
    """Answer a question: ``answer`` is admit or refuse with its reason, as ``admit/known_to_me``. A question is
    answered once, however often a button is pressed; a pupil is never refused.
    """
    parts, posts = parts_of(request), console_of(request).posts
    asked, room = _asked(request, user.site, act), await enter(request, user)
    word, because = _read(asked.data, answer)
    duty = await parts.store.read(lambda session: duty_administrators(session, user.site))
    allowed = allowing(user, allowed_by, duty) if because == ALLOWED else None
    if because == ALLOWED and allowed is None:
        if not whole:
            return onward(request, f"{POST}/questions/{act}")
        return await _whole(request, room, asked, Notice("refused", room.words.say("question.name_duty")))
    given = GuardAnswer(
        gate=asked.data.gate,
        direction=asked.data.direction,
        read=asked.data.read,
        answer=word,
        because=because,
        holder=asked.data.holder,
        category=cast("Category | None", asked.data.category),
        by=user.login,
        post=user.post,
        allowed_by=allowed,
        comment=None,
        expires_at=room.now + question_after(room.sight),
    )
    row = await parts.store.write(
        lambda session: guard_answers.give(session, site=user.site, answer=given, at=room.now)
    )
    if row is not None:
        logger.info("guard_answer_sent site=%s read=%s answer=%s because=%s", user.site, given.read, word, because)
        posts.take(row.event())
    if not whole and wants_fragment(request):
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    return onward(request, POST)


def _asked(request: Request, site: str, act: str) -> Seen[GateAct]:
    """Give what a gate of the site asked; 404 for what this page does not know (any more)."""
    asked = console_of(request).posts.question(site, act)
    if asked is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return asked


def _read(act: GateAct, answer: str) -> tuple[Literal["admit", "refuse"], Because]:
    """Read a button's value; what was not offered for this question is a 422."""
    word, _, because = answer.partition("/")
    if word == "admit" and because in admit_reasons(act):
        return "admit", because
    if word == "refuse" and because in REFUSE and act.category != "pupil":
        return "refuse", because
    raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT)


async def _whole(request: Request, room: Room, asked: Seen[GateAct], notice: Notice | None = None) -> Response:
    duty = await parts_of(request).store.read(lambda session: duty_administrators(session, room.user.site))
    question = question_view(room.sight, asked)
    today = room.now.astimezone(room.sight.zone).date().isoformat()
    told = verdict_words(room.words, asked.data, today)
    values = {"question": question, "verdict": told, "duty": duty}
    return page(request, room, "question", values, here="post", notice=notice)
