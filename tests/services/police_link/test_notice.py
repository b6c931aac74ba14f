"""What the police are told of, in which words, and of what they are not told."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from schemas.alarm import Alarm
from schemas.delivery import Delivery
from schemas.envelope import Event, data_bytes
from schemas.ids import panic_alarm_id
from schemas.panic import Panic
from services.police_link.exchange import Settled
from services.police_link.notice import Notice, delivery_of, message_of, of_alarm, of_panic

PRESSED = datetime(2026, 11, 23, 3, 0, 0, tzinfo=UTC)
PRESS = Event(
    id="gate-1:3:77",
    source="gate/gate-1",
    time=PRESSED,
    site="school-1",
    data=Panic(gate="gate-1", button="post", silent=False, test=None),
)
ALARM = Event(
    id="alarming:1",
    source="service/alarming",
    time=PRESSED,
    site="school-1",
    data=Alarm(
        alarm="alarm-1",
        version=1,
        rule="forced",
        severity="critical",
        state="raised",
        gate="gate-1",
        subject="gate-1",
        joined=["gate-1:3:78"],
        raised_at=PRESSED,
        changed_at=PRESSED,
        changed_by=None,
        action=None,
        cause=None,
        silent=False,
        drill=False,
    ),
)


def pressed(**changes: object) -> Event[Panic]:
    return msgspec.structs.replace(PRESS, data=msgspec.structs.replace(PRESS.data, **changes))


def alarm(**changes: object) -> Event[Alarm]:
    return msgspec.structs.replace(ALARM, data=msgspec.structs.replace(ALARM.data, **changes))


@pytest.mark.parametrize(
    ("press", "code", "first"),
    [
        (PRESS, "PA", True),
        (pressed(silent=True), "HA", True),
        (pressed(test="monthly-7"), "RX", False),
        (pressed(test="monthly-7", silent=True), "RX", False),
    ],
)
def test_a_press_is_told_at_once_and_a_test_as_a_test(press: Event[Panic], code: str, *, first: bool) -> None:
    notice = of_panic(press)
    assert (notice.code, notice.first, notice.event) == (code, first, "gate-1:3:77")
    assert notice.alarm == panic_alarm_id("school-1", "post", "gate-1:3:77")


def test_a_weapon_that_a_person_confirmed_is_told_as_a_silent_hold_up_and_waits_for_nothing() -> None:
    notice = of_alarm(alarm(rule="weapon", silent=True))
    assert notice is not None
    assert (notice.code, notice.first) == ("HA", True)


def test_a_critical_alarm_is_told_once_whatever_its_versions() -> None:
    first, joined = of_alarm(ALARM), of_alarm(alarm(version=2, joined=["gate-1:3:78", "gate-1:3:79"]))
    assert first is not None
    assert joined is not None
    assert first.key == joined.key == "alarm-1"
    assert (first.code, first.first) == ("DF", False)


@pytest.mark.parametrize(
    "not_the_police",
    [alarm(rule="panic"), alarm(drill=True), alarm(severity="high"), alarm(severity="medium"), alarm(state="closed")],
    ids=["a panic: its press was told", "a drill", "high", "medium", "closed"],
)
def test_what_is_no_matter_of_the_police_is_not_told(not_the_police: Event[Alarm]) -> None:
    assert of_alarm(not_the_police) is None


def test_the_message_says_where_and_when_though_it_is_late() -> None:
    message = message_of(of_panic(PRESS), "1A2B")
    assert message.account == "1A2B"
    assert message.code == "PA"
    assert dict(message.extended) == {"S": "school-1", "L": "gate-1/post", "H": "03:00:00,11-23-2026"}


def told(notice: Notice, settled: Settled) -> Event[Delivery]:
    return delivery_of(notice, settled, receiver="centre", sequence=7, attempts=settled.attempts)


def test_deliveries_have_one_id_for_each_outcome_and_are_what_the_schema_takes() -> None:
    later = PRESSED + timedelta(seconds=20)
    silence = told(of_panic(PRESS), Settled("no_answer", 3, PRESSED, None))
    answer = told(of_panic(PRESS), Settled("acknowledged", 4, later, later))
    assert silence.id == "police-link/gate-1:3:77/dc09-tcp/no_answer"
    assert answer.id == "police-link/gate-1:3:77/dc09-tcp/acknowledged"
    assert data_bytes(answer.data)
    assert (silence.time, answer.time) == (PRESSED, later)
