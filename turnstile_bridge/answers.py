"""A guard's answer, as a table: yes or no to a read that asked, an admission by name, or a gate held free for a crew.
Each counts once, and only until it expires. Pure.
"""

from datetime import timedelta
from typing import Literal

import msgspec

from schemas.gate_act import GateAct
from schemas.guard_answer import HOLDS, GuardAnswer, credential_of_name
from schemas.reasons import Reason, Verdict
from turnstile_bridge import freedom, reads
from turnstile_bridge.gate_words import GateState, GuardAnswered, Instant, Question, Resumed, Setup, Step

ANSWERS_KEPT = timedelta(days=1)
"""How long a repeat is known: as long as the topic keeps one."""

AnswerTo = Literal["asking", "by_name", "crew", "nobody"]
AnswerStep = Literal["answer_the_read", "admit_by_name", "hold", "let_go"]
STEPS: dict[tuple[AnswerTo, Literal["admit", "refuse"]], AnswerStep] = {
    ("asking", "admit"): "answer_the_read",
    ("asking", "refuse"): "answer_the_read",
    ("by_name", "admit"): "admit_by_name",
    ("crew", "admit"): "hold",
    ("crew", "refuse"): "let_go",
}
"""What is not here changes nothing: a second answer, one to a read that was admitted or never asked, one too late."""

_VERDICTS: dict[Literal["admit", "refuse"], Verdict] = {"admit": Verdict.ADMIT, "refuse": Verdict.REFUSE}
_change = msgspec.structs.replace


def answered(setup: Setup, state: GateState, event: GuardAnswered, now: Instant) -> Step:
    """Take a guard's answer: act on it when it is for this gate, in time, new, and to a read that still asks, by name,
    or for a crew.
    """
    answer = event.answer
    if answer.gate != setup.gate or now.at >= answer.expires_at or event.id in state.answers:
        return state, []
    question = state.questions.get(answer.read or "")
    match STEPS.get((_answers_to(answer, question, now), answer.answer)):
        case "answer_the_read" if question is not None:
            act, own_id = _to_the_read(event, question, now), None
        case "admit_by_name":
            act, own_id = _by_name(setup, event), event.own_id
        case "hold":
            return freedom.held(setup, _over(state, event, now), event, now)
        case "let_go":
            return freedom.let_go(setup, _over(state, event, now), event, now)
        case _:
            return state, []
    return reads.acted(setup, _over(state, event, now), act, answer.expires_at, now, own_id)


def resumed(state: GateState, event: Resumed) -> GateState:
    """Give the state with the questions that a killed bridge had asked, and the answers that it had acted on."""
    questions = {act.read: Question(act, at) for act, at in event.questions}
    return _change(state, questions={**state.questions, **questions}, answers={**state.answers, **dict(event.answers)})


def _answers_to(answer: GuardAnswer, question: Question | None, now: Instant) -> AnswerTo:
    if answer.read is None:
        return "crew" if answer.because in HOLDS else "by_name"
    if (
        question is None
        or question.act.direction != answer.direction
        or now.at - question.asked_at > reads.QUESTION_LASTS
    ):
        return "nobody"
    return "asking"


def _to_the_read(event: GuardAnswered, question: Question, now: Instant) -> GateAct:
    """Word the act: why it was asked stays its reason, who is let in is who the guard says."""
    answer, asked = event.answer, question.act
    return _change(
        asked,
        decided_by="guard",
        decision=event.id,
        verdict=_VERDICTS[answer.answer],
        holder=asked.holder or answer.holder,
        category=asked.category or answer.category,
        waited_ms=asked.waited_ms + round(max(0.0, (now.at - question.asked_at).total_seconds()) * 1000, 1),
    )


def _by_name(setup: Setup, event: GuardAnswered) -> GateAct:
    """Word the act of an admission without a read: its own id stands for the read, and no rule was asked here. A pass
    that was named by its short code is used like one that was shown.
    """
    answer = event.answer
    return GateAct(
        read=event.own_id,
        gate=setup.gate,
        reader=setup.relay_reader[answer.direction],
        direction=answer.direction,
        credential=credential_of_name(answer),
        decided_by="guard",
        decision=event.id,
        verdict=Verdict.ADMIT,
        reason=Reason.EMERGENCY if answer.because == "emergency_crew" else Reason.VALID,
        values={},
        holder=answer.holder,
        category=answer.category,
        policy_version=0,
        policy_age_s=0.0,
        grant=None,
        waited_ms=0.0,
    )


def _over(state: GateState, event: GuardAnswered, now: Instant) -> GateState:
    """Note that an answer was acted on, and forget what is too old to matter."""
    answers = {known: at for known, at in state.answers.items() if now.at - at <= ANSWERS_KEPT}
    questions = {read: question for read, question in state.questions.items() if read != event.answer.read}
    return _change(state, answers={**answers, event.id: now.at}, questions=questions)
