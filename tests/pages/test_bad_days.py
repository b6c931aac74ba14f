"""The web process on its bad days: Kafka gone, its port taken, its settings wrong, its store or topics not made."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from deploy.kafka.broker import LocalKafka
from schemas.topics import PANICS
from services.kafka_client import topics_admin
from services.kafka_client.connection import topic_name
from services.store import schema_version
from tests.pages.school import School
from tests.pages.test_live import listening, now, sign_in, token_of
from tests.parts.waiting import eventually
from tests.services.web.said import alarm_of, press


@pytest.fixture
def school_apart(tmp_path: Path, broker_of_its_own: LocalKafka, free_port: int) -> Iterator[School]:
    """A school on a broker that the test may take away."""
    school = School(tmp_path, broker_of_its_own.bootstrap, "", free_port)
    try:
        school.found()
        school.publish(datetime.now(UTC))
        yield school
    finally:
        school.close()


def test_without_kafka_the_page_says_so_and_an_acknowledgement_still_goes_out(
    school_apart: School, broker_of_its_own: LocalKafka
) -> None:
    school_apart.web.start_ready()
    school_apart.await_live()
    pressed = press(1, now())
    school_apart.say(pressed)
    with listening(school_apart) as page:
        eventually(lambda: pressed.id in page.seen_at)
        broker_of_its_own.stop()
        eventually(lambda: any('data-news="lost"' in line for line in page.lines), within_s=30)
    guard = sign_in(school_apart)
    shown = guard.get("/post").text
    assert "бастап келмей тұр" in shown
    alarm = alarm_of(pressed).data.alarm
    answer = guard.post(f"/alarms/{alarm}/acknowledge", data={"csrf": token_of(shown), "seen_version": "0"})
    assert answer.status_code == 303
    rows, records, _ = school_apart.acknowledgements()
    assert [row.alarm for row in rows] == [alarm]
    assert [record.topic for record in records] == ["alarm_actions"]
    guard.close()
    broker_of_its_own.start()
    broker_of_its_own.wait_ready()
    after = press(2, now())
    school_apart.say(after)
    with listening(school_apart) as page:
        eventually(lambda: after.id in page.seen_at, within_s=30)
        eventually(lambda: any('data-news="live"' in line for line in page.lines), within_s=30)


def test_started_without_kafka_it_serves_and_goes_live_when_kafka_comes(
    school_apart: School, broker_of_its_own: LocalKafka
) -> None:
    broker_of_its_own.stop()
    school_apart.web.start_ready()
    eventually(lambda: health(school_apart) == {"store": "ok", "news": "lost"}, within_s=30)
    broker_of_its_own.start()
    broker_of_its_own.wait_ready()
    eventually(lambda: health(school_apart) == {"store": "ok", "news": "live"}, within_s=30)


def health(school: School) -> object:
    return httpx.get(f"{school.url}/healthz", trust_env=False).json()


def started(settings: Path) -> subprocess.CompletedProcess[str]:
    """Start ``qaqpa web`` and wait for its end, which a wrong setting brings at once."""
    command = [sys.executable, "-m", "services.cli", "web", "--settings", str(settings)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def unfounded(tmp_path: Path, free_port: int) -> Iterator[School]:
    """A school with settings and tables, and a broker that is not there."""
    school = School(tmp_path, "127.0.0.1:1", "", free_port)
    schema_version.upgrade(school.store)
    yield school
    school.close()


def test_a_port_in_use_is_one_line_and_exit_2(unfounded: School) -> None:
    port = int(unfounded.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        ended = started(unfounded.settings)
    assert ended.returncode == 2
    assert f"setting web.port: cannot listen on 127.0.0.1:{port}: Address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("session_key", "sesion_key"), "unknown setting web.sesion_key: did you mean web.session_key?"),
        (('"session.key"', '"nowhere.key"'), "setting web.session_key: cannot read a key from "),
        (("[web]", "[web_]"), "unknown setting web_"),
    ],
)
def test_a_wrong_setting_is_named_and_exit_2(unfounded: School, wrong: tuple[str, str], said: str) -> None:
    text = unfounded.settings.read_text(encoding="utf-8")
    unfounded.settings.write_text(text.replace(*wrong), encoding="utf-8")
    ended = started(unfounded.settings)
    assert ended.returncode == 2
    assert said in ended.stderr


def test_a_store_without_tables_is_refused_with_the_command(tmp_path: Path, free_port: int) -> None:
    school = School(tmp_path, "127.0.0.1:1", "", free_port)
    ended = started(school.settings)
    school.close()
    assert ended.returncode == 2
    assert "qaqpa store upgrade" in ended.stderr


def test_a_missing_topic_is_named_and_exit_2(
    tmp_path: Path, kafka: LocalKafka, topic_prefix: str, free_port: int
) -> None:
    school = School(tmp_path, kafka.bootstrap, topic_prefix, free_port)
    school.found()
    asyncio.run(_delete(school, topic_name(school.configuration, PANICS)))
    ended = started(school.settings)
    school.close()
    assert ended.returncode == 2
    assert f"{topic_prefix}panics is missing" in ended.stderr


async def _delete(school: School, topic: str) -> None:
    admin = await topics_admin._connected(school.configuration)
    try:
        await admin.delete_topics([topic])
    finally:
        await admin.close()
