"""Topics are made once, as the table says, and a wrong partition count is refused by name."""

from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from schemas.topics import ALARMS, CREDENTIAL_READS, TOPICS
from services.kafka_client import topics_admin
from services.kafka_client.connection import topic_name
from services.kafka_client.topics_admin import State, TopicsNotReady
from services.settings import Configuration
from tests.services.kafka_client.conftest import configured


async def test_apply_makes_every_topic_and_changelog_and_a_second_time_nothing(configuration: Configuration) -> None:
    """The plan says create before and keep after."""
    before = await topics_admin.plan(configuration)
    assert {step.state for step in before} == {State.CREATE}
    assert {topic_name(configuration, topic) for topic in TOPICS} < {step.name for step in before}
    assert sum(step.name.endswith("-changelog") for step in before) == 7
    assert [step.name for step in await topics_admin.apply(configuration)] == [step.name for step in before]
    assert {step.state for step in await topics_admin.plan(configuration)} == {State.KEEP}
    assert {step.state for step in await topics_admin.apply(configuration)} == {State.KEEP}


async def test_a_changed_partition_count_is_refused_by_name_and_changes_nothing(
    configuration: Configuration, tmp_path: Path
) -> None:
    """A site would lie elsewhere from one day to the next."""
    await topics_admin.apply(configuration)
    kafka = configuration.settings.kafka
    changed = configured(kafka.bootstrap, kafka.topic_prefix, tmp_path, stream=4, gate=8)
    name = topic_name(configuration, CREDENTIAL_READS)
    with pytest.raises(TopicsNotReady, match=f"{name} has 2 partitions, the settings say 4"):
        await topics_admin.apply(changed)
    assert {step.state for step in await topics_admin.plan(configuration)} == {State.KEEP}


async def test_a_missing_topic_is_named_with_what_to_do(configuration: Configuration) -> None:
    """An agent whose topic does not exist subscribes to nothing, without a word: so nobody starts without asking."""
    with pytest.raises(TopicsNotReady, match=rf"{topic_name(configuration, ALARMS)} is missing.*qaqpa topics apply"):
        await topics_admin.require(configuration, [ALARMS])
    await topics_admin.apply(configuration)
    await topics_admin.require(configuration, TOPICS, ["admission-v1", "alarming-v1"])


async def test_alarms_keep_the_last_version_of_each(configuration: Configuration) -> None:
    """Compaction and retention are those of the table."""
    await topics_admin.apply(configuration)
    admin = AIOKafkaAdminClient(bootstrap_servers=configuration.settings.kafka.bootstrap)
    await admin.start()
    try:
        asked = ConfigResource(ConfigResourceType.TOPIC, topic_name(configuration, ALARMS))
        (response,) = await admin.describe_configs([asked])
    finally:
        await admin.close()
    found = {entry[0]: entry[1] for entry in response.resources[0][4]}
    assert set(found["cleanup.policy"].split(",")) == {"compact", "delete"}
    assert found["retention.ms"] == str(ALARMS.retention_s * 1000)  # type: ignore[operator]
