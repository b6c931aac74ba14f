"""The alarming app as a process on a real broker: alarms are raised once, whatever is killed."""

from datetime import UTC, datetime
from typing import Any

from schemas.envelope import Event
from schemas.ids import panic_alarm_id
from schemas.outgoing import Outgoing
from schemas.topics import ALARM_ACTIONS, ALARMS, GATE_EVENTS, MAX_VALUE_BYTES, PANICS, SCREENINGS, SIGNALS, Role, Topic
from tests.services.flow.people import SCHOOL, action, gate_event, mode, panic, screening, signal
from tests.services.flow.stream import Stream, soon


def now() -> datetime:
    return datetime.now(UTC)


def test_a_press_is_raised_acknowledged_and_closed(stream: Stream) -> None:
    worker = stream.worker(Role.ALARMING).start().ready()
    stream.say(press := panic(1, at=now()))
    alarm = panic_alarm_id(SCHOOL, "post", press.id)
    soon(lambda: [each["id"] for each in stream.said(ALARMS)] == [f"{alarm}/1"])
    stream.say(action(1, alarm, "acknowledge", at=now()), action(2, alarm, "close", cause="false alarm", at=now()))
    soon(lambda: [each["data"]["state"] for each in stream.said(ALARMS)] == ["raised", "acknowledged", "closed"])
    assert worker.terminate() == 0


def test_alarms_are_raised_once_across_kills_and_a_worker_that_begins_anew(stream: Stream) -> None:
    """Every event is sent before and again after each kill; ids and versions must come out as if nothing had
    happened.
    """
    events: list[Event[Any]] = [
        panic(1, at=now()),
        gate_event(2, at=now()),
        gate_event(3, at=now()),
        signal("school-1-main:1:9", at=now()),
        screening("weapon_suspected"),
        screening("weapon_confirmed", 2),
    ]
    worker = stream.worker(Role.ALARMING).start().ready()
    for place in ("one", "one", "other-machine"):
        stream.say(*events)
        soon(lambda: len(stream.said(ALARMS)) > 0)
        worker.kill()
        worker = stream.worker(Role.ALARMING, place).start().ready()
    stream.say(*events)
    soon(lambda: sum(stream.committed(GATE_EVENTS, Role.ALARMING).values()) == 8)
    soon(lambda: sum(stream.committed(SIGNALS, Role.ALARMING).values()) == 4)
    soon(lambda: sum(stream.committed(SCREENINGS, Role.ALARMING).values()) == 8)
    by_rule: dict[str, set[str]] = {}
    values: dict[str, set[str]] = {}
    for envelope in stream.said(ALARMS):
        by_rule.setdefault(envelope["data"]["rule"], set()).add(envelope["data"]["alarm"])
        values.setdefault(envelope["id"], set()).add(str(envelope))
    assert {rule: len(alarms) for rule, alarms in by_rule.items()} == {
        "panic": 1,
        "forced": 1,
        "refused_again": 1,
        "weapon": 1,
    }
    assert [name for name, said in values.items() if len(said) > 1] == []
    assert len(values) == 5, "one version each, and a second of the forced gate's"


def test_drills_come_from_the_followed_modes(stream: Stream) -> None:
    stream.say(mode("lockdown", drill=True))
    stream.worker(Role.ALARMING).start().ready()
    stream.say(gate_event(1, at=now()), panic(2, at=now()))
    soon(
        lambda: (
            {(each["data"]["rule"], each["data"]["drill"]) for each in stream.said(ALARMS)}
            == {("forced", True), ("panic", False)}
        )
    )


def test_what_cannot_be_taken_goes_to_the_dead_letters_and_the_way_goes_on(stream: Stream) -> None:
    stream.worker(Role.ALARMING).start().ready()
    good: dict[Topic, Event[Any]] = {
        PANICS: panic(1, at=now()),
        GATE_EVENTS: gate_event(2, at=now()),
        SIGNALS: signal("g:1:1"),
        SCREENINGS: screening("weapon_confirmed"),
        ALARM_ACTIONS: action(1, "alarm-x", "acknowledge"),
    }
    for number, (topic, event) in enumerate(good.items()):
        record = stream.record(event)
        for value in (
            b"\xff{",
            record.value + b" " * (MAX_VALUE_BYTES + number),
            record.value.replace(b".v1", b".v2", 1),
            record.value[:-20] + b"A" * 18 + b'"}',
        ):
            stream.send(Outgoing(topic.name, record.key, value, record.partition))
        stream.send(Outgoing(topic.name, record.key, record.value, 1 - record.partition))
    stream.say(panic(5, at=now()))
    soon(lambda: len(stream.said(ALARMS)) == 1)
    reasons = sorted(["malformed", "too_large", "future_version", "wrong_signature", "wrong_partition"] * 5)
    soon(lambda: sorted(letter["reason"] for letter in stream.dead(Role.ALARMING)) == reasons)
