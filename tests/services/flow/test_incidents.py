"""Presses, forced gates, findings and people's actions: each counts once, however often and in whatever order it
comes.
"""

from datetime import timedelta

import pytest

from schemas.gate_event import GateEventKind
from schemas.ids import panic_alarm_id
from schemas.screening import Standing
from schemas.signal import SignalRule
from schemas.topics import Role
from services.flow.actions_to_alarms import actions_to_alarms
from services.flow.gate_events_to_alarms import gate_events_to_alarms
from services.flow.panics_to_alarms import panics_to_alarms
from services.flow.screenings_to_alarms import screenings_to_alarms
from services.flow.signals_to_alarms import signals_to_alarms
from tests.services.flow.desk import Desk
from tests.services.flow.people import MORNING, SCHOOL, VISITOR, action, gate_event, mode, panic, screening, signal

PRESS = panic(1)
PRESS_ALARM = panic_alarm_id(SCHOOL, "post", PRESS.id)


def school(*facts: object) -> Desk:
    return Desk(Role.ALARMING, *facts)  # type: ignore[arg-type]


def closed(desk: Desk, alarm: str) -> None:
    desk.records(actions_to_alarms, action(901, alarm, "acknowledge"))
    desk.records(actions_to_alarms, action(902, alarm, "close", cause="false alarm"))


def test_a_press_is_raised_under_the_id_that_screens_have_shown_it_by() -> None:
    (alarm,) = school().say(panics_to_alarms, PRESS)
    assert (alarm.alarm, alarm.version, alarm.state, alarm.severity, alarm.drill) == (
        PRESS_ALARM,
        1,
        "raised",
        "critical",
        False,
    )


def test_a_replayed_press_says_the_same_alarm_again_under_the_same_id() -> None:
    desk = school()
    first = desk.records(panics_to_alarms, PRESS)
    assert desk.records(panics_to_alarms, PRESS) == first
    assert desk.ids(panics_to_alarms, PRESS) == [f"{PRESS_ALARM}/1"]


def test_a_second_persons_press_joins_while_the_incident_is_open() -> None:
    desk = school()
    desk.records(panics_to_alarms, PRESS)
    (joined,) = desk.say(panics_to_alarms, other := panic(2, "canteen"))
    assert (joined.alarm, joined.version, joined.joined) == (PRESS_ALARM, 2, [PRESS.id, other.id])
    closed(desk, PRESS_ALARM)
    (anew,) = desk.say(panics_to_alarms, panic(3, "canteen"))
    assert (anew.alarm, anew.version) == (panic_alarm_id(SCHOOL, "canteen", panic(3).id), 1)


def test_acknowledging_the_second_press_acknowledges_the_incident() -> None:
    desk = school()
    desk.records(panics_to_alarms, PRESS)
    desk.records(panics_to_alarms, other := panic(2, "canteen"))
    (alarm,) = desk.say(actions_to_alarms, action(1, panic_alarm_id(SCHOOL, "canteen", other.id), "acknowledge"))
    assert (alarm.alarm, alarm.state, alarm.changed_by) == (PRESS_ALARM, "acknowledged", "guard-1")


def test_a_press_that_was_heard_never_joins_a_later_incident() -> None:
    desk = school()
    desk.records(panics_to_alarms, PRESS)
    closed(desk, PRESS_ALARM)
    desk.records(panics_to_alarms, panic(2, "canteen"))
    (again,) = desk.say(panics_to_alarms, PRESS)
    assert (again.alarm, again.state, again.joined) == (PRESS_ALARM, "closed", [PRESS.id])


def test_an_action_that_comes_before_its_alarm_waits_for_it() -> None:
    desk = school()
    assert desk.say(actions_to_alarms, action(1, PRESS_ALARM, "acknowledge")) == []
    assert desk.say(actions_to_alarms, action(1, PRESS_ALARM, "acknowledge")) == []
    said = desk.say(panics_to_alarms, PRESS)
    assert [(alarm.version, alarm.state) for alarm in said] == [(1, "raised"), (2, "acknowledged")]


def test_an_action_counts_once_and_the_second_person_is_told_who_was_first() -> None:
    desk = school()
    desk.records(panics_to_alarms, PRESS)
    first = desk.records(actions_to_alarms, acknowledged := action(1, PRESS_ALARM, "acknowledge"))
    assert desk.records(actions_to_alarms, acknowledged) == first
    (late,) = desk.say(actions_to_alarms, action(2, PRESS_ALARM, "acknowledge", by="guard-2"))
    assert (late.version, late.changed_by) == (2, "guard-1")


def test_arriving_twice_is_two_versions_and_its_replay_none() -> None:
    desk = school()
    desk.records(panics_to_alarms, PRESS)
    desk.records(actions_to_alarms, action(1, PRESS_ALARM, "dispatch"))
    said = [desk.say(actions_to_alarms, action(number, PRESS_ALARM, "arrive"))[0].version for number in (2, 2, 3, 3)]
    assert said == [3, 3, 4, 4]


