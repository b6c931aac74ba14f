"""A gate, its surroundings and its side of the stream, for every test of the bridge."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.kafka.broker import LocalKafka
from tests.turnstile_bridge.gate_home import GateHome
from tests.turnstile_bridge.stream_side import StreamSide
from turnstile_bridge.simulated_school.school import SimulatedSchool


@pytest.fixture
def home(tmp_path: Path) -> Iterator[GateHome]:
    """Give a gate that has no Kafka at all."""
    home = GateHome(tmp_path / "gate")
    yield home
    home.end()


@pytest.fixture
def school(home: GateHome) -> Iterator[SimulatedSchool]:
    """Give the surroundings of that gate, on the line."""
    school = SimulatedSchool(home.configuration)
    school.start()
    yield school
    school.stop()


@pytest.fixture
def online_home(tmp_path: Path, kafka: LocalKafka, topic_prefix: str) -> Iterator[GateHome]:
    """Give a gate of the run's Kafka, with patience for a machine that does much else."""
    home = GateHome(tmp_path / "gate", bootstrap=kafka.bootstrap, prefix=topic_prefix, answer_within_ms=1500)
    yield home
    home.end()


@pytest.fixture
def stream(online_home: GateHome) -> Iterator[StreamSide]:
    """Give the other side of the stream: its topics, its signers."""
    side = StreamSide(online_home)
    yield side
    side.close()


@pytest.fixture
def online_school(online_home: GateHome) -> Iterator[SimulatedSchool]:
    """Give the surroundings of the gate that has a Kafka."""
    school = SimulatedSchool(online_home.configuration)
    school.start()
    yield school
    school.stop()
