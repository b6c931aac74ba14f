"""Makes and runs a Faust app with the settings that were measured to be best, in this process, until SIGTERM."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import faust
from faust.sensors import Monitor
from faust.types.auth import CredentialsT

from schemas.setting import WrongSetting
from schemas.topics import CHANGELOGS, DEAD_LETTERS, TOPICS, Role
from schemas.trust import Signer, Trust
from services.flow.batch_table import STORE_OPTIONS, BatchTable
from services.flow.case import Speaker
from services.flow.consumer import PromptConsumer
from services.flow.dead_letters import Refusal, dead_letter
from services.flow.delivery import Delivery
from services.flow.fact_store import FactStore, RefusedFact
from services.flow.facts import FollowedFacts
from services.flow.lossless import App, Hop, LosslessAgent
from services.flow.watchdog import Watchdog
from services.kafka_client.connection import group_name, kafka_options, topic_name
from services.kafka_client.producer import RecordProducer
from services.kafka_client.topics_admin import require
from services.settings import Configuration

EXIT_FAILED = 1

logger = logging.getLogger(__name__)


class SilentMonitor(Monitor):
    """Faust's monitor without its counting, which is a tenth of the cost of a record."""

    mundane_level = "debug"

    def on_message_in(self, *_: object, **__: object) -> None:
        """Count nothing."""

    def on_message_out(self, *_: object, **__: object) -> None:
        """Count nothing."""

    def on_stream_event_in(self, *_: object, **__: object) -> dict[str, object]:
        """Count nothing."""
        return {}

    def on_stream_event_out(self, *_: object, **__: object) -> None:
        """Count nothing."""


