"""A read is answered once, and a repeat of it gets the bytes of the first time."""

from datetime import timedelta

import pytest

from schemas.envelope import RefusedRecord
from schemas.reasons import Reason, Refused, Verdict
from schemas.topics import Role
from services.flow.passages_to_presence import passages_to_presence
from services.flow.reads_to_decisions import ANSWERS_KEPT, EXPIRES_AFTER, reads_to_decisions
from tests.services.flow.desk import Desk
from tests.services.flow.people import (
    CARD,
    MORNING,
    PUPIL_CARD,
    SCHOOL,
    UNKNOWN_CARD,
    credential,
    mode,
    passage,
    policy,
    read,
)


def school(*more: object) -> Desk:
    return Desk(Role.ADMISSION, policy(), credential(), credential(PUPIL_CARD, category="pupil"), *more)  # type: ignore[arg-type]


def test_a_valid_card_is_admitted_until_a_little_after_the_gates_deadline() -> None:
    (decision,) = school().say(reads_to_decisions, shown := read(1))
    assert (decision.verdict, decision.reason, decision.read) == (Verdict.ADMIT, Reason.VALID, shown.id)
    assert (decision.late, decision.expires_at) == (False, shown.data.answer_by + EXPIRES_AFTER)
    assert (decision.policy_version, decision.policy_age_s) == (1, 0.0)


@pytest.mark.parametrize(
    ("card", "facts", "verdict", "reason"),
    [
        (UNKNOWN_CARD, [], Verdict.REFUSE, Reason.UNKNOWN_CREDENTIAL),
        (CARD, [credential(version=2, revoked_at=MORNING)], Verdict.REFUSE, Reason.REVOKED),
        (PUPIL_CARD, [credential(PUPIL_CARD, 2, revoked_at=MORNING, category="pupil")], Verdict.ASK, Reason.REVOKED),
        (CARD, [mode("lockdown")], Verdict.REFUSE, Reason.LOCKDOWN),
        (CARD, [mode("lockdown", drill=True)], Verdict.ADMIT, Reason.VALID),
        (UNKNOWN_CARD, [mode("free")], Verdict.ADMIT, Reason.GATE_FREE),
    ],
)
def test_the_reason_follows_the_facts(card: str, facts: list[object], verdict: Verdict, reason: Reason) -> None:
    (decision,) = school(*facts).say(reads_to_decisions, read(1, card))
    assert (decision.verdict, decision.reason) == (verdict, reason)


def test_exit_is_never_blocked() -> None:
    (decision,) = school(mode("lockdown")).say(reads_to_decisions, read(1, UNKNOWN_CARD, direction="exit"))
    assert (decision.verdict, decision.reason) == (Verdict.ADMIT, Reason.EXIT_FREE)


def test_the_same_read_again_gets_the_same_bytes_whatever_has_changed_since() -> None:
    desk = school()
    first = desk.records(reads_to_decisions, read(1))
    desk.learn(credential(version=2, revoked_at=MORNING))
    desk.now = MORNING + timedelta(hours=1)
    assert desk.records(reads_to_decisions, read(1)) == first


def test_a_replay_of_the_read_that_let_in_is_not_refused_as_already_inside() -> None:
    desk = school()
    first = desk.records(reads_to_decisions, read(1))
    desk.records(passages_to_presence, passage(2))
    assert desk.records(reads_to_decisions, read(1)) == first
    (next_time,) = desk.say(reads_to_decisions, read(3))
    assert next_time.reason is Reason.ALREADY_INSIDE


def test_who_has_left_may_enter_again() -> None:
    desk = school()
    desk.records(passages_to_presence, passage(1, at=MORNING))
    desk.records(passages_to_presence, passage(2, "left", at=MORNING + timedelta(minutes=1)))
    assert desk.say(reads_to_decisions, read(3))[0].verdict is Verdict.ADMIT


def test_a_late_read_is_judged_as_of_its_time_without_presence_and_opens_nothing() -> None:
    desk = school(credential(version=2, revoked_at=MORNING + timedelta(minutes=30)))
    desk.records(passages_to_presence, passage(1, at=MORNING + timedelta(minutes=10)))
    desk.now = MORNING + timedelta(hours=1)
    (decision,) = desk.say(reads_to_decisions, shown := read(2))
    assert (decision.verdict, decision.reason, decision.late) == (Verdict.ADMIT, Reason.VALID, True)
    assert decision.expires_at == shown.data.answer_by < desk.now


def test_answers_of_one_gate_do_not_push_out_anothers_and_only_old_ones_go() -> None:
    desk = school()
    first = desk.records(reads_to_decisions, read(1))
    for number in range(2, ANSWERS_KEPT + 1):
        desk.records(reads_to_decisions, read(number))
    assert desk.records(reads_to_decisions, read(1)) == first
    desk.records(reads_to_decisions, read(1 + ANSWERS_KEPT))
    assert len(desk.rows) == ANSWERS_KEPT


def test_a_read_under_an_id_that_is_none_is_malformed() -> None:
    desk = school()
    shown = read(1)
    wrong = type(shown)(id="not an id", source=shown.source, time=shown.time, site=SCHOOL, data=shown.data)
    with pytest.raises(RefusedRecord) as refused:
        desk.records(reads_to_decisions, wrong)
    assert refused.value.reason is Refused.MALFORMED