def test_closing_needs_a_cause() -> None:
    desk = school()
    desk.records(panics_to_alarms, PRESS)
    desk.records(actions_to_alarms, action(1, PRESS_ALARM, "acknowledge"))
    assert desk.say(actions_to_alarms, action(2, PRESS_ALARM, "close"))[0].state == "acknowledged"
    (done,) = desk.say(actions_to_alarms, action(3, PRESS_ALARM, "close", cause="test of the button"))
    assert (done.state, done.cause) == ("closed", "test of the button")


def test_a_forced_gate_is_raised_and_its_next_forcing_joins() -> None:
    desk = school()
    (alarm,) = desk.say(gate_events_to_alarms, gate_event(1))
    (joined,) = desk.say(gate_events_to_alarms, gate_event(2, at=MORNING + timedelta(seconds=5)))
    assert (alarm.rule, alarm.severity, joined.alarm, joined.version) == ("forced", "high", alarm.alarm, 2)


@pytest.mark.parametrize("kind", ["heartbeat", "tamper", "link_lost", "fire_contact"])
def test_other_gate_events_are_no_alarm(kind: GateEventKind) -> None:
    assert school().say(gate_events_to_alarms, gate_event(1, kind)) == []


def test_refused_again_is_an_alarm_of_the_duty_administrator_and_a_finding_is_none() -> None:
    desk = school()
    (alarm,) = desk.say(signals_to_alarms, signal("g:1:1"))
    assert (alarm.rule, alarm.severity) == ("refused_again", "medium")
    assert desk.say(signals_to_alarms, signal("g:1:2", "admitted_against_policy")) == []


@pytest.mark.parametrize("rule", ["left_early", "pass_used_twice"])
def test_what_the_duty_administrator_must_know_is_raised_once(rule: SignalRule) -> None:
    desk = school()
    first = desk.records(signals_to_alarms, signal("g:1:1", rule))
    (alarm,) = desk.say(signals_to_alarms, signal("g:1:1", rule))
    assert desk.records(signals_to_alarms, signal("g:1:1", rule)) == first
    assert (alarm.rule, alarm.severity, alarm.version) == (rule, "medium", 1)
    assert desk.say(signals_to_alarms, signal("g:1:2", "inside_again")) == []


@pytest.mark.parametrize("standing", ["clear", "item_found", "weapon_suspected", "check_refused"])
def test_a_check_by_itself_is_no_alarm(standing: Standing) -> None:
    assert school().say(screenings_to_alarms, screening(standing, refusals=1)) == []


def test_a_weapon_that_a_person_has_confirmed_is_silent_and_real_and_raised_once_for_the_check() -> None:
    desk = school(mode("lockdown", drill=True))
    desk.records(screenings_to_alarms, screening("weapon_suspected"))
    (alarm,) = desk.say(screenings_to_alarms, screening("weapon_confirmed", 2))
    assert (alarm.rule, alarm.severity, alarm.silent, alarm.drill, alarm.subject) == (
        "weapon",
        "critical",
        True,
        False,
        VISITOR,
    )
    closed(desk, alarm.alarm)
    (again,) = desk.say(screenings_to_alarms, screening("weapon_confirmed", 3))
    assert (again.alarm, again.state, again.joined) == (alarm.alarm, "closed", ["check-1"])
    (anew,) = desk.say(screenings_to_alarms, screening("weapon_confirmed", 4, check="check-2"))
    assert anew.alarm != alarm.alarm


def test_the_second_refusal_of_a_day_is_the_duty_administrators_and_the_third_joins() -> None:
    desk = school()
    (alarm,) = desk.say(screenings_to_alarms, screening("check_refused", 2, refusals=2))
    (joined,) = desk.say(screenings_to_alarms, screening("check_refused", 3, check="check-2", refusals=3))
    assert (alarm.rule, alarm.severity, alarm.silent) == ("checks_refused", "medium", False)
    assert (joined.alarm, joined.joined) == (alarm.alarm, ["check-1", "check-2"])
    assert desk.say(screenings_to_alarms, screening("clear", 4, check="check-3", refusals=3)) == []


def test_a_drill_marks_alarms_but_a_press_is_real() -> None:
    desk = school(mode("lockdown", drill=True))
    assert desk.say(gate_events_to_alarms, gate_event(1))[0].drill
    assert desk.say(signals_to_alarms, signal("g:1:2"))[0].drill
    assert not desk.say(panics_to_alarms, PRESS)[0].drill


def test_a_real_press_breaks_through_the_test_of_a_button() -> None:
    desk = school()
    assert desk.say(panics_to_alarms, panic(1, test="agreed-7"))[0].drill
    (joined,) = desk.say(panics_to_alarms, panic(2, "canteen"))
    assert (joined.version, joined.drill) == (2, False)


def test_a_silent_press_is_marked_silent() -> None:
    assert school().say(panics_to_alarms, panic(1, silent=True))[0].silent
