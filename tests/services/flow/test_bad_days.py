"""Kills, pauses, restarts and wrong clusters: nothing is lost, nothing is answered in two ways, and what cannot work
says so.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from deploy.kafka.broker import LocalKafka
from schemas.reasons import Verdict
from schemas.topics import ACCESS_DECISIONS, CREDENTIAL_READS, SIGNALS, Role
from services.kafka_client import topics_admin
from services.rules.refusals import AGAIN
from tests.services.flow.people import CARD, GATE, UNKNOWN_CARD, act, credential, read
from tests.services.flow.stream import Stream, Worker, soon

NEVER = 3600.0
CARDS = [f"{number:032x}" for number in range(40)]


def now() -> datetime:
    return datetime.now(UTC)


def say_reads(stream: Stream, numbers: range) -> None:
    stream.say(*(read(number, CARDS[number % len(CARDS)], at=now(), wait_s=NEVER) for number in numbers))


def all_answered_once(stream: Stream, numbers: range) -> None:
    decisions = stream.decisions()
    assert stream.dead() == []
    assert set(decisions) == {f"{GATE}:1:{number}" for number in numbers}
    assert [read_id for read_id, values in decisions.items() if len(values) > 1] == []


def test_a_worker_that_is_killed_in_mid_morning_answers_every_read_in_one_way(stream: Stream) -> None:
    stream.say(*(credential(card) for card in CARDS))
    worker = stream.worker(Role.ADMISSION).start().ready()
    say_reads(stream, range(100))
    for kill in range(1, 4):
        soon(lambda: sum(stream.committed(CREDENTIAL_READS).values()) > 0)
        worker.kill()
        say_reads(stream, range(100 * kill, 100 * kill + 100))
        worker.start().ready()
    soon(lambda: sum(stream.committed(CREDENTIAL_READS).values()) == 400)
    all_answered_once(stream, range(400))


def test_a_backlog_at_a_start_has_no_holes(stream: Stream) -> None:
    """A gate that was cut off for long drains its journal, and the worker is killed in the middle of it.

    Faust resumes partitions before it seeks them: records that came in between were dropped, and commits stood.
    """
    stream.say(*(credential(card) for card in CARDS))
    an_hour_ago = now() - timedelta(hours=1)
    stream.say(*(read(number, CARDS[number % len(CARDS)], at=an_hour_ago) for number in range(3000)))
    worker = stream.worker(Role.ADMISSION).start().ready()
    soon(lambda: sum(stream.committed(CREDENTIAL_READS).values()) > 0)
    worker.kill()
    worker.start().ready()
    soon(lambda: sum(stream.committed(CREDENTIAL_READS).values()) == 3000)
    all_answered_once(stream, range(3000))


def test_a_read_that_comes_twice_gets_the_same_bytes_also_from_the_worker_after(stream: Stream) -> None:
    stream.say(credential())
    shown = stream.record(read(1, at=now(), wait_s=NEVER))
    worker = stream.worker(Role.ADMISSION).start().ready()
    stream.send(shown, shown)
    soon(lambda: len(stream.said(ACCESS_DECISIONS)) == 2)
    worker.kill()
    elsewhere = stream.worker(Role.ADMISSION, "other-machine").start().ready()
    stream.say(credential(version=2, revoked_at=now()))
    stream.send(shown)
    soon(lambda: len(stream.said(ACCESS_DECISIONS)) >= 3)
    all_answered_once(stream, range(1, 2))
    assert elsewhere.terminate() == 0


def test_stopping_while_the_broker_is_paused_loses_nothing_and_commits_nothing_unsent(
    frail_stream: Stream, broker_of_its_own: LocalKafka
) -> None:
    stream = frail_stream
    stream.say(*(credential(card) for card in CARDS))
    worker = stream.worker(Role.ADMISSION).start().ready()
    say_reads(stream, range(50))
    soon(lambda: sum(stream.committed(CREDENTIAL_READS).values()) == 50)
    say_reads(stream, range(50, 500))
    broker_of_its_own.pause()
    worker.process().terminate()
    soon(lambda: "stopping process=admission" in worker.log())
    broker_of_its_own.resume()
    worker.wait()
    committed = sum(stream.committed(CREDENTIAL_READS).values())
    assert len(stream.decisions()) >= committed, "committed past a read that has no decision"
    stream.worker(Role.ADMISSION).start().ready()
    soon(lambda: sum(stream.committed(CREDENTIAL_READS).values()) == 500)
    all_answered_once(stream, range(500))


def test_a_broker_that_is_killed_and_comes_back_under_load_loses_nothing(
    frail_stream: Stream, broker_of_its_own: LocalKafka
) -> None:
    stream = frail_stream
    stream.say(*(credential(card) for card in CARDS))
    worker = stream.worker(Role.ADMISSION).start().ready()
    say_reads(stream, range(300))
    broker_of_its_own.kill()
    broker_of_its_own.start()
    broker_of_its_own.wait_ready()
    say_reads(stream, range(300, 400))
    soon(lambda: sum(stream.committed(CREDENTIAL_READS).values()) == 400, saying=worker.log()[-3000:])
    all_answered_once(stream, range(400))


def test_an_acknowledged_revocation_holds_for_every_read_after_it(stream: Stream) -> None:
    """400 tries: idle, right after a restart, and behind an import of some thousand cards."""
    cards = [f"{number:032x}" for number in range(400)]
    stream.say(*(credential(card) for card in cards))
    worker = stream.worker(Role.ADMISSION).start().ready()
    for number, card in enumerate(cards):
        if number == 200:
            worker.kill()
            worker.start()
        if number == 300:
            worker.ready()
            stream.say(*(credential(f"{import_:032x}") for import_ in range(10_000, 13_000)))
        stream.say(credential(card, 2, revoked_at=now() - timedelta(seconds=1)))
        stream.say(read(number, card, at=now(), wait_s=NEVER))
    soon(lambda: sum(stream.committed(CREDENTIAL_READS).values()) == 400)
    reasons = {envelope["data"]["read"]: envelope["data"]["reason"] for envelope in stream.said(ACCESS_DECISIONS)}
    assert len(reasons) == 400
    assert {read_id for read_id, reason in reasons.items() if reason != "revoked"} == set()


def test_an_import_is_whole_before_a_read_is_judged_by_a_worker_that_begins(stream: Stream) -> None:
    stream.say(*(credential(f"{number:032x}") for number in range(1000, 3000)), credential(CARD))
    say = stream.worker(Role.ADMISSION)
    stream.say(credential(CARD, 2, revoked_at=now()), read(1, CARD, at=now(), wait_s=NEVER))
    say.start()
    soon(lambda: [each["data"]["reason"] for each in stream.said(ACCESS_DECISIONS)] == ["revoked"])


def test_two_workers_share_the_schools_and_one_takes_over_from_the_other(stream: Stream) -> None:
    stream.say(*(credential(card) for card in CARDS))
    first = stream.worker(Role.ADMISSION, "first").start().ready()
    say_reads(stream, range(100))
    second = stream.worker(Role.ADMISSION, "second").start().ready()
    say_reads(stream, range(100, 200))
    first.kill()
    say_reads(stream, range(200, 300))
    soon(lambda: sum(stream.committed(CREDENTIAL_READS).values()) == 300, saying=second.log()[-2000:])
    all_answered_once(stream, range(300))


def test_signals_are_told_once_across_a_kill(stream: Stream) -> None:
    worker = stream.worker(Role.ADMISSION).start().ready()
    shown = [read(10 * number, UNKNOWN_CARD, at=now(), wait_s=NEVER) for number in range(AGAIN)]
    refused = [act(10 * number + 1, one, Verdict.REFUSE) for number, one in enumerate(shown)]
    stream.say(*refused[:-1])
    soon(lambda: sum(stream.committed(CREDENTIAL_READS).values()) == 0)
    worker.kill()
    stream.say(refused[-1])
    worker.start().ready()
    stream.say(refused[-1])
    soon(lambda: len(stream.said(SIGNALS)) >= 1)
    assert len({signal["id"] for signal in stream.said(SIGNALS)}) == 1


@pytest.fixture
def nothing_founded(tmp_path: object, kafka: LocalKafka, topic_prefix: str) -> Iterator[Stream]:
    stream = Stream(tmp_path / "bare", kafka.bootstrap, topic_prefix)  # type: ignore[operator]
    yield stream
    stream.stop()


def test_a_missing_topic_is_named_and_the_worker_does_not_begin(nothing_founded: Stream) -> None:
    worker = nothing_founded.worker(Role.ADMISSION).start()
    assert worker.wait() == 2
    assert f"{nothing_founded.prefix}credential_reads is missing" in worker.log()
    assert f"{nothing_founded.prefix}admission-v1-answers-changelog is missing" in worker.log()


def test_a_wrongly_partitioned_topic_is_named_and_the_worker_does_not_begin(nothing_founded: Stream) -> None:
    stream = nothing_founded
    asyncio.run(topics_admin.apply(stream.configuration()))
    stream.settings.write_text(stream.settings.read_text().replace("stream_partitions = 2", "stream_partitions = 4"))
    worker = stream.worker(Role.ALARMING).start()
    assert worker.wait() == 2
    assert f"{stream.prefix}panics has 2 partitions" in worker.log()


def test_a_second_worker_on_the_same_folder_says_so(stream: Stream) -> None:
    stream.worker(Role.ALARMING).start().ready()
    second = Worker(stream, Role.ALARMING, "one", log="second").start()
    assert second.wait() == 2
    assert "setting alarming.data_dir" in second.log()
    assert "is in use by another worker" in second.log()


def test_a_worker_that_is_told_to_stop_while_it_waits_for_the_broker_stops(tmp_path: object, free_port: int) -> None:
    stream = Stream(tmp_path / "alone", f"127.0.0.1:{free_port}", "")  # type: ignore[operator]
    worker = stream.worker(Role.ADMISSION).start()
    soon(lambda: "broker_awaited" in worker.log())
    assert worker.terminate() == 0
