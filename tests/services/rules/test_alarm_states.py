"""The life of an alarm as a table: raise, join, act, close, and every replay of it."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alarm import Alarm, AlarmRule, AlarmState
from schemas.alarm_action import ActionKind, AlarmAction
from schemas.ids import panic_alarm_id
from services.rules.alarm_states import SEVERITIES, TRANSITIONS, Cause, acted, raised

AT = datetime(2026, 11, 23, 7, 41, tzinfo=UTC)
STATES, KINDS = get_args(AlarmState), get_args(ActionKind)


def cause(event: str = "g:1:1", *, rule: AlarmRule = "forced", drill: bool = False, minutes: int = 0) -> Cause:
    """Give an event that calls for an alarm."""
    at = AT + timedelta(minutes=minutes)
    return Cause(rule=rule, site="school-1", gate="g", subject="g", event=event, at=at, drill=drill)


def action(kind: ActionKind, by: str = "guard", why: str | None = "climbed over") -> AlarmAction:
    """Give what a person did."""
    return AlarmAction(alarm="a", action=kind, by=by, post="entrance", seen_version=1, cause=why, comment=None)


def in_state(state: AlarmState) -> Alarm:
    """Give an alarm in a state."""
    return msgspec.structs.replace(raised(None, cause()), state=state)


def test_an_event_raises_an_alarm_once_however_often_it_is_told() -> None:
    alarm = raised(None, cause())
    assert (alarm.version, alarm.state, alarm.joined, alarm.severity) == (1, "raised", ["g:1:1"], "high")
    assert raised(alarm, cause()) is alarm
    assert raised(None, cause()) == alarm, "after losing its table alarming says the same again"


def test_a_further_event_joins_the_open_alarm() -> None:
    alarm = raised(raised(None, cause()), cause("g:1:2", minutes=1))
    assert (alarm.version, alarm.state, alarm.joined) == (2, "raised", ["g:1:1", "g:1:2"])
    assert (alarm.raised_at, alarm.changed_at) == (AT, AT + timedelta(minutes=1))
    assert raised(alarm, cause("g:1:1")) is alarm


def test_after_closing_a_new_event_is_a_new_alarm_and_a_replayed_one_is_not() -> None:
    closed = in_state("closed")
    assert raised(closed, cause()) is closed
    new = raised(closed, cause("g:1:9"))
    assert new.alarm != closed.alarm
    assert (new.version, new.joined) == (1, ["g:1:9"])


@pytest.mark.parametrize(("state", "kind"), list(itertools.product(STATES, KINDS)))
def test_every_action_in_every_state_does_what_the_table_says(state: AlarmState, kind: ActionKind) -> None:
    before = in_state(state)
    after = acted(before, action(kind), AT + timedelta(minutes=5))
    expected = TRANSITIONS.get((state, kind))
    if expected is None:
        assert after is before
    else:
        told = (after.state, after.version, after.changed_by, after.action, after.changed_at)
        assert told == (expected, before.version + 1, "guard", kind, AT + timedelta(minutes=5))


def test_the_table_itself() -> None:
    """ISA-18.2: acknowledged once, closed only after somebody has taken it, and a closed one stays closed."""
    assert {state for state, kind in TRANSITIONS if kind == "acknowledge"} == {"raised", "escalated"}
    assert {state for state, kind in TRANSITIONS if kind == "close"} == {"acknowledged", "responding"}
    assert not [state for state, _ in TRANSITIONS if state == "closed"]
    found: set[AlarmState] = {"raised"}
    reached = set(found)
    while found:
        found = {TRANSITIONS[step] for step in TRANSITIONS if step[0] in found} - reached
        reached |= found
    assert reached == set(STATES) - {"escalated"}, "escalation comes with its own issue"
    assert set(SEVERITIES) == set(get_args(AlarmRule))


def test_the_first_acknowledgement_wins() -> None:
    first = acted(in_state("raised"), action("acknowledge", "anna"), AT)
    assert acted(first, action("acknowledge", "bolat"), AT).changed_by == "anna"


def test_closing_needs_a_cause_and_keeps_it() -> None:
    taken = in_state("acknowledged")
    assert acted(taken, action("close", why=None), AT) is taken
    assert acted(taken, action("close", why=""), AT) is taken
    assert acted(taken, action("close"), AT).cause == "climbed over"


def test_a_real_press_breaks_through_a_drill_and_a_drill_never_hides_a_real_one() -> None:
    drill = raised(None, cause(drill=True))
    assert drill.drill
    assert not raised(drill, cause("g:1:2")).drill
    assert not raised(raised(None, cause()), cause("g:1:2", drill=True)).drill


def test_a_panics_alarm_has_the_id_under_which_pages_and_police_link_already_show_the_press() -> None:
    press = Cause(rule="panic", site="school-1", gate="g", subject="post-1", event="g:1:7", at=AT, silent=True)
    alarm = raised(None, press)
    assert alarm.alarm == panic_alarm_id("school-1", "post-1", "g:1:7")
    assert (alarm.severity, alarm.silent) == ("critical", True)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(KINDS)), max_size=12))
def test_versions_grow_by_one_and_a_repeated_step_changes_nothing(steps: list[tuple[str, ActionKind]]) -> None:
    alarm = raised(None, cause("a"))
    for event, kind in steps:
        joined = raised(alarm, cause(event))
        assert joined.version in {alarm.version, alarm.version + 1} or joined.alarm != alarm.alarm
        assert raised(joined, cause(event)) is joined
        after = acted(joined, action(kind), AT)
        assert after.version in {joined.version, joined.version + 1}
        alarm = after
