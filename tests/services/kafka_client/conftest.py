"""A cluster of a test's own: the run's broker under a random prefix, few partitions."""

from pathlib import Path

import pytest

from deploy.kafka.broker import LocalKafka
from services.settings import Configuration, KafkaSettings, Settings, TrustSettings


def configured(bootstrap: str, prefix: str, folder: Path, stream: int = 2, gate: int = 4) -> Configuration:
    """Give settings as a file would say them."""
    kafka = KafkaSettings(bootstrap=bootstrap, topic_prefix=prefix, stream_partitions=stream, gate_partitions=gate)
    return Configuration(Settings(kafka=kafka, trust=TrustSettings(keyring="keyring.json")), folder)


@pytest.fixture
def configuration(kafka: LocalKafka, topic_prefix: str, tmp_path: Path) -> Configuration:
    """Give the settings of this test's cluster."""
    return configured(kafka.bootstrap, topic_prefix, tmp_path)
