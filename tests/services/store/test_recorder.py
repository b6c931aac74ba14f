"""The recorder on a real broker and both databases: everything that was said is kept, once, whatever happens in
between.
"""

import signal
from collections import Counter
from pathlib import Path

import msgspec
import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlmodel import Session

from deploy.kafka.broker import LocalKafka
from schemas.envelope import Event
from schemas.outgoing import Outgoing
from schemas.panic import Panic
from schemas.setting import EXIT_STATUS
from schemas.topics import (
    ACCESS_DECISIONS,
    CREDENTIAL_READS,
    DEAD_LETTERS,
    MAX_VALUE_BYTES,
    PANICS,
    PASSAGES,
    TOPICS,
    Role,
    Topic,
)
from schemas.trust import Signer, gate_source
from services.store.database import Store
from services.store.recorder import READ
from services.store.records import dead_letters
from tests.parts.waiting import eventually
from tests.schemas import examples
from tests.services.store.ground import PLACEMENT, Ground, enrolment, example, record, stop

SITE = examples.SITE
TABLES = {topic.name: "dead_letters" if topic.noun == "dead_letter" else topic.name for topic in TOPICS} | {
    "gate_events": "heartbeats"
}
"""Where the example of each topic is kept; the gate event's is a heartbeat."""


def count(store: Store, table: str) -> int:
    """Count the rows of a table."""
    found: int = store.read_now(lambda session: session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())
    return found


def eventually_kept(store: Store, table: str, rows: int = 1) -> None:
    """Return when a table has so many rows."""
    eventually(lambda: count(store, table) >= rows, 30, saying=table)


def letters(store: Store) -> Counter[tuple[str, str]]:
    """Count the dead letters by topic and reason."""

    def ask(session: Session) -> Counter[tuple[str, str]]:
        return Counter(
            (row.topic, row.reason)
            for row in dead_letters.recent_of_all(session, 1000)
            if row.source == "service/recorder"
        )

    return store.read_now(ask)


def bad_records(topic: Topic) -> list[Outgoing]:
    """Give a malformed, a too large and a future-version record for a topic."""
    good = example(topic, 1)
    values = (
        b"not an event",
        b"x" * (MAX_VALUE_BYTES + 1),
        good.value.replace(f"kz.qaqpa.{topic.noun}.v1".encode(), f"kz.qaqpa.{topic.noun}.v2".encode()),
    )
    return [Outgoing(topic.name, good.key, value, good.partition) for value in values]


async def test_everything_that_is_said_is_kept(ground: Ground, store: Store) -> None:
    await ground.send(*(example(topic, number) for number, topic in enumerate(READ)), enrolment(4))
    ground.start()
    for topic in READ:
        eventually_kept(store, TABLES[topic.name])
    assert letters(store) == {}
    assert count(store, "dead_letters") == 2, "those of admission and of alarming"


async def test_bad_records_on_every_topic_become_dead_letters_and_the_way_goes_on(ground: Ground, store: Store) -> None:
    await ground.send(enrolment(4))
    process = ground.start_ready()
    for topic in READ:
        await ground.send(*bad_records(topic), example(topic, 7))
    expected = {(topic.name, reason): 1 for topic in READ for reason in ("malformed", "too_large", "future_version")}
    eventually(lambda: letters(store) == expected, 30)
    for topic in READ:
        eventually_kept(store, TABLES[topic.name])
    assert stop(process) == 0
    told = await ground.all_of(DEAD_LETTERS[Role.RECORDER])
    trust = ground.configuration.trust()
    said = [trust.read(kept.topic, kept.partition, kept.value).data for kept in told]
    assert Counter((data.topic, data.reason.value) for data in said) == expected  # type: ignore[union-attr]


async def test_a_gate_that_speaks_right_after_its_enrolment_is_believed_and_a_stranger_is_not(
    ground: Ground, store: Store
) -> None:
    ground.start_ready()
    await ground.send(enrolment(), example(PANICS, 1))
    eventually(lambda: count(store, "panics") == 1)
    stranger = Signer(gate_source("nobody"), examples.seed(77))
    pressed = Event(
        id="nobody:1:1",
        source=stranger.source,
        time=examples.AT,
        site=SITE,
        data=Panic(gate="nobody", button="b", silent=False, test=None),
    )
    partition = PLACEMENT.partition(PANICS, SITE)
    await ground.send(Outgoing("panics", SITE.encode(), stranger.record(pressed), partition), example(PANICS, 2))
    eventually(lambda: count(store, "panics") == 2)
    eventually(lambda: letters(store) == {("panics", "unknown_signer"): 1})


