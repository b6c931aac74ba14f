"""The gate's link to Kafka, and the only importer of kafka-python: sends the journal in order, brings orders
(decisions, guards' answers) and facts.

Four threads: records, alarms (by a producer of their own, so that no backlog is before them), orders, facts.
Each waits for the broker as long as it takes and survives its absence. What comes is checked (signature,
writing role, partition, site) before anybody acts on it; what is refused is counted and kept.
"""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError

from schemas.topics import (
    ACCESS_DECISIONS,
    CREDENTIALS,
    GATE_EVENTS,
    GUARD_ANSWERS,
    PANICS,
    SITE_MODES,
    SITE_POLICIES,
    VISITOR_PASSES,
    Topic,
)
from turnstile_bridge.gate_words import Answered, GuardAnswered, LinkLost, LinkRestored, ModeKnown
from turnstile_bridge.incoming import Incoming
from turnstile_bridge.journal import Journal, Outbox, Queue, Waiting
from turnstile_bridge.kafka_options import BOOTSTRAP_MS, connection_options
from turnstile_bridge.link_watch import LinkWatch
from turnstile_bridge.log import fault, log
from turnstile_bridge.panic_watch import AlarmsTaken
from turnstile_bridge.settings import GateConfiguration

WINDOW = 500
"""So many records may be on their way at once."""

CONFIRM_EVERY_S = 10.0
FACT_TOPICS = (SITE_POLICIES, SITE_MODES, CREDENTIALS, VISITOR_PASSES)
ORDER_TOPICS = (ACCESS_DECISIONS, GUARD_ANSWERS)
"""What a gate acts on once and does not keep: followed from the end."""

_RETRY_S = 0.5
_NO_DEADLINE_MS = 7 * 24 * 3600 * 1000
_POLL_MS = 250
_ASK_END_MS = 3000
_LOOK_S = 1.0

logging.getLogger("kafka").setLevel(logging.CRITICAL)


UplinkEvent = Answered | GuardAnswered | ModeKnown | LinkLost | LinkRestored | AlarmsTaken


def broker_answers(configuration: GateConfiguration) -> str | None:
    """Tell why the broker or one of the gate's topics cannot be reached, or None when all is well."""
    try:
        consumer = _opened(KafkaConsumer, **connection_options(configuration))
    except KafkaError as error:
        return f"{type(error).__name__}: {error}"
    try:
        prefix = configuration.settings.kafka.topic_prefix
        missing = [
            topic.name
            for topic in (*ORDER_TOPICS, *FACT_TOPICS)
            if not consumer.partitions_for_topic(prefix + topic.name)
        ]
    except KafkaError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        consumer.close(timeout_ms=1000)
    return f"topics missing: {', '.join(missing)}" if missing else None


