"""The admission app as a process on a real broker: what comes out of what goes in, and what cannot be taken."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import msgspec

from schemas.envelope import Event
from schemas.outgoing import Outgoing
from schemas.reasons import Verdict
from schemas.topics import (
    ACCESS_DECISIONS,
    CREDENTIAL_READS,
    CREDENTIALS,
    GATE_ACTS,
    MAX_VALUE_BYTES,
    PASSAGES,
    RELEASES,
    SCREENINGS,
    SIGNALS,
    SITE_POLICIES,
    VISITOR_PASSES,
    Role,
    Topic,
)
from schemas.trust import Signer
from services.rules.refusals import AGAIN
from tests.services.flow.people import (
    GATE,
    OTHER_GATE,
    OTHER_SCHOOL,
    PASS,
    PLACEMENT,
    SCHOOL,
    UNKNOWN_CARD,
    act,
    credential,
    passage,
    policy,
    read,
    release,
    screening,
    visitor_pass,
)
from tests.services.flow.stream import Stream, soon

NEVER = 3600.0
"""A gate that waits so long that no read of a test is late."""


def now() -> datetime:
    return datetime.now(UTC)


def test_a_card_is_admitted_then_inside_then_refused_and_told(stream: Stream) -> None:
    stream.say(credential())
    stream.worker(Role.ADMISSION).start().ready()
    stream.say(read(1, at=now(), wait_s=NEVER))
    soon(lambda: len(stream.said(ACCESS_DECISIONS)) == 1)
    stream.say(passage(2, at=now()))
    soon(lambda: sum(stream.committed(PASSAGES).values()) == 1)
    stream.say(read(3, at=now(), wait_s=NEVER))
    soon(lambda: len(stream.said(ACCESS_DECISIONS)) == 2)
    first, second = stream.said(ACCESS_DECISIONS)
    assert [(each["data"]["verdict"], each["data"]["reason"]) for each in (first, second)] == [
        ("admit", "valid"),
        ("refuse", "already_inside"),
    ]
    assert first["id"] == f"decision/{GATE}:1:1"
    shown = [read(10 * n, UNKNOWN_CARD, at=now(), wait_s=NEVER) for n in range(1, AGAIN + 1)]
    stream.say(*(act(10 * n + 1, one, Verdict.REFUSE) for n, one in enumerate(shown, 1)))
    soon(lambda: [signal["data"]["rule"] for signal in stream.said(SIGNALS)] == ["refused_again"])


def broken(stream: Stream, topic: Topic, good: Event[Any], number: int) -> dict[str, Outgoing]:
    """Give one record of each kind that a topic must not take, and by which reason."""
    record = stream.record(good)
    text = record.value.decode()
    return {
        "malformed": _with(record, record.value[: len(record.value) // 2]),
        "too_large": _with(record, record.value + b" " * (MAX_VALUE_BYTES + number)),
        "future_version": _with(record, text.replace(".v1", ".v2", 1).encode()),
        "wrong_signature": _with(record, text.replace(good.id, f"{good.id}0", 1).encode()),
        "wrong_partition": Outgoing(
            topic.name, record.key, record.value, (record.partition + 1) % PLACEMENT.partitions(topic)
        ),
        "foreign_site": _with(record, text.replace(f'"site":"{SCHOOL}"', '"site":"school-2"', 1).encode()),
        "unknown_signer": stream.record(good, _stranger(good)),
    }


def test_what_cannot_be_taken_goes_to_the_dead_letters_and_the_way_goes_on(stream: Stream) -> None:
    stream.say(credential())
    stream.worker(Role.ADMISSION).start().ready()
    shown = read(1, at=now(), wait_s=NEVER)
    good: dict[Topic, Event[Any]] = {
        CREDENTIAL_READS: shown,
        GATE_ACTS: act(2, shown, Verdict.ADMIT),
        PASSAGES: passage(3, at=now()),
    }
    expected = []
    for number, (topic, event) in enumerate(good.items()):
        records = broken(stream, topic, event, number)
        stream.send(*records.values(), Outgoing(topic.name, b"key", cast("bytes", None), 0))
        expected += [(topic.name, reason) for reason in [*records, "malformed"]]
    stream.say(read(9, at=now(), wait_s=NEVER))
    soon(lambda: f"{GATE}:1:9" in stream.decisions())
    soon(lambda: sorted((letter["topic"], letter["reason"]) for letter in stream.dead()) == sorted(expected))
    assert set(stream.decisions()) == {f"{GATE}:1:9"}


def test_a_gate_speaks_for_no_other_gate_and_under_no_others_id(stream: Stream) -> None:
    stream.say(credential())
    stream.worker(Role.ADMISSION).start().ready()
    foreign = read(1, gate=OTHER_GATE, at=now(), wait_s=NEVER)
    own = read(1, at=now(), wait_s=NEVER)
    borrowed = Event(id=foreign.id, source=own.source, time=own.time, site=SCHOOL, data=own.data)
    speaks = Event(id=own.id, source=own.source, time=own.time, site=SCHOOL, data=foreign.data)
    stream.say(borrowed, speaks, read(2, at=now(), wait_s=NEVER))
    soon(lambda: [letter["reason"] for letter in stream.dead()] == ["not_the_writer"] * 2)
    soon(lambda: set(stream.decisions()) == {f"{GATE}:1:2"})


def test_a_fact_that_cannot_be_believed_changes_nothing_and_is_kept(stream: Stream) -> None:
    stream.say(credential(), visitor_pass())
    forged = stream.record(credential(version=2, revoked_at=now()), _stranger(credential()))
    future = stream.record(policy(version=2))
    stream.send(forged, _with(future, future.value.replace(b".v1", b".v7", 1)))
    expected = {(CREDENTIALS.name, "unknown_signer"), (SITE_POLICIES.name, "future_version")}
    facts: dict[Topic, Event[Any]] = {
        VISITOR_PASSES: visitor_pass(version=2, revoked_at=now()),
        SCREENINGS: screening("item_found"),
        RELEASES: release("holder-1"),
    }
    for number, (topic, event) in enumerate(facts.items()):
        records = broken(stream, topic, event, number)
        del records["foreign_site"]
        stream.send(*records.values())
        expected |= {(topic.name, reason) for reason in records}
    stream.worker(Role.ADMISSION).start().ready()
    stream.say(read(1, at=now(), wait_s=NEVER), read(2, PASS, at=now(), wait_s=NEVER))
    soon(lambda: {(letter["topic"], letter["reason"]) for letter in stream.dead()} == expected)
    soon(lambda: [each["data"]["verdict"] for each in stream.said(ACCESS_DECISIONS)] == ["admit", "admit"])
    assert len(stream.dead()) == len(expected)


def test_a_gate_that_was_enrolled_a_moment_ago_is_known_and_one_removed_is_not(stream: Stream) -> None:
    stream.say(credential())
    stream.worker(Role.ADMISSION).start().ready()
    for version in range(2, 8):
        stream.say(policy(version=version, gates=[GATE] if version % 2 else []))
        stream.say(read(version, at=now(), wait_s=NEVER))
        soon(partial(_answered, stream, version - 1))
    assert set(stream.decisions()) == {f"{GATE}:1:{version}" for version in (3, 5, 7)}
    assert [letter["reason"] for letter in stream.dead()] == ["unknown_signer"] * 3


def test_a_record_that_breaks_its_reader_or_its_hop_is_kept_and_the_way_goes_on(stream: Stream) -> None:
    stream.say(credential())
    worker = stream.worker(Role.ADMISSION).start().ready()
    end_of_time = datetime.max.replace(tzinfo=UTC)
    stream.say(read(1, at=end_of_time, wait_s=0))
    beyond = stream.record(read(2, at=now()))
    moment = re.sub(rb'"time":"[^"]*"', b'"time":"9999-12-31T23:59:59-05:00"', beyond.value)
    broken_key = policy(OTHER_SCHOOL, 2)
    broken_key.data.gates[OTHER_GATE].public_keys.append("bm90IGEga2V5")
    stream.send(_with(beyond, moment))
    stream.say(broken_key)
    stream.say(read(3, at=now(), wait_s=NEVER), read(4, gate=OTHER_GATE, at=now(), wait_s=NEVER))
    soon(lambda: set(stream.decisions()) == {f"{GATE}:1:3", f"{OTHER_GATE}:1:4"}, saying=worker.log()[-2000:])
    soon(lambda: len(stream.dead()) == 3)
    assert {(letter["topic"], letter["reason"]) for letter in stream.dead()} == {
        (CREDENTIAL_READS.name, "fault"),
        (CREDENTIAL_READS.name, "malformed"),
        (SITE_POLICIES.name, "malformed"),
    }


def test_a_late_read_is_recorded_and_opens_nothing(stream: Stream) -> None:
    stream.say(credential())
    stream.worker(Role.ADMISSION).start().ready()
    stream.say(read(1, at=now() - timedelta(minutes=5)))
    soon(lambda: len(stream.said(ACCESS_DECISIONS)) == 1)
    (decision,) = stream.said(ACCESS_DECISIONS)
    assert decision["data"]["late"]
    assert msgspec.convert(decision["data"]["expires_at"], datetime) < now()


def _answered(stream: Stream, count: int) -> bool:
    return len(stream.decisions()) + len(stream.dead()) == count


def _with(record: Outgoing, value: bytes) -> Outgoing:
    return Outgoing(record.topic, record.key, value, record.partition)


def _stranger(event: Event[Any]) -> Signer:
    return Signer(event.source, b"\x07" * 32)