async def test_a_recorder_killed_in_its_work_loses_nothing_and_keeps_nothing_twice(
    ground: Ground, store: Store
) -> None:
    total = 4_000
    await ground.send(enrolment())
    await ground.send(*(example(PASSAGES, number) for number in range(total)), *bad_records(PASSAGES))
    kept = 0
    for _ in range(2):
        process = ground.start()
        eventually_kept(store, "passages", kept + 1)
        stop(process, signal.SIGKILL)
        kept = count(store, "passages")
    ground.start()
    eventually(lambda: count(store, "passages") == total, 30)
    eventually(lambda: sum(letters(store).values()) == 3)
    ids = store.read_now(
        lambda session: session.execute(sa.text("SELECT count(DISTINCT id) FROM passages")).scalar_one()
    )
    assert ids == total


async def test_what_was_said_twice_is_kept_once(ground: Ground, store: Store) -> None:
    await ground.send(
        enrolment(), *[example(CREDENTIAL_READS, 1)] * 3, *[example(ACCESS_DECISIONS, 1)] * 2, example(PANICS, 9)
    )
    ground.start_ready()
    eventually(lambda: count(store, "panics") == 1)
    eventually(lambda: count(store, "access_decisions") == 1)
    assert (count(store, "credential_reads"), letters(store)) == (1, {})


async def test_what_one_database_cannot_hold_does_not_stop_the_rest(ground: Ground, store: Store) -> None:
    """PostgreSQL takes no NUL in a text, and no database a number of twenty digits in an integer."""
    await ground.send(enrolment())
    true = examples.event_of(CREDENTIAL_READS)
    huge = Event(
        id="school-1-main:1:5",
        source=true.source,
        time=true.time,
        site=SITE,
        data=msgspec.structs.replace(true.data, bits=2**63 + 7),
    )
    await ground.send(example(CREDENTIAL_READS, 1), record(CREDENTIAL_READS, huge), example(CREDENTIAL_READS, 9))
    ground.start_ready()
    eventually(lambda: count(store, "credential_reads") == 2)
    eventually(lambda: letters(store) == {("credential_reads", "fault"): 1})


async def test_a_database_that_is_away_is_waited_for(ground: Ground, store: Store, database_url: URL) -> None:
    away = _SqliteAway(database_url) if store.is_sqlite else _PostgresAway(database_url)
    await ground.send(enrolment())
    process = ground.start_ready()
    with away:
        await ground.send(*(example(PASSAGES, number) for number in range(50)))
        eventually(lambda: "database_retried" in ground.said(), 40)
        assert process.poll() is None
    eventually(lambda: count(store, "passages") == 50, 30)
    assert letters(store) == {}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_recorder_started_before_its_database_waits_for_it(
    ground: Ground, store: Store, database_url: URL
) -> None:
    await ground.send(enrolment(), example(PANICS, 1))
    with _PostgresAway(database_url):
        ground.start()
        eventually(lambda: "database_awaited" in ground.said(), 30)
    eventually_kept(store, "panics")


def test_a_recorder_started_before_its_broker_waits_for_it_and_can_be_stopped(
    tmp_path: Path, free_port: int, store: Store, database_url: URL
) -> None:
    bare = Ground(tmp_path, f"127.0.0.1:{free_port}", "", database_url)
    process = bare.start()
    eventually(lambda: "broker_awaited" in bare.said(), 30)
    assert stop(process) == 0
    assert "Traceback" not in bare.said()


def test_a_topic_that_is_missing_is_named_and_nothing_is_started(
    tmp_path: Path, kafka: LocalKafka, topic_prefix: str, store: Store, database_url: URL
) -> None:
    bare = Ground(tmp_path, kafka.bootstrap, topic_prefix, database_url)
    assert bare.start().wait(40) == EXIT_STATUS
    assert f"qaqpa: {topic_prefix}" in bare.said()
    assert "run `qaqpa topics apply`" in bare.said()
    assert "Traceback" not in bare.said()


def test_a_database_not_at_head_is_refused(
    tmp_path: Path, kafka: LocalKafka, topic_prefix: str, empty_store: Store, database_url: URL
) -> None:
    bare = Ground(tmp_path, kafka.bootstrap, topic_prefix, database_url)
    assert bare.start().wait(40) == EXIT_STATUS
    assert "run `qaqpa store upgrade`" in bare.said()
    assert "Traceback" not in bare.said()


class _SqliteAway:
    """Hold the file's lock: every other writer meets a locked database."""

    def __init__(self, url: URL) -> None:
        self._engine = sa.create_engine(url)

    def __enter__(self) -> None:
        self._connection = self._engine.connect()
        self._connection.exec_driver_sql("BEGIN EXCLUSIVE")

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._engine.dispose()


class _PostgresAway:
    """Let nobody connect any more, and end every connection."""

    def __init__(self, url: URL) -> None:
        self._name = url.database
        self._host = url.query["host"]

    def _run(self, *statements: str) -> None:
        with psycopg.connect(host=str(self._host), user="qaqpa", dbname="postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def __enter__(self) -> None:
        ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._name}'"
        self._run(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS false', ended)

    def __exit__(self, *_: object) -> None:
        self._run(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS true')
