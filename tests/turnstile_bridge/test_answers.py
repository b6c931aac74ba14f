"""The guard answers: yes or no to a read that asked, or somebody by name; each counts once."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.gate_act import GateAct
from schemas.guard_answer import category_of_name
from schemas.passage import Passage
from schemas.reasons import Reason, Verdict
from tests.turnstile_bridge.played_gate import EIGHT, Played, answer
from turnstile_bridge import answers
from turnstile_bridge.drivers.interface import FireContact, PassageCompleted
from turnstile_bridge.gate_words import Indicate, Resumed, SetFree


def by_guard(gate_: Played) -> list[GateAct]:
    """Give the acts that a guard's answer caused."""
    return list(gate_.said(GateAct, decided_by="guard"))


def test_a_question_that_the_guard_answers_with_yes_opens_for_one_passage() -> None:
    gate_ = Played()
    read = gate_.asks()
    gate_.passes(12)
    gate_.answers(read)
    gate_.happens(PassageCompleted("entry"))
    gate_.passes(60)
    [asked, act] = gate_.said(GateAct)
    assert (asked.verdict, asked.grant) == (Verdict.ASK, None)
    assert (act.read, act.decided_by, act.decision, act.verdict) == (read, "guard", "administration:1:1", Verdict.ADMIT)
    assert (act.reason, act.holder, act.policy_version) == (asked.reason, "h", 2), "why it was asked is still said"
    assert act.waited_ms == 12_000.0
    assert [(passage.outcome, passage.grant) for passage in gate_.said(Passage)] == [("entered", act.grant)]
    assert Indicate("in", "granted") in gate_.done


def test_no_opens_nothing_and_is_shown() -> None:
    gate_ = Played()
    gate_.answers(gate_.asks(), "refuse", because="not_the_holder")
    [act] = by_guard(gate_)
    assert (act.verdict, act.grant) == (Verdict.REFUSE, None)
    assert not gate_.unlocked()
    assert Indicate("in", "denied") in gate_.done


@pytest.mark.parametrize(("first", "second"), [("admit", "refuse"), ("refuse", "admit"), ("admit", "admit")])
def test_a_second_answer_changes_nothing(first: Any, second: Any) -> None:
    gate_ = Played()
    read = gate_.asks()
    gate_.answers(read, first)
    gate_.answers(read, second)
    assert len(by_guard(gate_)) == 1
    assert len(gate_.unlocked()) == (first == "admit")


@pytest.mark.parametrize(
    "wrong",
    [
        {"gate": "back"},
        {"direction": "exit"},
        {"expires_at": EIGHT},
        {"read": "main:1:999"},
    ],
)
def test_an_answer_that_is_not_for_this_question_now_changes_nothing(wrong: dict[str, Any]) -> None:
    gate_ = Played()
    read = gate_.asks()
    gate_.answers(wrong.pop("read", read), **wrong)
    assert not by_guard(gate_)
    gate_.answers(read)
    assert len(by_guard(gate_)) == 1, "the question still stands"


@pytest.mark.parametrize("verdict", [Verdict.ADMIT, Verdict.REFUSE])
def test_an_answer_to_a_read_that_did_not_ask_changes_nothing(verdict: Verdict) -> None:
    gate_ = Played()
    read = gate_.shows()
    gate_.answers(read)
    assert not gate_.said(GateAct), "it still waits for the stream"
    gate_.happens(answer(read, verdict))
    gate_.answers(read)
    assert not by_guard(gate_)
    assert len(gate_.unlocked()) == (verdict is Verdict.ADMIT)


def test_a_gate_that_asks_on_its_own_takes_the_guards_answer_too() -> None:
    gate_ = Played(own_verdict=Verdict.ASK)
    read = gate_.shows()
    gate_.passes(1)
    gate_.answers(read)
    assert gate_.unlocked() == [f"grant/{read}"]


def test_a_question_nobody_has_answered_in_ten_minutes_is_over() -> None:
    gate_ = Played()
    late, later = gate_.asks("aa"), gate_.asks("bb")
    gate_.passes(600)
    gate_.answers(late)
    gate_.passes(1)
    gate_.answers(later)
    assert gate_.unlocked() == [f"grant/{late}"]


def test_who_was_let_in_meanwhile_is_not_let_in_again_by_an_older_question() -> None:
    gate_ = Played()
    older = gate_.asks("aa")
    other = gate_.asks("bb")
    gate_.passes(5)
    gate_.happens(answer(gate_.shows("aa"), credential="aa"))
    gate_.happens(PassageCompleted("entry"))
    gate_.answers(older)
    assert not by_guard(gate_)
    gate_.happens(Resumed(reads=(), grants=()))
    gate_.answers(other)
    assert not by_guard(gate_), "the holder is the same, whatever card he shows"


