"""The gate's state machine, as what happens at a gate."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.credential_read import CredentialRead
from schemas.gate_act import GateAct
from schemas.gate_event import GateEvent
from schemas.ids import decision_id
from schemas.passage import Passage
from schemas.reasons import Verdict
from tests.turnstile_bridge.played_gate import EIGHT, Played, answer, grant
from turnstile_bridge import lane, reads
from turnstile_bridge.drivers.interface import (
    DeviceBack,
    DeviceLost,
    FireContact,
    PassageCompleted,
    PassageReversed,
    PassageStarted,
)
from turnstile_bridge.gate_words import (
    Indicate,
    ModeKnown,
    Resumed,
    SetFree,
)


def test_a_card_is_asked_and_the_answer_opens_for_one_passage() -> None:
    gate_ = Played()
    read = gate_.shows()
    gate_.happens(answer(read))
    gate_.happens(PassageCompleted("entry"))
    gate_.passes(60)
    [act] = gate_.said(GateAct)
    assert (act.decided_by, act.decision, act.grant) == ("online", decision_id(read), f"grant/{read}")
    assert [passage.outcome for passage in gate_.said(Passage)] == ["entered"]
    assert Indicate("in", "granted") in gate_.done


def test_no_answer_in_time_and_the_gate_decides_alone() -> None:
    gate_ = Played()
    read = gate_.shows()
    gate_.passes(0.299)
    assert not gate_.said(GateAct)
    gate_.passes(0.002)
    [act] = gate_.said(GateAct)
    assert (act.decided_by, act.waited_ms) == ("gate", 300.0)
    gate_.happens(answer(read, Verdict.REFUSE))
    assert gate_.said(GateAct) == [act], "a late answer changes nothing"


def test_an_answer_that_comes_a_moment_too_late_opens_nothing_even_before_the_gate_has_noticed() -> None:
    gate_ = Played(own_verdict=Verdict.REFUSE)
    read = gate_.shows()
    gate_.s += 0.301
    gate_.happens(answer(read))
    gate_.passes(1)
    [act] = gate_.said(GateAct)
    assert (act.decided_by, act.verdict) == ("gate", Verdict.REFUSE)


def test_after_three_time_outs_running_it_decides_at_once_until_an_answer_is_in_time_again() -> None:
    gate_ = Played()
    for credential in ("aa", "bb", "cc"):
        gate_.shows(credential)
        gate_.passes(1)
    probe = gate_.shows("dd")
    assert gate_.said(GateAct, credential="dd")[0].waited_ms == 0
    assert gate_.said(CredentialRead, credential="dd"), "it still asks, to know when the stream is back"
    gate_.s += 0.1
    gate_.happens(answer(probe, credential="dd"))
    assert len(gate_.said(GateAct, credential="dd")) == 1
    gate_.shows("ee")
    assert not gate_.said(GateAct, credential="ee"), "online first again"


def test_a_probe_that_is_answered_late_leaves_the_gate_alone() -> None:
    gate_ = Played()
    for credential in ("aa", "bb", "cc"):
        gate_.shows(credential)
        gate_.passes(1)
    probe = gate_.shows("dd")
    gate_.passes(0.4)
    gate_.happens(answer(probe, credential="dd"))
    gate_.shows("ee")
    assert gate_.said(GateAct, credential="ee")[0].decided_by == "gate"


@pytest.mark.parametrize(
    "wrong",
    [
        {"gate": "other"},
        {"credential": "bb"},
        {"late": True},
        {"expires_at": EIGHT},
        {"read": "main:1:999"},
    ],
)
def test_an_answer_that_is_not_for_this_read_now_opens_nothing(wrong: dict[str, Any]) -> None:
    gate_ = Played()
    read = gate_.shows()
    gate_.happens(answer(wrong.pop("read", read), **wrong))
    assert not gate_.unlocked()
    assert not gate_.said(GateAct)


def test_a_held_card_is_one_read_for_three_seconds_at_one_reader() -> None:
    gate_ = Played()
    gate_.shows()
    gate_.passes(2.9)
    gate_.shows()
    gate_.shows(reader="out")
    assert [read.reader for read in gate_.said(CredentialRead)] == ["in", "out"]
    gate_.passes(0.2)
    gate_.shows()
    assert len(gate_.said(CredentialRead)) == 3


def test_nobody_walks_through_and_the_grant_is_abandoned() -> None:
    gate_ = Played()
    gate_.happens(answer(gate_.shows()))
    gate_.passes(5.4)
    assert not gate_.said(Passage)
    gate_.passes(0.2)
    assert [passage.outcome for passage in gate_.said(Passage)] == ["abandoned"]
    gate_.happens(PassageCompleted("entry"))
    assert gate_.said(Passage)[-1].outcome == "forced"


def test_a_passage_without_a_grant_is_forced_and_told_as_an_alarm() -> None:
    gate_ = Played()
    gate_.happens(PassageCompleted("exit"))
    assert [passage.outcome for passage in gate_.said(Passage)] == ["forced"]
    assert gate_.said(GateEvent, kind="forced")


def test_who_follows_close_behind_has_a_grant_of_their_own_in_turn() -> None:
    gate_ = Played()
    first, second = gate_.shows("aa"), gate_.shows("bb")
    gate_.happens(answer(first))
    gate_.happens(answer(second, credential="bb"))
    assert gate_.unlocked() == [f"grant/{first}"]
    gate_.happens(PassageCompleted("entry"))
    assert gate_.unlocked() == [f"grant/{first}", f"grant/{second}"]
    gate_.happens(PassageCompleted("entry"))
    assert [(passage.outcome, passage.read) for passage in gate_.said(Passage)] == [
        ("entered", first),
        ("entered", second),
    ]


def test_who_waits_behind_a_grant_longer_than_the_decision_lasts_is_not_let_in() -> None:
    gate_ = Played()
    first, second = gate_.shows("aa"), gate_.shows("bb")
    gate_.happens(answer(first))
    gate_.happens(answer(second, credential="bb", expires_at=gate_.now.at + timedelta(seconds=3)))
    gate_.passes(10)
    assert gate_.unlocked() == [f"grant/{first}"]
    assert [passage.outcome for passage in gate_.said(Passage)] == ["abandoned", "abandoned"]


def test_a_person_who_turns_back_is_told_as_reversed() -> None:
    gate_ = Played()
    gate_.happens(answer(gate_.shows()))
    gate_.happens(PassageStarted("entry"))
    gate_.happens(PassageReversed("entry"))
    gate_.passes(60)
    assert [passage.outcome for passage in gate_.said(Passage)] == ["reversed"]


def test_an_exit_is_let_out_even_when_an_answer_would_refuse_it() -> None:
    gate_ = Played(own_verdict=Verdict.REFUSE)
    read = gate_.shows(reader="out")
    gate_.happens(answer(read, Verdict.REFUSE, direction="exit"))
    [act] = gate_.said(GateAct)
    assert (act.verdict, act.decided_by) == (Verdict.ADMIT, "gate")
    assert gate_.unlocked()


def test_fire_frees_the_gate_and_its_passages_are_free_not_forced() -> None:
    gate_ = Played()
    gate_.happens(FireContact(on=True))
    gate_.happens(PassageCompleted("exit"))
    gate_.shows()
    gate_.passes(1)
    assert SetFree(on=True) in gate_.done
    assert [passage.outcome for passage in gate_.said(Passage)] == ["free"]
    assert gate_.said(GateAct)[0].grant is None, "nothing is opened that is open"
    gate_.happens(ModeKnown("evacuation", drill=False))
    gate_.happens(FireContact(on=False))
    assert SetFree(on=False) not in gate_.done, "the site is still being evacuated"
    gate_.happens(ModeKnown("normal", drill=False))
    assert SetFree(on=False) in gate_.done


def test_a_drill_changes_nothing_at_the_gate() -> None:
    gate_ = Played()
    gate_.happens(ModeKnown("evacuation", drill=True))
    assert not gate_.done


def test_a_lost_line_voids_who_waits_and_nothing_is_unlocked_later() -> None:
    gate_ = Played()
    first, second = gate_.shows("aa"), gate_.shows("bb")
    gate_.happens(answer(first))
    gate_.happens(answer(second, credential="bb"))
    gate_.happens(DeviceLost("in", answers=False))
    gate_.happens(DeviceBack("in", 2.0))
    gate_.passes(60)
    assert gate_.unlocked() == [f"grant/{first}"]
    assert [passage.outcome for passage in gate_.said(Passage)] == ["abandoned", "abandoned"]
    assert [event.kind for event in gate_.said(GateEvent)] == ["device_silent", "device_back"]


def test_a_card_read_just_before_the_line_went_is_not_opened_for_afterwards() -> None:
    gate_ = Played()
    read = gate_.shows()
    gate_.happens(DeviceLost("in", answers=True))
    gate_.happens(answer(read))
    assert not gate_.unlocked()
    assert [passage.outcome for passage in gate_.said(Passage)] == ["abandoned"]


def test_a_passage_in_a_gap_of_the_line_is_told_and_no_alarm() -> None:
    gate_ = Played()
    gate_.happens(PassageCompleted("entry", unseen=True))
    assert not gate_.said(Passage)
    assert gate_.said(GateEvent, kind="device_back")[0].detail == {"passage_unseen": "entry"}


def test_what_a_killed_bridge_left_open_is_closed_once() -> None:
    gate_ = Played(own_verdict=Verdict.ADMIT)
    data = CredentialRead(
        gate="main", reader="in", direction="entry", credential="aa", technology="card", bits=26, answer_by=EIGHT
    )
    old, young = grant("main:1:1"), grant("main:1:2")
    left = Resumed(
        reads=(("main:1:9", EIGHT - timedelta(seconds=4), data),),
        grants=((old, EIGHT - timedelta(seconds=30)), (young, EIGHT - timedelta(seconds=2))),
    )
    gate_.happens(left)
    gate_.passes(3.4)
    assert [(passage.grant, passage.outcome) for passage in gate_.said(Passage)] == [(old.id, "abandoned")]
    gate_.passes(0.2)
    assert [passage.grant for passage in gate_.said(Passage, outcome="abandoned")] == [old.id, young.id]
    [act] = gate_.said(GateAct)
    assert (act.read, act.grant, act.waited_ms) == ("main:1:9", None, 4000.0)
    assert not gate_.unlocked()


def test_a_person_who_was_let_in_by_a_killed_bridge_and_walks_through_now_has_entered() -> None:
    gate_ = Played()
    gate_.happens(Resumed(reads=(), grants=((grant("main:1:2"), EIGHT - timedelta(seconds=2)),)))
    gate_.happens(PassageCompleted("entry"))
    assert [passage.outcome for passage in gate_.said(Passage)] == ["entered"]


def test_every_phase_of_the_tables_is_reached_and_left() -> None:
    ends = {phase for phase, _ in lane.STEPS.values()}
    assert ends == {phase for phase, _ in lane.STEPS} == {"locked", "unlocked", "passing"}
    assert {phase for phase, _ in reads.STEPS} == {"asked", "deciding", "closing", "probing"}
