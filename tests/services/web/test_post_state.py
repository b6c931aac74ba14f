"""What a post knows does not depend on the order in which it is told, nor on how often."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import Event
from schemas.reasons import Reason, Verdict
from services.web.guard_console.post_state import KEPT_A_GATE, REMEMBERED, PostState, Zone
from tests.services.web.said import (
    SITE,
    acknowledged,
    act,
    alarm_of,
    delivered,
    gate_event,
    mode,
    passage,
    policy,
    press,
    refused,
)

START = datetime(2026, 9, 1, 3, 0, tzinfo=UTC)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def told(*events: Event[Any]) -> PostState:
    state = PostState(site=SITE)
    for event in events:
        state.apply(event)
    return state


def morning() -> list[Event[Any]]:
    """A morning with everything in it: reads, two gates, a press with its versions, a forced passage, a delivery, a
    lost link.
    """
    reads = [
        act(
            number,
            at(number),
            Verdict.REFUSE if number % 5 == 0 else Verdict.ADMIT,
            Reason.EXPIRED if number % 5 == 0 else Reason.VALID,
        )
        for number in range(KEPT_A_GATE + 8)
    ]
    passages = [passage(500 + number, at(number + 0.5), "entered", read) for number, read in enumerate(reads[:6])]
    pressed = press(700, at(30))
    raised = alarm_of(pressed)
    forced = passage(701, at(31), "forced", gate="gate-2")
    forced_alarm = alarm_of(forced)
    return [
        policy(at(-60)),
        policy(at(-30), 2, name="№ 12 лицей"),
        mode(at(-20), 1, "lockdown", drill=True),
        mode(at(-10), 2, "normal"),
        *reads,
        *passages,
        pressed,
        raised,
        acknowledged(raised, "sabit", at(40)),
        alarm_of(pressed, 3, state="responding", changed_at=at(50), changed_by="duty", action="dispatch"),
        press(702, at(32), silent=True),
        forced,
        forced_alarm,
        delivered(raised.data.alarm, at(31), "no_answer", 1),
        delivered(raised.data.alarm, at(33), "acknowledged", 2),
        delivered(raised.data.alarm, at(35), "no_answer", 3),
        gate_event(800, at(20), "heartbeat"),
        gate_event(801, at(21), "device_silent", device="in"),
        gate_event(802, at(25), "device_back", device="in"),
        gate_event(803, at(22), "link_lost", gate="gate-2"),
        gate_event(804, at(19), "started", gate="gate-2"),
    ]


@given(st.permutations(morning()), st.lists(st.sampled_from(morning()), max_size=20))
def test_any_order_and_any_repeat_leave_the_same_state(shuffled: list[Event[Any]], repeats: list[Event[Any]]) -> None:
    assert told(*shuffled, *repeats) == told(*morning())


@given(st.permutations(morning()))
def test_a_repeat_changes_no_zone(shuffled: list[Event[Any]]) -> None:
    state = told(*shuffled)
    assert [state.apply(event) for event in shuffled] == [frozenset()] * len(shuffled)


def test_the_highest_version_of_an_alarm_wins_and_who_was_first_stays_known() -> None:
    raised = alarm_of(press(1, at(0)))
    state = told(
        raised,
        acknowledged(raised, "sabit", at(5)),
        alarm_of(
            press(1, at(0)), 3, state="closed", changed_at=at(60), changed_by="duty", action="close", cause="test"
        ),
    )
    known = state.alarms[raised.data.alarm]
    assert known.newest.data.state == "closed"
    assert known.acknowledged is not None
    assert (known.acknowledged.by, known.acknowledged.at) == ("sabit", at(5))


def test_a_silent_press_and_its_alarm_leave_no_trace() -> None:
    silent = press(1, at(0), silent=True)
    state = told(silent, alarm_of(silent), alarm_of(silent, 2, state="acknowledged"))
    assert state.presses == {}
    assert state.alarms == {}
    assert not state.knows_alarm(alarm_of(silent).data.alarm)


def test_a_silent_press_pushes_no_alarm() -> None:
    assert Zone.ALARMS not in PostState(site=SITE).apply(press(1, at(0), silent=True))


def test_an_event_of_another_school_is_never_taken() -> None:
    with pytest.raises(ValueError, match="school-2"):
        PostState(site=SITE).apply(press(1, at(0), site="school-2"))


def test_a_refusal_is_held_and_an_admission_does_not_take_its_place() -> None:
    state = told(refused(1, at(0)), act(2, at(1)))
    assert state.held is not None
    assert state.held.id == refused(1, at(0)).id


def test_a_refusal_that_comes_late_does_not_take_the_place_of_a_newer_one() -> None:
    state = told(refused(2, at(10)), refused(1, at(0)))
    assert state.held is not None
    assert state.held.at == at(10)


def test_a_gate_keeps_only_its_newest_acts() -> None:
    state = told(*(act(number, at(number)) for number in range(100)))
    assert [seen.at for seen in state.acts["gate-1"]] == [at(99 - number) for number in range(KEPT_A_GATE)]


def test_what_no_page_shows_any_more_is_forgotten() -> None:
    closed = alarm_of(press(1, at(0)), 2, state="closed")
    open_one = alarm_of(passage(2, at(0), "forced"))
    state = told(
        closed,
        open_one,
        press(3, at(0)),
        act(4, at(0)),
        act(5, at(1)),
        passage(6, at(1), "entered"),
        passage(7, at(2), "free"),
    )
    state.forget(START + REMEMBERED + timedelta(seconds=1))
    assert set(state.alarms) == {open_one.data.alarm}
    assert state.presses == {}
    assert [seen.at for seen in state.acts["gate-1"]] == [at(1)]
    assert [seen.at for seen in state.passages["gate-1"]] == [at(2)]