def test_two_questions_of_two_people_are_answered_each_for_itself() -> None:
    gate_ = Played()
    first, second = gate_.shows("aa"), gate_.shows("bb")
    for read, credential in ((first, "aa"), (second, "bb")):
        gate_.happens(answer(read, Verdict.ASK, credential=credential, holder=credential, reason=Reason.LATE))
    gate_.answers(second)
    gate_.happens(PassageCompleted("entry"))
    gate_.answers(first)
    assert gate_.unlocked() == [f"grant/{second}", f"grant/{first}"]


def test_a_pupil_without_a_card_is_let_in_by_name_once_and_the_passage_carries_the_name() -> None:
    gate_ = Played()
    gate_.answers(None, holder="pupil-17", category="pupil", because="card_forgotten", id="administration:1:7")
    gate_.answers(None, holder="pupil-17", category="pupil", because="card_forgotten", id="administration:1:7")
    gate_.happens(PassageCompleted("entry"))
    gate_.passes(60)
    [act] = gate_.said(GateAct)
    assert (act.read, act.grant) == ("main:1:1", "grant/main:1:1"), "its own id stands for the read"
    assert (act.decision, act.holder, act.category, act.reason) == (
        "administration:1:7",
        "pupil-17",
        "pupil",
        Reason.VALID,
    )
    assert [(passage.outcome, passage.holder) for passage in gate_.said(Passage)] == [("entered", "pupil-17")]
    assert category_of_name(gate_.said(Passage)[0].credential) == "pupil"


def test_a_pass_named_by_its_short_code_is_the_passs_own_act_and_passage() -> None:
    gate_ = Played()
    named: dict[str, Any] = {"because": "document_seen", "credential": "pass/0123456789AB", "id": "administration:1:7"}
    gate_.answers(None, holder="visitor-9", category="visitor", **named)
    gate_.happens(PassageCompleted("entry"))
    gate_.passes(60)
    [act] = gate_.said(GateAct)
    assert (act.credential, act.decided_by, act.holder) == ("pass/0123456789AB", "guard", "visitor-9")
    assert [(passage.outcome, passage.credential) for passage in gate_.said(Passage)] == [
        ("entered", "pass/0123456789AB")
    ]


def test_an_emergency_crew_is_let_in_one_after_the_other_and_the_event_says_who_did_it() -> None:
    gate_ = Played()
    for _ in range(3):
        gate_.answers(None, because="emergency_crew", category="emergency")
    assert len(gate_.unlocked()) == 1
    for _ in range(3):
        gate_.happens(PassageCompleted("entry"))
    assert [passage.outcome for passage in gate_.said(Passage)] == ["entered"] * 3
    assert {act.reason for act in gate_.said(GateAct)} == {Reason.EMERGENCY}
    assert [act.decision for act in gate_.said(GateAct)] == [f"administration:1:{count}" for count in (1, 2, 3)]


def test_no_to_a_name_and_a_name_too_late_change_nothing() -> None:
    gate_ = Played()
    gate_.answers(None, "refuse", holder="pupil-17")
    gate_.answers(None, holder="pupil-17", expires_at=gate_.now.at)
    assert not gate_.said(GateAct)


def test_while_the_gate_is_free_an_answer_opens_nothing_and_is_still_said() -> None:
    gate_ = Played()
    read = gate_.asks()
    gate_.happens(FireContact(on=True))
    gate_.answers(read)
    assert SetFree(on=True) in gate_.done
    [act] = by_guard(gate_)
    assert (act.verdict, act.grant) == (Verdict.ADMIT, None)
    assert not gate_.unlocked()


def test_who_waits_behind_an_opening_longer_than_the_answer_lasts_is_not_let_in() -> None:
    gate_ = Played()
    gate_.happens(answer(gate_.shows("bb"), credential="bb", holder="other"))
    gate_.answers(gate_.asks("aa"), expires_at=gate_.now.at + timedelta(seconds=3))
    gate_.passes(30)
    assert len(gate_.unlocked()) == 1
    assert [passage.outcome for passage in gate_.said(Passage)] == ["abandoned", "abandoned"]


def test_questions_and_answers_outlive_a_kill() -> None:
    killed = Played()
    read = killed.asks()
    killed.answers(None, holder="pupil-17", id="administration:1:7")
    [asked] = killed.said(GateAct, read=read)
    again = Played()
    again.happens(
        Resumed(
            reads=(),
            grants=(),
            questions=((asked, EIGHT - timedelta(minutes=2)),),
            answers=(("administration:1:7", EIGHT),),
        )
    )
    again.answers(None, holder="pupil-17", id="administration:1:7")
    assert not again.done
    again.answers(read)
    [act] = by_guard(again)
    assert (act.read, act.waited_ms) == (read, 120_000.0)


def test_every_row_of_the_table_is_used() -> None:
    assert {to for to, _ in answers.STEPS} == {"asking", "by_name", "crew"}
    assert set(answers.STEPS.values()) == {"answer_the_read", "admit_by_name", "hold", "let_go"}
