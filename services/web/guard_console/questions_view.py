"""The questions of a post: what may be answered, what was answered and what came of it, what has gone to the duty
administrator, and who was let in by name.

Pure: the sight in, plain values out, for the templates to word.
"""

from datetime import datetime, timedelta

import msgspec

from schemas.gate_act import GateAct
from schemas.guard_answer import Because, GuardAnswer
from schemas.site_policy import QUESTION_AFTER_S
from services.rules.opening_times import DUTY_ADMINISTRATOR
from services.web.guard_console.reads_view import HELD_FOR, Read, read_of_act
from services.web.guard_console.seen import Seen
from services.web.guard_console.sight import Person, Sight

ADMIT: tuple[Because, ...] = ("known_to_me", "document_seen", "duty_administrator_allows")
REFUSE: tuple[Because, ...] = ("not_expected", "not_the_holder", "told_to_wait")
BY_NAME_FOR = timedelta(minutes=1)
"""How long a page shows what came of letting somebody in by name."""

_MORE_FOR: dict[str, tuple[Because, ...]] = {"official": ("called_back",), "emergency": ("emergency_crew",)}


class Given(msgspec.Struct, frozen=True):
    """An answer that was sent: by whom, which, why, when; ``expired`` when no gate acted on it in time."""

    by: str
    answer: str
    because: str
    at: datetime
    expired: bool


class QuestionView(msgspec.Struct, frozen=True, kw_only=True):
    """One question: who is asked about, the reasons that may be given for either answer, since when it is the duty
    administrator's, and what was answered.
    """

    event: str
    read: Read
    admit: tuple[Because, ...]
    refuse: tuple[Because, ...]
    gone_at: datetime | None
    given: Given | None


class ByNameView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody let in by name: ``came`` is what the gate did, None while nothing has been heard."""

    person: Person | None
    gate: str
    by: str
    at: datetime
    came: str | None
    expired: bool


class Asked(msgspec.Struct, frozen=True):
    """The question in the middle of the page, the others that wait, and who was let in by name just now."""

    middle: QuestionView | None
    others: list[QuestionView]
    by_name: list[ByNameView]


def questions_view(sight: Sight, middle: str | None) -> Asked:
    """Choose the questions that still wait, oldest first; ``middle`` is the event id of the act that the page holds."""
    newest: dict[tuple[str, str], Seen[GateAct]] = {}
    for act in sight.state.questions.asked.values():
        key = act.data.gate, act.data.credential
        if key not in newest or newest[key].place < act.place:
            newest[key] = act
    waiting = [question_view(sight, act) for act in sorted(newest.values(), key=lambda act: act.place)]
    open_now = [
        question
        for question in waiting
        if question.event not in sight.done
        and sight.now - question.read.at < HELD_FOR
        and not sight.state.questions.is_settled(_act(question).read)
    ]
    return Asked(
        next((question for question in open_now if question.event == middle), None),
        [question for question in open_now if question.event != middle],
        _by_name(sight),
    )


def question_view(sight: Sight, act: Seen[GateAct]) -> QuestionView:
    """Give a question as the page shows it."""
    answer = sight.state.questions.answer_to(act.data.read)
    given = _given(sight, answer) if answer is not None else None
    return QuestionView(
        event=act.id,
        read=read_of_act(sight, act),
        admit=admit_reasons(act.data),
        refuse=() if act.data.category == "pupil" else REFUSE,
        gone_at=_gone_at(sight, act) if given is None or given.expired else None,
        given=given,
    )


def admit_reasons(act: GateAct) -> tuple[Because, ...]:
    """Give the reasons for which somebody may be let in; where the rules ask the duty administrator, only that."""
    if act.values.get("who") == DUTY_ADMINISTRATOR:
        return ("duty_administrator_allows",)
    return (*ADMIT, *_MORE_FOR.get(act.category or "", ()))


def question_after(sight: Sight) -> timedelta:
    """Give how long a question waits for the guard, and how long an answer opens something."""
    policy = sight.state.policy
    return timedelta(seconds=policy.data.question_after_s if policy else QUESTION_AFTER_S)


def _gone_at(sight: Sight, act: Seen[GateAct]) -> datetime | None:
    at = act.at + question_after(sight)
    return at if sight.now >= at else None


def _given(sight: Sight, answer: Seen[GuardAnswer]) -> Given:
    data = answer.data
    return Given(sight.user_name(data.by), data.answer, data.because, answer.at, sight.now >= data.expires_at)


def _by_name(sight: Sight) -> list[ByNameView]:
    found = []
    for answer in sorted(sight.state.questions.answers.values(), key=lambda answer: answer.place, reverse=True):
        if answer.data.read is None and sight.now - answer.at < BY_NAME_FOR:
            settled = sight.state.questions.settled.get(answer.id)
            found.append(
                ByNameView(
                    person=sight.people.get(answer.data.holder or ""),
                    gate=sight.gate_name(answer.data.gate),
                    by=sight.user_name(answer.data.by),
                    at=answer.at,
                    came=settled.data.verdict if settled else None,
                    expired=sight.now >= answer.data.expires_at,
                )
            )
    return found


def _act(question: QuestionView) -> GateAct:
    if question.read.act is None:
        message = "a question without its act"
        raise TypeError(message)
    return question.read.act
