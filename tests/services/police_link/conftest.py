"""A school with a police link on real parts: broker, pysiaalarm's receiver, ``qaqpa police-link``."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.kafka.broker import LocalKafka
from tests.services.police_link.school import ReceiverProcess, School


@pytest.fixture
def receiver(tmp_path: Path, free_port: int) -> Iterator[ReceiverProcess]:
    """Give a receiver at a port of its own, not started yet."""
    process = ReceiverProcess(tmp_path, free_port)
    yield process
    process.stop()


@pytest.fixture
def school(tmp_path: Path, kafka: LocalKafka, topic_prefix: str, receiver: ReceiverProcess) -> Iterator[School]:
    """Give a school whose topics and policies lie on the run's broker."""
    school = School(tmp_path, kafka.bootstrap, topic_prefix, receiver.port)
    school.found()
    yield school
    school.link.stop()


@pytest.fixture
def unfounded(tmp_path: Path) -> School:
    """Give a school that has settings and nothing else: no broker, no receiver."""
    return School(tmp_path, "127.0.0.1:9", "none-", 9)