class Uplink:
    """The threads that send and bring. ``tell`` is called from them with what happened; it must be quick and safe
    from any thread.
    """

    def __init__(self, configuration: GateConfiguration, journal: Journal, tell: Callable[[UplinkEvent], None]) -> None:
        """Take the settings, the journal to drain and whom to tell."""
        self._configuration = configuration
        self._prefix = configuration.settings.kafka.topic_prefix
        self._journal = journal
        self._tell = tell
        self._stopping = threading.Event()
        self._link = LinkWatch(time.monotonic())
        self._refused = 0
        self._incomings: list[Incoming] = []
        works: dict[str, Callable[[], None]] = {
            "records": lambda: self._send("records"),
            "alarms": lambda: self._send("alarms"),
            "orders": self._bring_orders,
            "facts": self._bring_facts,
        }
        self._threads = [
            threading.Thread(target=self._kept_up, args=(name, work), name=name, daemon=True)
            for name, work in works.items()
        ]

    def start(self) -> None:
        """Begin; the broker may be away."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads; what is not sent stays in the journal."""
        self._stopping.set()
        for news in self._journal.news.values():
            news.set()
        for thread in self._threads:
            thread.join(BOOTSTRAP_MS / 1000 + 1)

    @property
    def refused(self) -> int:
        """Tell how many records were refused since the start."""
        return self._refused + sum(incoming.refused for incoming in self._incomings)

    def watch(self, now_s: float) -> None:
        """Look whether the link has been lost; to be called now and then."""
        if self._link.lost_now(now_s):
            log("link_lost", logging.WARNING)
            self._tell(LinkLost())

    def _kept_up(self, name: str, work: Callable[[], None]) -> None:
        said = ""
        while not self._stopping.is_set():
            try:
                work()
            except KafkaError as error:
                if said != (said := type(error).__name__):
                    log("uplink_waits", logging.WARNING, thread=name, error=said, detail=str(error)[:200])
            except Exception as error:  # noqa: BLE001  a thread of the link must not die of one fault
                fault("uplink_fault", error, thread=name)
            self._stopping.wait(_RETRY_S)

    def _send(self, queue: Queue) -> None:
        outbox = self._journal.sender(queue)
        producer = _opened(
            KafkaProducer,
            **connection_options(self._configuration),
            acks="all",
            linger_ms=0,
            delivery_timeout_ms=_NO_DEADLINE_MS,
            request_timeout_ms=5000,
            max_block_ms=BOOTSTRAP_MS,
        )
        try:
            if queue == "alarms":
                for topic in (PANICS, GATE_EVENTS):
                    producer.partitions_for(self._prefix + topic.name)
            self._drain(queue, outbox, producer)
        finally:
            with contextlib.suppress(KafkaError):
                producer.close(timeout=0.5)
            outbox.close()

    def _drain(self, queue: Queue, outbox: Outbox, producer: Any) -> None:
        """Send what waits and forget what is acknowledged, the next not waiting for the last; any failure ends it, and
        what was not acknowledged is sent again.
        """
        sent: deque[tuple[Waiting, Any]] = deque()
        last = 0
        while not self._stopping.is_set():
            outbox.news.clear()
            taken = _taken(sent)
            batch = outbox.waiting(WINDOW - len(sent), after=last)
            for row in batch:
                last = row.seq
                topic = self._prefix + row.topic
                future = producer.send(topic, value=row.value, key=row.key, partition=row.partition)
                sent.append((row, future.add_both(lambda _: outbox.news.set())))
            if taken:
                outbox.acknowledged(taken)
                self._took(queue, taken)
            if sent and queue == "records":
                self._link.waits(time.monotonic())
            if not taken and not batch:
                outbox.news.wait(_LOOK_S)

    def _took(self, queue: Queue, rows: list[Waiting]) -> None:
        if queue == "alarms":
            self._tell(AlarmsTaken(tuple(row.event_id for row in rows)))
        elif (gap_s := self._link.taken(time.monotonic())) is not None:
            log("link_restored", gap_s=round(gap_s, 3))
            self._tell(LinkRestored(round(gap_s, 3)))

    def _consumer(self, topics: tuple[Topic, ...]) -> tuple[Any, dict[TopicPartition, Topic]]:
        consumer = _opened(
            KafkaConsumer,
            **connection_options(self._configuration),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=5000,
            fetch_max_wait_ms=_POLL_MS,
        )
        site, placement = self._configuration.settings.site, self._configuration.placement
        assigned = {
            TopicPartition(self._prefix + topic.name, placement.partition(topic, site)): topic for topic in topics
        }
        consumer.assign(list(assigned))
        return consumer, assigned

    def _bring_orders(self) -> None:
        incoming = self._incoming()
        consumer, assigned = self._consumer(ORDER_TOPICS)
        try:
            for place, end in consumer.end_offsets(list(assigned), timeout_ms=_ASK_END_MS).items():
                consumer.seek(place, end)  # now, not lazily: what is said from here on is heard
            log("decisions_followed")
            while not self._stopping.is_set():
                for place, records in consumer.poll(timeout_ms=_POLL_MS).items():
                    for record in records:
                        if told := incoming.order(assigned[place], (record.partition, record.offset), record.value):
                            self._tell(told)
        finally:
            self._close(consumer, incoming)

    def _bring_facts(self) -> None:
        incoming = self._incoming()
        consumer, assigned = self._consumer(FACT_TOPICS)
        confirm_at_s = 0.0
        try:
            for place, topic in assigned.items():
                known = incoming.facts.next_offset(topic, place.partition)
                consumer.seek_to_beginning(place) if known is None else consumer.seek(place, known)
            while not self._stopping.is_set():
                for place, records in consumer.poll(timeout_ms=_POLL_MS).items():
                    self._take_facts(incoming, assigned[place], records)
                if time.monotonic() >= confirm_at_s and (at := _whole_at(consumer, list(assigned))) is not None:
                    if confirm_at_s == 0.0:
                        log("facts_followed")
                    confirm_at_s = time.monotonic() + CONFIRM_EVERY_S
                    incoming.facts.confirm(at)
        finally:
            self._close(consumer, incoming)

    def _take_facts(self, incoming: Incoming, topic: Topic, records: list[Any]) -> None:
        with incoming.facts.whole():
            told = [incoming.fact(topic, (record.partition, record.offset), record.value) for record in records]
        for mode in told:
            if mode is not None:
                self._tell(mode)

    def _incoming(self) -> Incoming:
        settings = self._configuration.settings
        facts = self._configuration.data_dir / "facts.sqlite"
        incoming = Incoming(self._configuration.trust(), settings.site, settings.gate, facts)
        self._incomings.append(incoming)
        return incoming

    def _close(self, consumer: Any, incoming: Incoming) -> None:
        with contextlib.suppress(KafkaError):
            consumer.close(timeout_ms=500)
        incoming.close()
        self._refused += incoming.refused
        self._incomings.remove(incoming)


def _taken(sent: "deque[tuple[Waiting, Any]]") -> list[Waiting]:
    """Take what is acknowledged from the front of what was sent; raises what the front failed with."""
    taken = []
    while sent and sent[0][1].is_done and sent[0][1].exception is None:
        taken.append(sent.popleft()[0])
    if not taken and sent and sent[0][1].exception is not None:
        raise sent[0][1].exception
    return taken


def _opened(client: Any, **options: Any) -> Any:
    """Open a client; one that finds no broker leaves its thread behind unless its connections are closed by hand."""
    made: list[Any] = []

    def connections(**configs: Any) -> Any:
        made.append(client.DEFAULT_CONFIG["kafka_client"](**configs))
        return made[-1]

    try:
        return client(kafka_client=connections, **options)
    except BaseException:
        for one in made:
            one.close()
        raise


def _whole_at(consumer: Any, places: list[TopicPartition]) -> datetime | None:
    at = datetime.now(UTC)
    try:
        ends = consumer.end_offsets(places, timeout_ms=_ASK_END_MS)
    except KafkaTimeoutError:
        return None
    return at if all(consumer.position(place, timeout_ms=_ASK_END_MS) >= ends[place] for place in places) else None
