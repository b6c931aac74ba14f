"""Makes the topics of ``schemas.topics`` on a cluster, and refuses to work on wrong ones. A partition count is
fixed at creation and never changed.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from schemas.topics import CHANGELOGS, MAX_VALUE_BYTES, TOPICS, Topic, changelog_name
from services.kafka_client.connection import RETRY_FIRST_S, RETRY_LONGEST_S, group_name, kafka_options, topic_name
from services.settings import Configuration

_RECORD_OVERHEAD_BYTES = 4096
_SERVED_WITHIN_MS = 60_000

logger = logging.getLogger(__name__)


class State(StrEnum):
    """What a step of the plan has found."""

    CREATE = "create"
    KEEP = "keep"
    WRONG = "wrong partition count"


class Step(NamedTuple):
    """One topic of the plan: its name on the cluster, what it should be, what it is."""

    name: str
    state: State
    partitions: int
    found: int | None
    config: dict[str, str]


class TopicsNotReady(Exception):  # noqa: N818  said of the cluster, for the operator
    """Topics are missing or wrongly partitioned; the text names them and says what to do."""


class Wanted(NamedTuple):
    """A topic as it has to be."""

    name: str
    partitions: int
    config: dict[str, str]


def wanted(configuration: Configuration) -> list[Wanted]:
    """Give every topic and changelog as it has to be on this cluster."""
    placement = configuration.placement()
    topics = [Wanted(topic_name(configuration, topic), placement.partitions(topic), _config(topic)) for topic in TOPICS]
    return topics + [
        Wanted(
            changelog_name(group_name(configuration, app), table),
            placement.stream_partitions,
            {"cleanup.policy": "compact"},
        )
        for app, tables in CHANGELOGS.items()
        for table in tables
    ]


def _config(topic: Topic) -> dict[str, str]:
    policies = [name for name, on in (("compact", topic.compacted), ("delete", topic.retention_s is not None)) if on]
    config = {
        "cleanup.policy": ",".join(policies),
        "max.message.bytes": str(MAX_VALUE_BYTES * 4 + _RECORD_OVERHEAD_BYTES),
    }
    if topic.retention_s is not None:
        config["retention.ms"] = str(topic.retention_s * 1000)
    return config


async def plan(configuration: Configuration) -> list[Step]:
    """Compare what has to be with what is, changing nothing."""
    admin = await _connected(configuration)
    try:
        return await _compare(admin, wanted(configuration))
    finally:
        await admin.close()


async def apply(configuration: Configuration) -> list[Step]:
    """Make what is missing and give the plan that was carried out; raises TopicsNotReady, changing nothing, when a
    partition count is wrong.
    """
    admin = await _connected(configuration)
    replication = configuration.settings.kafka.replication_factor
    try:
        steps = await _compare(admin, wanted(configuration))
        _refuse([step for step in steps if step.state is State.WRONG])
        missing = [
            NewTopic(step.name, step.partitions, replication, topic_configs=step.config)
            for step in steps
            if step.state is State.CREATE
        ]
        if missing:
            _raise_errors(await admin.create_topics(missing))
    finally:
        await admin.close()
    await _served(configuration, [step for step in steps if step.state is State.CREATE])
    return steps


async def require(configuration: Configuration, topics: Sequence[Topic], apps: Iterable[str] = ()) -> None:
    """Wait for the broker, then raise TopicsNotReady when one of these topics (or of these apps' changelogs) is
    missing or wrongly partitioned.
    """
    names = {topic_name(configuration, topic) for topic in topics}
    names |= {changelog_name(group_name(configuration, app), table) for app in apps for table in CHANGELOGS[app]}
    _refuse([step for step in await plan(configuration) if step.name in names and step.state is not State.KEEP])


async def _compare(admin: AIOKafkaAdminClient, topics: Sequence[Wanted]) -> list[Step]:
    described = await admin.describe_topics([topic.name for topic in topics])
    found = {topic["topic"]: len(topic["partitions"]) for topic in described if topic["error_code"] == 0}
    return [
        Step(topic.name, _state(topic, found.get(topic.name)), topic.partitions, found.get(topic.name), topic.config)
        for topic in topics
    ]


def _state(topic: Wanted, found: int | None) -> State:
    if found is None:
        return State.CREATE
    return State.KEEP if found == topic.partitions else State.WRONG


def _refuse(steps: Sequence[Step]) -> None:
    if not steps:
        return
    told = [
        f"{step.name} is missing"
        if step.found is None
        else f"{step.name} has {step.found} partitions, the settings say {step.partitions}"
        for step in steps
    ]
    message = (
        "; ".join(told)
        + ". Missing topics: run `qaqpa topics apply`. A partition count cannot be changed: correct the settings."
    )
    raise TopicsNotReady(message)


async def _served(configuration: Configuration, made: Sequence[Step]) -> None:
    """Return when every partition of new topics has a leader that answers: a moment after they were made they do
    not.
    """
    if not made:
        return
    consumer = AIOKafkaConsumer(
        **kafka_options(configuration), enable_auto_commit=False, request_timeout_ms=_SERVED_WITHIN_MS
    )
    log = logging.getLogger("aiokafka.consumer.fetcher")
    told = log.level
    log.setLevel(logging.CRITICAL)
    try:
        await consumer.start()
        await consumer.end_offsets(
            [TopicPartition(step.name, partition) for step in made for partition in range(step.partitions)]
        )
    finally:
        log.setLevel(told)
        await consumer.stop()


def _raise_errors(response: object) -> None:
    for name, code, *_ in getattr(response, "topic_errors", ()):
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            message = f"cannot make {name}: {error.__name__}"
            raise TopicsNotReady(message)


async def _connected(configuration: Configuration) -> AIOKafkaAdminClient:
    pause_s = RETRY_FIRST_S
    while True:
        admin = AIOKafkaAdminClient(**kafka_options(configuration), request_timeout_ms=15_000)
        try:
            await admin.start()
        except (KafkaError, OSError) as error:
            logger.warning("broker_awaited cause=%s pause_s=%.1f", type(error).__name__, pause_s)
            await admin.close()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, RETRY_LONGEST_S)
        else:
            return admin
