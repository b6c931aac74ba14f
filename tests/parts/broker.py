"""Real Kafka for tests: one broker for the whole run, topics set apart by a prefix; or one that a test may kill."""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient

from deploy.kafka.broker import LocalKafka

JARS = Path(__file__).resolve().parents[2] / "var" / "jars"


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """Give the run's broker, started when the first test asks. Never kill or pause it: ask for broker_of_its_own."""
    home = tmp_path_factory.mktemp("kafka")
    broker = LocalKafka(JARS, home)
    try:
        with broker:
            yield broker
    finally:
        shutil.rmtree(home / "data", ignore_errors=True)


@pytest.fixture
def broker_of_its_own(tmp_path: Path) -> Iterator[LocalKafka]:
    """Give a broker of this test alone, which the test may kill, pause, stop and start again (about 4 s)."""
    home = tmp_path / "kafka"
    broker = LocalKafka(JARS, home)
    try:
        broker.start()
        broker.wait_ready()
        yield broker
    finally:
        broker.kill()
        shutil.rmtree(home / "data", ignore_errors=True)


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a random prefix for topics, groups and app ids; the run's broker loses the topics when the test ends."""
    prefix = f"t{secrets.token_hex(4)}-"
    shared: LocalKafka | None = request.getfixturevalue("kafka") if "kafka" in request.fixturenames else None
    yield prefix
    if shared is not None:
        _delete_topics(shared.bootstrap, prefix)


def _delete_topics(bootstrap: str, prefix: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        ours = [topic for topic in admin.list_topics() if topic.startswith(prefix)]
        if ours:
            admin.delete_topics(ours)
    finally:
        admin.close()
