"""A cluster's topics, and the two apps as processes on them: what the tests on a real broker stand on.

Records are written and read with confluent-kafka, a client that we did not write.
"""

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from schemas.catalogue import BY_SHAPE
from schemas.envelope import Event
from schemas.outgoing import Outgoing, outgoing
from schemas.topics import BY_NAME, DEAD_LETTERS, Role, Topic
from schemas.trust import Signer
from services.kafka_client import topics_admin
from services.settings import Configuration
from tests.parts.waiting import eventually
from tests.services.flow.people import GATE_SIGNERS, KEYRING, OTHER_SCHOOL, PLACEMENT, SERVICE_SIGNERS, policy, seed

READY_S = 90.0
SOON_S = 60.0
"""How long a test waits for what a worker does: a few milliseconds on a quiet machine."""

STOP_S = 60.0
APPS = {Role.ADMISSION: "admission-v1", Role.ALARMING: "alarming-v1"}


soon = partial(eventually, within_s=SOON_S)


class Stream:
    """The topics of one test, its settings file, and a hand to write and read records with."""

    def __init__(self, folder: Path, bootstrap: str, prefix: str) -> None:
        self.folder = folder
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.workers: list[Worker] = []
        self.listeners: list[Listener] = []
        self.settings = folder / "qaqpa.toml"
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "message.max.bytes": 200_000,
                "batch.size": 100_000,
                "linger.ms": 0,
                "log_level": 0,
            }
        )
        self._write_settings()

    def found(self) -> "Stream":
        """Make the topics, and let the schools' policies lie in them."""
        asyncio.run(topics_admin.apply(self.configuration()))
        self.say(policy(), policy(OTHER_SCHOOL))
        return self

    def configuration(self) -> Configuration:
        return Configuration.load(self.settings)

    def record(self, event: Event[Any], signer: Signer | None = None) -> Outgoing:
        """Sign an event as its own source does, for its topic."""
        topic = _topic_of(event)
        return outgoing(signer or _signer(event), topic, event, PLACEMENT)

    def say(self, *events: Event[Any]) -> None:
        """Say events, and return when the broker has them."""
        self.send(*(self.record(event) for event in events))

    def send(self, *records: Outgoing) -> None:
        """Send records as they are, and return when the broker has them."""
        failed: list[Any] = []
        for record in records:
            self._producer.produce(
                self.prefix + record.topic,
                record.value,
                record.key,
                record.partition,
                on_delivery=lambda error, _: failed.append(error) if error else None,
            )
            self._producer.poll(0)
        waiting = self._producer.flush(60)
        assert not waiting, f"{waiting} records were not taken"
        assert not failed, failed[0]

    def values(self, topic: Topic) -> list[bytes]:
        """Give every value that lies in a topic now."""
        consumer = Consumer(
            {"bootstrap.servers": self.bootstrap, "group.id": "reader", "enable.auto.commit": False, "log_level": 0}
        )
        try:
            places = [
                TopicPartition(self.prefix + topic.name, number, 0) for number in range(PLACEMENT.partitions(topic))
            ]
            waiting = {place.partition: consumer.get_watermark_offsets(place, timeout=20)[1] for place in places}
            consumer.assign(places)
            found: list[bytes] = []
            while any(waiting.values()):
                message = consumer.poll(10)
                assert message is not None, f"{topic.name} could not be read to its end"
                assert message.error() is None, message.error()
                if message.offset() + 1 >= waiting[message.partition()]:
                    waiting[message.partition()] = 0
                found.append(message.value())
            return found
        finally:
            consumer.close()

    def listen(self, topic: Topic) -> "Listener":
        """Give an ear on a topic, for what is said from now on."""
        listener = Listener(self.bootstrap, self.prefix + topic.name, PLACEMENT.partitions(topic))
        self.listeners.append(listener)
        return listener

    def said(self, topic: Topic) -> list[dict[str, Any]]:
        """Give every envelope that lies in a topic now."""
        return [json.loads(value) for value in self.values(topic)]

    def decisions(self) -> dict[str, set[bytes]]:
        """Give the values of the decisions by read."""
        found: dict[str, set[bytes]] = defaultdict(set)
        for value in self.values(BY_NAME["access_decisions"]):
            found[json.loads(value)["data"]["read"]].add(value)
        return found

    def dead(self, role: Role = Role.ADMISSION) -> list[dict[str, Any]]:
        """Give the data of an app's dead letters."""
        return [envelope["data"] for envelope in self.said(DEAD_LETTERS[role])]

    def committed(self, topic: Topic, role: Role = Role.ADMISSION) -> dict[int, int]:
        """Give the app's committed offsets (0 where there is none yet)."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": self.prefix + APPS[role],
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )
        try:
            places = [TopicPartition(self.prefix + topic.name, number) for number in range(PLACEMENT.partitions(topic))]
            return {place.partition: max(place.offset, 0) for place in consumer.committed(places, timeout=20)}
        except KafkaException as refused:
            if not refused.args[0].retriable():
                raise
            return {}  # a broker that has only just begun: none yet
        finally:
            consumer.close()

    def worker(self, role: Role, name: str = "one") -> "Worker":
        """Give a worker, not started yet, with a data folder of its own name."""
        worker = Worker(self, role, name)
        self.workers.append(worker)
        return worker

    def stop(self) -> None:
        """End every worker that still runs, and every listener."""
        for listener in self.listeners:
            listener.close()
        for worker in self.workers:
            worker.kill()

    def settings_for(self, name: str) -> Path:
        """Give a settings file whose workers keep their data under a name of their own."""
        path = self.folder / f"qaqpa-{name}.toml"
        path.write_text(self.settings.read_text().replace('data_dir = "', f'data_dir = "{name}-'))
        return path

    def _write_settings(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "keyring.json").write_bytes(msgspec.json.encode(KEYRING))
        sections = [
            f'[kafka]\nbootstrap = "{self.bootstrap}"\ntopic_prefix = "{self.prefix}"',
            f"stream_partitions = {PLACEMENT.stream_partitions}\ngate_partitions = {PLACEMENT.gate_partitions}",
            '[trust]\nkeyring = "keyring.json"',
        ]
        for role in APPS:
            (self.folder / f"{role}.key").write_text(base64.b64encode(seed(role)).decode())
            sections.append(f'[{role}]\ndata_dir = "{role}"\nsigning_key = "{role}.key"')
        self.settings.write_text("\n".join(sections))


class Listener:
    """Somebody who hears a topic as it is said."""

    def __init__(self, bootstrap: str, name: str, partitions: int) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "listener",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 10,
                "log_level": 0,
            }
        )
        places = [TopicPartition(name, partition) for partition in range(partitions)]
        ends = [self._consumer.get_watermark_offsets(place, timeout=20)[1] for place in places]
        self._consumer.assign([TopicPartition(name, partition, end) for partition, end in enumerate(ends)])

    def hears(self, which: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Give the next envelope that is the one waited for; others before it are passed over."""

        def next_one() -> dict[str, Any] | None:
            message = self._consumer.poll(1.0)
            envelope = json.loads(message.value() or b"") if message is not None and not message.error() else None
            return envelope if envelope is not None and which(envelope) else None

        return cast("dict[str, Any]", soon(next_one))

    def close(self) -> None:
        self._consumer.close()


