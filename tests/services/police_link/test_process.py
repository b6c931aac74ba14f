"""The police link as it runs: a real broker, a receiver that we did not write, and kills."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.kafka.broker import LocalKafka
from schemas.alarm import Alarm
from schemas.envelope import Event
from schemas.ids import panic_alarm_id
from schemas.setting import WrongSetting
from schemas.topics import Role
from schemas.trust import service_source
from services.kafka_client.topics_admin import TopicsNotReady
from services.police_link.process import run
from tests.services.police_link.school import (
    ACCOUNT,
    FILES,
    GATE,
    OTHER_GATE,
    SITE,
    STRANGER,
    UNKNOWN_SITE,
    ReceiverProcess,
    School,
    eventually,
    press,
)


def codes(receiver: ReceiverProcess) -> list[str]:
    return [line["code"] for line in receiver.lines("received")]


def serving(school: School, receiver: ReceiverProcess) -> None:
    receiver.start()
    school.link.start()
    eventually(lambda: school.link.said("ready process=police-link") == 1)


def test_a_press_reaches_the_police_and_their_acknowledgement_comes_back(
    school: School, receiver: ReceiverProcess
) -> None:
    serving(school, receiver)
    pressed = school.say(press(1))
    school.await_told(pressed, "acknowledged")
    (line,) = receiver.lines("received")
    assert (line["account"], line["code"], line["extended"]["S"], line["extended"]["L"]) == (
        ACCOUNT,
        "PA",
        SITE,
        "gate-1/post",
    )
    (delivery,) = school.deliveries()
    assert delivery.data.alarm == panic_alarm_id(SITE, "post", pressed.id)
    assert (delivery.data.receiver, delivery.data.path, delivery.data.attempts) == ("police-centre", "dc09-tcp", 1)
    assert delivery.data.sequence == line["sequence"]
    assert delivery.data.answered_at is not None


def test_a_silent_press_is_told_as_a_hold_up_and_a_test_as_a_test(school: School, receiver: ReceiverProcess) -> None:
    serving(school, receiver)
    school.say(press(1, silent=True))
    eventually(lambda: codes(receiver) == ["HA"])
    school.say(press(2, test="monthly"))
    eventually(lambda: codes(receiver) == ["HA", "RX"])


def alarm(number: int, **changes: object) -> Event[Alarm]:
    now = datetime.now(UTC)
    values = {
        "alarm": f"alarm-{number}",
        "version": 1,
        "rule": "forced",
        "severity": "critical",
        "state": "raised",
        "gate": GATE,
        "subject": GATE,
        "joined": [f"gate-1:1:{number}"],
        "raised_at": now,
        "changed_at": now,
        "changed_by": None,
        "action": None,
        "cause": None,
        "silent": False,
        "drill": False,
    }
    data = Alarm(**{**values, **changes})  # type: ignore[arg-type]
    return Event(id=f"alarming:1:{number}", source=service_source(Role.ALARMING), time=now, site=SITE, data=data)


def test_of_alarms_only_a_critical_real_one_is_told_and_never_a_drill(
    school: School, receiver: ReceiverProcess
) -> None:
    serving(school, receiver)
    for quiet in (alarm(1, drill=True), alarm(2, severity="high"), alarm(3, rule="panic")):
        school.say(quiet)
    school.say(alarm(4))
    eventually(lambda: codes(receiver) == ["DF"])
    school.say(alarm(5, alarm="alarm-4", version=2, state="acknowledged"))
    last = school.say(press(9))
    school.await_told(last, "acknowledged")
    assert codes(receiver) == ["DF", "PA"]


def test_a_receiver_that_is_down_is_told_of_once_and_reached_when_it_is_back(
    school: School, receiver: ReceiverProcess
) -> None:
    school.link.start()
    pressed = school.say(press(1))
    school.await_told(pressed, "no_answer")
    receiver.start()
    school.await_told(pressed, "no_answer", "acknowledged")
    first, second = sorted((item.data for item in school.deliveries()), key=lambda item: item.attempts)
    assert (first.answered_at, second.answered_at is not None) == (None, True)
    assert first.attempts < second.attempts
    assert codes(receiver) == ["PA"]


def test_supervision_polls_every_account_while_nothing_happens(school: School, receiver: ReceiverProcess) -> None:
    serving(school, receiver)
    eventually(lambda: len(receiver.lines("poll")) >= 3)
    assert {line["account"] for line in receiver.lines("poll")} == {ACCOUNT}
    assert school.deliveries() == []


def test_a_kill_loses_no_press_and_what_was_told_is_not_told_again(school: School, receiver: ReceiverProcess) -> None:
    serving(school, receiver)
    told = school.say(press(1))
    school.await_told(told, "acknowledged")
    school.link.kill()
    waiting = school.say(press(2))
    receiver.stop()
    school.link.start()
    school.await_told(waiting, "no_answer")
    school.link.kill()
    receiver.start()
    school.link.start()
    school.await_told(waiting, "no_answer", "acknowledged")
    assert codes(receiver) == ["PA", "PA"]
    assert len({line["sequence"] for line in receiver.lines("received")}) == 2
    assert school.outcomes(told) == ["acknowledged"]


def test_a_kill_between_sending_and_recording_repeats_the_same_number(
    school: School, receiver: ReceiverProcess
) -> None:
    """DC-09 knows no idempotency: the receiver may hear it twice, and can tell by the number that it is the same."""
    serving(school, receiver)
    eventually(lambda: receiver.lines("poll"))
    receiver.pause()
    pressed = school.say(press(1))
    eventually(lambda: school.link.said("to_tell", pressed.id) == 1)
    school.link.kill()
    receiver.resume()
    school.link.start()
    school.await_told(pressed, "acknowledged")
    assert 1 <= len(receiver.lines("received")) <= 2
    assert {line["sequence"] for line in receiver.lines("received")} == {school.deliveries()[0].data.sequence}


def test_what_a_gate_may_not_say_is_never_told(school: School, receiver: ReceiverProcess) -> None:
    serving(school, receiver)
    placement = school.configuration.placement()
    foreign = FILES.record(press(1, gate=OTHER_GATE))
    true = FILES.record(press(2))
    misplaced = type(true)(true.topic, true.key, true.value, (true.partition + 1) % placement.stream_partitions)
    altered = type(true)(true.topic, true.key, true.value.replace(b'"post"', b'"back"'), true.partition)
    stranger = FILES.record(press(3, gate=STRANGER))
    rubbish = type(true)(true.topic, true.key, b"{", true.partition)
    school.put(foreign, misplaced, altered, rubbish, stranger)
    honest = school.say(press(4))
    school.await_told(honest, "acknowledged")
    for reason in ("wrong_partition", "wrong_signature", "malformed"):
        assert school.link.said("record_refused topic=panics", f"reason={reason}") == 1
    for reason in ("foreign_site", "unknown_signer"):
        eventually(lambda said=reason: school.link.said("record_refused", f"reason={said}") == 1)  # type: ignore[misc]
    assert codes(receiver) == ["PA"]


def test_a_press_that_comes_before_the_policy_of_its_gate_is_told_when_that_has_come(
    school: School, receiver: ReceiverProcess
) -> None:
    serving(school, receiver)
    pressed = school.say(press(1, gate=STRANGER))
    school.link.kill()
    school.link.start()
    school.put(school.policy(SITE, STRANGER, version=2))
    school.await_told(pressed, "acknowledged")


def test_a_site_without_account_is_refused_and_told_to_the_operator(school: School, receiver: ReceiverProcess) -> None:
    serving(school, receiver)
    pressed = school.say(press(1, gate="gate-3", site=UNKNOWN_SITE))
    school.await_told(pressed, "refused")
    assert school.link.said("no_account", UNKNOWN_SITE, "police_link.accounts") == 1
    assert codes(receiver) == []


def test_a_stop_is_clean(school: School, receiver: ReceiverProcess) -> None:
    serving(school, receiver)
    assert school.link.stop() == 0
    assert school.link.said("Traceback") == 0


def test_a_broker_that_is_late_and_one_that_goes_cost_no_press(
    tmp_path: Path, broker_of_its_own: LocalKafka, receiver: ReceiverProcess
) -> None:
    school = School(tmp_path, broker_of_its_own.bootstrap, "", receiver.port)
    school.found()
    broker_of_its_own.stop()
    receiver.start()
    school.link.start()
    try:
        eventually(lambda: school.link.said("broker_awaited") > 0)
        assert school.link.said("ready process=police-link") == 0
        start_again(broker_of_its_own)
        eventually(lambda: school.link.said("ready process=police-link") == 1)
        broker_of_its_own.kill()
        polls = len(receiver.lines("poll"))
        eventually(lambda: len(receiver.lines("poll")) > polls)
        start_again(broker_of_its_own)
        pressed = school.say(press(1))
        school.await_told(pressed, "acknowledged")
        assert not school.link.ended
    finally:
        school.link.stop()


def start_again(broker: LocalKafka) -> None:
    broker.start()
    broker.wait_ready()


def test_a_missing_section_is_named(unfounded: School) -> None:
    text = unfounded.settings.read_text(encoding="utf-8")
    unfounded.settings.write_text(text[: text.index("[police_link]")], encoding="utf-8")
    with pytest.raises(WrongSetting, match=r"missing setting \[police_link\]"):
        run(type(unfounded.configuration).load(unfounded.settings))


@pytest.mark.parametrize(
    ("said", "instead", "named"),
    [
        (f'"{ACCOUNT}"', '"SCHOOL"', r"police_link\.accounts: 'SCHOOL'"),
        (
            "supervision_s",
            'encryption_key_file = "no.key"\nsupervision_s',
            r"police_link\.encryption_key_file: no\.key",
        ),
        (
            "supervision_s",
            'encryption_key_file = "gate-1.key"\nsupervision_s',
            r"encryption_key_file: gate-1\.key is not hex",
        ),
        ("police-link.key", "keyring.json", r"police_link\.signing_key"),
    ],
)
def test_a_wrong_setting_is_named(unfounded: School, said: str, instead: str, named: str) -> None:
    text = unfounded.settings.read_text(encoding="utf-8")
    unfounded.settings.write_text(text.replace(said, instead, 1), encoding="utf-8")
    with pytest.raises(WrongSetting, match=named):
        run(type(unfounded.configuration).load(unfounded.settings))


def test_a_missing_topic_is_named_and_nothing_is_served(school: School) -> None:
    text = school.settings.read_text(encoding="utf-8")
    prefix = school.configuration.settings.kafka.topic_prefix
    school.settings.write_text(text.replace(prefix, f"{prefix}none-"), encoding="utf-8")
    configuration = type(school.configuration).load(school.settings)
    with pytest.raises(TopicsNotReady, match="panics is missing"):
        run(configuration)
