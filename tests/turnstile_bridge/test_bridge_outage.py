"""The stream is away, at the start or in mid-morning: the gate goes on alone, and afterwards nothing is missing, in
order.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.kafka.broker import LocalKafka
from schemas.ids import EventId
from schemas.topics import CREDENTIAL_READS, GATE_ACTS, GATE_EVENTS, PANICS, PASSAGES, Topic
from tests.parts.waiting import eventually
from tests.turnstile_bridge.gate_home import PUPIL, STAFF, STRANGER, GateHome, data_of
from tests.turnstile_bridge.stream_side import StreamSide
from turnstile_bridge.simulated_school.school import SimulatedSchool


@pytest.fixture
def lonely_home(tmp_path: Path, broker_of_its_own: LocalKafka) -> Iterator[GateHome]:
    """Give a gate whose broker this test may take away."""
    home = GateHome(tmp_path / "gate", bootstrap=broker_of_its_own.bootstrap)
    home.knows(home.policy(), home.credential(STAFF, "staff"), home.credential(PUPIL, "pupil"))
    yield home
    home.end()


@pytest.fixture
def lonely_school(lonely_home: GateHome) -> Iterator[SimulatedSchool]:
    """Give its surroundings."""
    school = SimulatedSchool(lonely_home.configuration)
    school.start()
    yield school
    school.stop()


def seqs(stream: StreamSide, topic: Topic) -> list[int]:
    """Give the sequence numbers of a topic's records, in the order of the log."""
    return [EventId.parse(event.id).seq for event in stream.records(topic)]


def morning_alone(school: SimulatedSchool, home: GateHome) -> None:
    """Let people come and go, force the gate, and press the button, while nobody answers."""
    for card in (STAFF, PUPIL):
        school.show_card("entry", *card)
        assert school.walk_through("entry").result(10)
        eventually(lambda: all(passage["outcome"] == "entered" for passage in data_of(home.journalled(PASSAGES))))
    school.show_card("entry", *STRANGER)
    school.wait_for("lamp", look="denied")
    school.force("exit")
    school.press_panic("post")
    eventually(lambda: data_of(home.journalled(PANICS)) and data_of(home.journalled(PASSAGES), outcome="forced"))


def test_a_morning_that_begins_without_a_broker_is_told_in_order_when_it_comes(
    broker_of_its_own: LocalKafka, lonely_home: GateHome, lonely_school: SimulatedSchool
) -> None:
    broker_of_its_own.kill()
    bridge = lonely_home.bridge().ready()
    morning_alone(lonely_school, lonely_home)
    opened = [told for told in lonely_school.told if told["event"] == "relay_closed"]
    bridge.kill()
    bridge = lonely_home.bridge().ready()
    said = {
        topic.name: [event.id for event in lonely_home.journalled(topic)]
        for topic in (CREDENTIAL_READS, GATE_ACTS, PASSAGES)
    }
    broker_of_its_own.start()
    broker_of_its_own.wait_ready()
    stream = StreamSide(lonely_home)
    with stream.answering(stream.admit):
        eventually(lambda: bridge.said("link_restored") and len(lonely_home.journalled()) == 0, 60)
        eventually(lambda: data_of(stream.records(GATE_EVENTS), kind="link_restored"), 20)
    for topic in (CREDENTIAL_READS, GATE_ACTS, PASSAGES):
        assert [event.id for event in stream.records(topic)] == said[topic.name], "all of it, once, in order"
    assert len(stream.records(PANICS)) == 1
    assert data_of(stream.records(GATE_EVENTS), kind="forced")
    assert [told for told in lonely_school.told if told["event"] == "relay_closed"] == opened, (
        "late answers open nothing"
    )
    restored = data_of(stream.records(GATE_EVENTS), kind="link_restored")
    assert restored[0]["gap_s"] > 2
    stream.close()


def test_a_broker_that_is_gone_in_mid_morning_stops_nobody_and_loses_nothing(
    broker_of_its_own: LocalKafka, lonely_home: GateHome, lonely_school: SimulatedSchool
) -> None:
    stream = StreamSide(lonely_home)
    bridge = lonely_home.bridge().ready()
    eventually(lambda: bridge.said("decisions_followed") and bridge.said("facts_followed"), 40)
    with stream.answering(stream.admit):
        eventually(lambda: out_again(lonely_school) and let_out_online(stream), 60)
    stream.close()
    before = let_out_online(stream)

    broker_of_its_own.kill()
    lonely_school.show_card("entry", *PUPIL)
    assert lonely_school.walk_through("entry").result(10)
    eventually(lambda: bridge.said("link_lost"))
    lonely_school.press_panic("post")
    eventually(lambda: lonely_home.journalled(PANICS))
    assert data_of(lonely_home.journalled(GATE_ACTS), direction="entry")[0]["decided_by"] == "gate"

    broker_of_its_own.start()
    broker_of_its_own.wait_ready()
    eventually(lambda: bridge.said("link_restored"), 60)
    eventually(lambda: bridge.said("panic_confirmed"), 20)
    stream = StreamSide(lonely_home, made=True)
    with stream.answering(stream.admit):
        eventually(lambda: out_again(lonely_school) and let_out_online(stream) > before, 60)
        eventually(lambda: len(stream.records(GATE_ACTS)) == len(stream.records(CREDENTIAL_READS)) > 2)
    assert seqs(stream, CREDENTIAL_READS) == sorted(set(seqs(stream, CREDENTIAL_READS))), "in order, nothing twice"
    assert seqs(stream, GATE_ACTS) == sorted(set(seqs(stream, GATE_ACTS)))
    assert len(data_of(stream.records(GATE_ACTS), direction="entry")) == 1
    stream.close()


def out_again(school: SimulatedSchool) -> bool:
    """Let somebody out, each time another card; tells whether they got out."""
    shown = sum(told["event"] == "card_shown" for told in school.told)
    school.show_card("exit", 26, shown.to_bytes(4, "big"))
    return school.walk_through("exit").result(10)


def let_out_online(stream: StreamSide) -> int:
    """Count who was let out on an answer of the stream."""
    return len(data_of(stream.records(GATE_ACTS), direction="exit", decided_by="online"))