class Worker:
    """One process of an app, as an operator starts it."""

    def __init__(self, stream: Stream, role: Role, name: str, log: str = "") -> None:
        self.role = role
        self._settings = stream.settings_for(name)
        self._log = stream.folder / f"{role}-{log or name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Worker":
        """Start the process; returns at once."""
        self._log.write_bytes(b"")
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "services.cli", self.role, "--settings", str(self._settings)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        return self

    def ready(self) -> "Worker":
        """Return when it says that it serves."""
        eventually(
            lambda: self._alive() and f"ready process={self.role}" in self.log(), READY_S, saying=self.log()[-2000:]
        )
        return self

    def log(self) -> str:
        """Give what it has said since it was started."""
        return self._log.read_text()

    def terminate(self) -> int:
        """Stop it as a supervisor does, and give its exit status."""
        process = self.process()
        process.send_signal(signal.SIGTERM)
        return process.wait(STOP_S)

    def kill(self) -> None:
        """End it without a word."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(STOP_S)

    def wait(self, within_s: float = READY_S) -> int:
        """Give its exit status when it ends by itself."""
        return self.process().wait(within_s)

    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def _alive(self) -> bool:
        status = self.process().poll()
        assert status is None or os.WIFSTOPPED(status), f"ended with {status}: {self.log()[-3000:]}"
        return True


def _topic_of(event: Event[Any]) -> Topic:
    noun = BY_SHAPE[type(event.data)].noun
    return next(topic for topic in BY_NAME.values() if topic.noun == noun)


def _signer(event: Event[Any]) -> Signer:
    if event.gate is not None:
        return GATE_SIGNERS[event.gate]
    return next(signer for signer in SERVICE_SIGNERS.values() if signer.source == event.source)
