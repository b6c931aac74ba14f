"""A crew is coming: the gate is held free by a person's word, for a time, and by nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.gate_act import GateAct
from schemas.gate_event import GateEvent
from schemas.passage import Passage
from tests.turnstile_bridge.played_gate import EIGHT, Played
from turnstile_bridge.drivers.interface import FireContact, PassageCompleted, PassageHeld
from turnstile_bridge.freedom import HELD_AT_MOST, HOLD_SAID_WITHIN
from turnstile_bridge.gate_words import Hold, Instant, ModeKnown, Resumed, SetFree

LOCKDOWN = ModeKnown("lockdown", drill=False)


def frees(gate_: Played) -> list[bool]:
    """Give what the mechanism was told."""
    return [effect.on for effect in gate_.done if isinstance(effect, SetFree)]


def changes(gate_: Played) -> list[dict[str, str]]:
    """Give what was told of the gate's mode."""
    return [event.detail for event in gate_.said(GateEvent, kind="mode_changed")]


def outcomes(gate_: Played) -> list[str]:
    """Give what came of the passages."""
    return [passage.outcome for passage in gate_.said(Passage)]


def test_a_crew_goes_in_freely_for_ten_minutes_and_the_gate_says_who_did_it() -> None:
    gate_ = Played()
    gate_.holds(10, id="administration:1:7", by="sabit")
    for _ in range(4):
        gate_.happens(PassageCompleted("entry"))
    gate_.passes(599)
    gate_.happens(PassageCompleted("exit"))
    assert frees(gate_) == [True]
    gate_.passes(1)
    assert frees(gate_) == [True, False]
    assert outcomes(gate_) == ["free"] * 5
    begun, over = changes(gate_)
    until = (EIGHT + timedelta(minutes=10)).isoformat()
    assert begun == {
        "mode": "held_free",
        "answer": "administration:1:7",
        "because": "crew_coming",
        "by": "sabit",
        "until": until,
    }
    assert over == {"mode": "normal", "answer": "administration:1:7", "over": "time", "by": "sabit"}
    assert not gate_.said(GateAct), "nobody was asked about"


def test_who_is_in_the_mechanism_as_the_hold_ends_is_free_and_the_next_is_forced() -> None:
    gate_ = Played()
    gate_.holds(1)
    gate_.passes(62)
    gate_.happens(PassageCompleted("entry"))
    gate_.passes(4)
    gate_.happens(PassageCompleted("entry"))
    assert outcomes(gate_) == ["free", "forced"]


def test_a_person_ends_it_and_the_gate_says_who() -> None:
    gate_ = Played()
    gate_.holds(10, by="sabit")
    gate_.passes(30)
    gate_.lets_go(by="aigul")
    gate_.passes(700)
    gate_.lets_go(by="aigul")
    assert frees(gate_) == [True, False]
    assert [(one.get("over"), one["by"]) for one in changes(gate_)] == [(None, "sabit"), ("ended", "aigul")]


def test_another_word_makes_it_longer_and_a_repeat_of_the_first_does_not_shorten_it() -> None:
    gate_ = Played()
    gate_.holds(1, id="administration:1:7")
    gate_.holds(10, id="administration:1:8")
    gate_.holds(1, id="administration:1:7")
    gate_.passes(599)
    assert frees(gate_) == [True]
    gate_.passes(1)
    assert frees(gate_) == [True, False]


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": EIGHT - HOLD_SAID_WITHIN - timedelta(seconds=1)},
        {"expires_at": EIGHT},
        {"expires_at": EIGHT - timedelta(minutes=1)},
        {"gate": "back"},
        {"at": None},
    ],
)
def test_what_is_late_over_or_for_another_gate_holds_nothing(wrong: dict[str, Any]) -> None:
    gate_ = Played()
    gate_.holds(**wrong)
    assert not gate_.done


def test_a_word_that_came_in_time_is_carried_out_to_the_second() -> None:
    gate_ = Played()
    gate_.holds(at=EIGHT - HOLD_SAID_WITHIN)
    assert frees(gate_) == [True]


