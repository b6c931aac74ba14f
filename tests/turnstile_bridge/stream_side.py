"""The stream as a gate sees it, on real Kafka: topics, facts that are published, reads that are answered."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from schemas.access_decision import AccessDecision
from schemas.catalogue import Said
from schemas.credential import Credential
from schemas.credential_read import CredentialRead
from schemas.envelope import Event, unwrap
from schemas.guard_answer import GuardAnswer
from schemas.ids import decision_id
from schemas.outgoing import record_key
from schemas.reasons import Reason, Verdict
from schemas.site_mode import SiteMode
from schemas.site_policy import SitePolicy
from schemas.topics import (
    ACCESS_DECISIONS,
    CREDENTIAL_READS,
    CREDENTIALS,
    GUARD_ANSWERS,
    SITE_MODES,
    SITE_POLICIES,
    TOPICS,
    VISITOR_PASSES,
    Role,
    Topic,
)
from schemas.trust import Signer
from schemas.visitor_pass import VisitorPass
from tests.turnstile_bridge.gate_home import SITE, GateHome

_FACTS: dict[type, Topic] = {
    Credential: CREDENTIALS,
    VisitorPass: VISITOR_PASSES,
    SitePolicy: SITE_POLICIES,
    SiteMode: SITE_MODES,
    GuardAnswer: GUARD_ANSWERS,
}


class StreamSide:
    """What the services would do, done by a test: publish facts, answer reads, read what the gate said."""

    def __init__(self, home: GateHome, *, made: bool = False) -> None:
        """Make the topics of the gate's prefix (unless they are made) and open a producer."""
        self._home = home
        configuration = home.configuration
        self.bootstrap = configuration.settings.kafka.bootstrap
        self.prefix = configuration.settings.kafka.topic_prefix
        self.placement = configuration.placement
        if not made:
            admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
            admin.create_topics(
                [NewTopic(self.prefix + topic.name, self.placement.partitions(topic), 1) for topic in TOPICS]
            )
            admin.close()
        self._producer = KafkaProducer(bootstrap_servers=self.bootstrap, allow_auto_create_topics=False)
        self._said = 0

    def close(self) -> None:
        """Close the producer."""
        self._producer.close(5)

    def publish(
        self,
        fact: Credential | VisitorPass | SitePolicy | SiteMode | GuardAnswer,
        *,
        signer: Signer | None = None,
        site: str = SITE,
    ) -> None:
        """Publish a fact or a guard's answer as administration does."""
        self._said += 1
        signer = signer or self._home.services[Role.ADMINISTRATION]
        event: Event[Said] = Event(
            id=f"administration:1:{self._said}", source=signer.source, time=datetime.now(UTC), site=site, data=fact
        )
        self.produce(_FACTS[type(fact)], event, signer)

    def produce(self, topic: Topic, event: Event[Said], signer: Signer, *, partition: int | None = None) -> None:
        """Sign an event and put it where it belongs, or where a test wants it."""
        place = self.placement.partition(topic, SITE) if partition is None else partition
        value = signer.record(event)
        self._producer.send(self.prefix + topic.name, key=record_key(topic, event), value=value, partition=place).get(
            10
        )

    def raw(self, topic: Topic, value: bytes) -> None:
        """Put bytes into a topic."""
        self._producer.send(self.prefix + topic.name, value=value, partition=self.placement.partition(topic, SITE)).get(
            10
        )

    def records(self, topic: Topic) -> list[Event[Said]]:
        """Give everything that a topic holds of the site."""
        place = TopicPartition(self.prefix + topic.name, self.placement.partition(topic, SITE))
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, group_id=None, auto_offset_reset="earliest")
        found: list[Event[Said]] = []
        try:
            consumer.assign([place])
            end = consumer.end_offsets([place])[place]
            while consumer.position(place) < end:
                for batch in consumer.poll(timeout_ms=200).values():
                    found += [unwrap(topic, record.value) for record in batch if record.offset < end]
        finally:
            consumer.close()
        return found

    def decision(
        self, read: Event[CredentialRead], verdict: Verdict, reason: Reason, lasts_s: float = 10.0
    ) -> Event[Said]:
        """Word a decision about a read."""
        said = read.data
        data = AccessDecision(
            read=read.id,
            gate=said.gate,
            reader=said.reader,
            direction=said.direction,
            credential=said.credential,
            verdict=verdict,
            reason=reason,
            values={},
            holder="staff-1",
            category="staff",
            policy_version=7,
            policy_age_s=0.0,
            late=False,
            expires_at=read.time + timedelta(seconds=lasts_s),
        )
        return Event(id=decision_id(read.id), source="service/admission", time=datetime.now(UTC), site=SITE, data=data)

    def answering(self, answer: "Callable[[Event[CredentialRead]], None]") -> "Answering":
        """Call ``answer`` with every read from now on, while the context lasts."""
        return Answering(self, answer)

    def admit(self, read: Event[CredentialRead]) -> None:
        """Answer a read: come in."""
        self.produce(
            ACCESS_DECISIONS, self.decision(read, Verdict.ADMIT, Reason.VALID), self._home.services[Role.ADMISSION]
        )


class Answering:
    """A thread that reads the gate's reads and has them answered."""

    def __init__(self, side: StreamSide, answer: Callable[[Event[CredentialRead]], None]) -> None:
        """Take whose stream and what to do with a read."""
        self._side = side
        self._answer = answer
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        """Begin; returns when every read from now on will be seen."""
        self._thread.start()
        assert self._ready.wait(40)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join(10)

    def _work(self) -> None:
        side = self._side
        place = TopicPartition(side.prefix + CREDENTIAL_READS.name, side.placement.partition(CREDENTIAL_READS, SITE))
        consumer = KafkaConsumer(bootstrap_servers=side.bootstrap, group_id=None)
        consumer.assign([place])
        consumer.seek_to_end(place)
        consumer.position(place)
        self._ready.set()
        try:
            while not self._stopping.is_set():
                for batch in consumer.poll(timeout_ms=100).values():
                    for record in batch:
                        event = unwrap(CREDENTIAL_READS, record.value)
                        assert isinstance(event.data, CredentialRead)
                        self._answer(
                            Event(id=event.id, source=event.source, time=event.time, site=event.site, data=event.data)
                        )
        finally:
            consumer.close()