def run(
    configuration: Configuration, role: Role, name: str, data_dir: str, signer: Signer, hops: Mapping[str, Hop]
) -> None:
    """Run the app ``name`` of ``role`` until SIGTERM; raises TopicsNotReady, naming the topic, when one is not as it
    must be, and exits with 1 when it fails.
    """
    for noisy in ("faust", "mode", "aiokafka"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    asyncio.run(_Worker(configuration, role, name, configuration.path(data_dir), signer, hops).run())


class _Worker:
    """One process of one app, from its topics to its last acknowledgement."""

    def __init__(
        self,
        configuration: Configuration,
        role: Role,
        name: str,
        data_dir: Path,
        signer: Signer,
        hops: Mapping[str, Hop],
    ) -> None:
        self._configuration = configuration
        self._role = role
        self._name = name
        self._data_dir = data_dir
        self._speaker = Speaker(signer, configuration.placement())
        self._hops = hops
        self._inputs = [topic for topic in TOPICS if topic.name in hops]
        self._facts_topics = [
            topic for topic in TOPICS if topic.compacted and role in topic.readers and topic.name not in hops
        ]

    async def run(self) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        outputs = [topic for topic in TOPICS if topic.writer is self._role]
        topics = [*self._inputs, *self._facts_topics, *outputs, DEAD_LETTERS[self._role]]
        await _unless(stop, require(self._configuration, topics, [self._name]))
        if stop.is_set():
            return
        producer = RecordProducer(self._configuration)
        parts = self._parts(producer)
        agent = LosslessAgent(parts)
        source = parts.faust.topic(
            *parts.topics, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
        )
        parts.faust.agent(source, name=self._name, concurrency=1)(agent.run)
        try:
            await self._serve(parts, agent, stop)
        finally:
            await parts.facts.stop()
            await producer.stop()
            parts.facts.store.close()

    def _parts(self, producer: RecordProducer) -> App:
        trust = self._configuration.trust()
        store = self._fact_store(trust)
        delivery = Delivery(producer, self._role, self._speaker, _now)
        app = make_app(self._configuration, self._name, self._data_dir)
        return App(
            faust=app,
            role=self._role,
            name=self._name,
            topics={topic_name(self._configuration, topic): topic for topic in self._inputs},
            hops=self._hops,
            tables=make_tables(app, CHANGELOGS[self._name], self._configuration.placement().stream_partitions),
            speaker=self._speaker,
            trust=trust,
            facts=FollowedFacts(
                self._configuration,
                self._facts_topics,
                store,
                on_refused=self._refuse_facts(delivery),
                on_failed=app.crash,
            ),
            delivery=delivery,
            clock=_now,
        )

    def _fact_store(self, trust: Trust) -> FactStore:
        try:
            return FactStore(self._data_dir / "facts", trust)
        except Exception as error:
            if "lock" not in str(error):
                raise
            message = f"setting {self._role}.data_dir: {self._data_dir} is in use by another worker"
            raise WrongSetting(message) from error

    async def _serve(self, parts: App, agent: LosslessAgent, stop: asyncio.Event) -> None:
        app = parts.faust
        assigned: set[int] = set()

        async def on_assigned(_: object, partitions: set[tuple[str, int]], **__: object) -> None:
            assigned.clear()
            assigned.update(partition for topic, partition in partitions if topic in parts.topics)
            await parts.facts.follow(assigned)

        app.on_partitions_assigned.connect(on_assigned, weak=False)
        watchdog = Watchdog(
            self._configuration, list(parts.topics.values()), lambda: (frozenset(assigned), dict(agent.progress))
        )
        starting = asyncio.create_task(self._start(parts, assigned, watchdog), name="starting")
        stopping = asyncio.create_task(stop.wait())
        ended = asyncio.create_task(app.wait_until_stopped())
        await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
        watchdog.stop()
        logger.info("stopping process=%s", self._role)
        starting.cancel()
        await agent.stop()
        await app.stop()
        for task in (starting, stopping, ended):
            task.cancel()
        if app.crash_reason is not None:
            logger.error("failed process=%s cause=%r", self._role, app.crash_reason)
            raise SystemExit(EXIT_FAILED)

    async def _start(self, parts: App, assigned: set[int], watchdog: Watchdog) -> None:
        try:
            await parts.faust.start()
            await parts.facts.current(assigned, lambda: True)
        except Exception as error:  # noqa: BLE001  whatever it is ends the process
            await parts.faust.crash(error)
        else:
            watchdog.start()
            logger.info("ready process=%s partitions=%d", self._role, len(assigned))

    def _refuse_facts(self, delivery: Delivery) -> Callable[[Sequence[RefusedFact]], Awaitable[None]]:
        async def refuse(refused: Sequence[RefusedFact]) -> None:
            letters = []
            for record, reason, detail in refused:
                place = (record.topic.name, record.partition, record.offset)
                logger.warning("refused topic=%s partition=%d offset=%d reason=%s", *place, reason)
                refusal = Refusal(*place, record.value, reason, detail)
                letters.append(dead_letter(self._role, self._speaker, refusal, _now()))
            await delivery.deliver(letters, lambda: True)

        return refuse


def make_app(configuration: Configuration, name: str, data_dir: Path) -> faust.App:
    """Make the Faust app. Topics and changelogs are made by ``qaqpa topics apply``, never here."""
    kafka = configuration.settings.kafka
    app = faust.App(
        group_name(configuration, name),
        broker=";".join(f"kafka://{server.strip()}" for server in kafka.bootstrap.split(",")),
        broker_credentials=_credentials(configuration),
        store="rocksdb://",
        datadir=str(data_dir),
        key_serializer="raw",
        value_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=kafka.stream_partitions,
        stream_wait_empty=False,
        producer_linger=0.0,
        producer_acks=-1,
        producer_request_timeout=30.0,
        consumer_max_fetch_size=128 * 1024,
        broker_commit_interval=0.5,
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.0,
        broker_request_timeout=30.0,
        processing_guarantee="at_least_once",
        web_enabled=False,
        cython_optimizations=True,
        Monitor=SilentMonitor,
    )
    app.conf.Table = BatchTable
    app.transport.Consumer = PromptConsumer
    return app


def make_tables(app: faust.App, names: Sequence[str], partitions: int) -> dict[str, BatchTable]:
    """Make the app's tables, each with its changelog of the stream's partition count."""
    return {
        name: app.Table(name, key_type=bytes, value_type=bytes, partitions=partitions, options=dict(STORE_OPTIONS))
        for name in names
    }


def _credentials(configuration: Configuration) -> CredentialsT | None:
    options = kafka_options(configuration)
    context = options.get("ssl_context")
    if "sasl_mechanism" in options:
        return faust.SASLCredentials(
            username=options["sasl_plain_username"],
            password=options["sasl_plain_password"],
            mechanism=options["sasl_mechanism"],
            ssl_context=context,
        )
    return faust.SSLCredentials(context=context) if context is not None else None


def _now() -> datetime:
    return datetime.now(UTC)


async def _unless(stop: asyncio.Event, work: Awaitable[None]) -> None:
    """Do the work, or give it up when told to stop."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        working.result()
    else:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