def test_a_hold_is_never_longer_than_an_hour_nor_than_it_was_said_to_be() -> None:
    gate_ = Played()
    gate_.holds(600)
    gate_.passes(HELD_AT_MOST.total_seconds())
    assert frees(gate_) == [True, False]
    behind = Played()
    behind.holds(10, at=EIGHT + timedelta(minutes=7), expires_at=EIGHT + timedelta(minutes=17))
    behind.passes(600)
    assert frees(behind) == [True, False], "the gate's clock is seven minutes slow"


def test_a_lockdown_ends_a_hold_that_did_not_know_of_it_and_lets_none_begin() -> None:
    gate_ = Played()
    gate_.holds()
    gate_.happens(LOCKDOWN)
    gate_.holds()
    assert frees(gate_) == [True, False]
    assert changes(gate_)[-1]["over"] == "lockdown"


def test_in_a_lockdown_a_crew_goes_in_when_somebody_has_said_so_twice() -> None:
    gate_ = Played()
    gate_.happens(LOCKDOWN)
    gate_.holds(because="crew_coming_in_lockdown")
    gate_.happens(PassageCompleted("entry"))
    gate_.passes(600)
    assert frees(gate_) == [True, False]
    assert (outcomes(gate_), changes(gate_)[-1]["mode"]) == (["free"], "lockdown")


def test_a_lockdown_that_is_a_drill_changes_no_hold() -> None:
    gate_ = Played()
    gate_.holds()
    gate_.happens(ModeKnown("lockdown", drill=True))
    assert frees(gate_) == [True]


def test_a_gate_that_fire_or_the_mode_holds_free_stays_free_when_the_hold_ends() -> None:
    gate_ = Played()
    gate_.happens(FireContact(on=True))
    gate_.holds(1)
    gate_.passes(60)
    assert frees(gate_) == [True]
    gate_.happens(FireContact(on=False))
    assert frees(gate_) == [True, False]


def held() -> Hold:
    """Give a hold of ten minutes as the journal kept it."""
    until = EIGHT + timedelta(minutes=10)
    return Hold(answer="administration:1:7", because="crew_coming", by="sabit", since=EIGHT, until=until)


def test_a_hold_outlives_a_kill_for_as_long_as_is_left_of_it() -> None:
    gate_ = Played(s=1000.0 + 240)
    gate_.happens(Resumed(reads=(), grants=(), answers=(("administration:1:7", EIGHT),), hold=held()))
    gate_.holds(10, id="administration:1:7")
    gate_.passes(359)
    assert frees(gate_) == [True]
    gate_.passes(1)
    assert frees(gate_) == [True, False]


@pytest.mark.parametrize(
    ("at_s", "mode", "why"), [(600, None, "time"), (86_400, None, "time"), (60, LOCKDOWN, "lockdown")]
)
def test_a_hold_that_is_over_when_the_bridge_begins_again_is_told_and_frees_nothing(
    at_s: int, mode: ModeKnown | None, why: str
) -> None:
    gate_ = Played(s=1000.0 + at_s)
    if mode is not None:
        gate_.happens(mode)
    gate_.happens(Resumed(reads=(), grants=(), hold=held()))
    assert frees(gate_) == []
    assert changes(gate_)[-1]["over"] == why


def test_a_clock_that_was_set_back_makes_no_hold_longer() -> None:
    gate_ = Played(s=1000.0 - 86_400)
    gate_.happens(Resumed(reads=(), grants=(), hold=held()))
    gate_.passes(600)
    assert frees(gate_) == [True, False]


def test_a_turnstile_that_is_kept_open_is_told_unless_it_is_free() -> None:
    gate_ = Played()
    gate_.happens(PassageHeld("entry"))
    gate_.holds()
    gate_.happens(PassageHeld("entry"))
    assert [event.device for event in gate_.said(GateEvent, kind="held_open")] == ["entry"]
    assert gate_.now == Instant(EIGHT, 1000.0)
