"""The topics of one test on the session's broker, or on a broker that the test may hurt."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.kafka.broker import LocalKafka
from tests.services.flow.stream import Stream


@pytest.fixture
def stream(tmp_path: Path, kafka: LocalKafka, topic_prefix: str) -> Iterator[Stream]:
    """Topics with two schools' policies, on the broker of the whole run."""
    stream = Stream(tmp_path / "stream", kafka.bootstrap, topic_prefix)
    try:
        yield stream.found()
    finally:
        stream.stop()


@pytest.fixture
def frail_stream(tmp_path: Path, broker_of_its_own: LocalKafka) -> Iterator[Stream]:
    """The same on a broker of this test alone."""
    stream = Stream(tmp_path / "stream", broker_of_its_own.bootstrap, "")
    try:
        yield stream.found()
    finally:
        stream.stop()
