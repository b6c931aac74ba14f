"""A school with its guard's page, on real parts: a broker, a store, ``qaqpa web`` as a process, and a voice for
everyone else who writes into its topics.
"""

import asyncio
import json
import signal
import subprocess
import sys
import threading
from base64 import b64encode
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
from sqlmodel import Session, select

from schemas.alarm import Alarm
from schemas.envelope import Event
from schemas.outgoing import Outgoing, outgoing
from schemas.panic import Panic
from schemas.site_policy import GateTrust
from schemas.topics import TOPICS, Role, Topic
from schemas.trust import Signer, gate_source, service_source
from services.kafka_client import topics_admin
from services.kafka_client.producer import RecordProducer
from services.settings import Configuration
from services.store import audit, outbox, people, schema_version, users
from services.store.database import Store
from services.store.records.alarm_actions import AlarmActionRow
from tests.parts.waiting import eventually
from tests.services.web.said import GATE, SITE, alarm_of, policy

PASSWORD = "a-long-password"
OTHER_SITE, OTHER_GATE = "school-2", "gate-9"
GATES = {GATE: SITE, "gate-2": SITE, OTHER_GATE: OTHER_SITE}
SEEDS = {name: bytes([number]) * 32 for number, name in enumerate([*Role, *GATES, "session", "stranger"], 1)}
_STOP_S = 15.0


class Voice:
    """Writes records into topics from a thread of its own, for tests that hold no event loop."""

    def __init__(self, configuration: Configuration) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._configuration = configuration
        self._producer = RecordProducer(configuration)

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def put(self, *records: Outgoing) -> None:
        self.run(self._producer.deliver(records))

    def close(self) -> None:
        self.run(self._producer.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class WebProcess:
    """``qaqpa web`` with its log in a file."""

    def __init__(self, settings: Path) -> None:
        self._settings = settings
        self.log = settings.with_name("web.log")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "services.cli", "web", "--settings", str(self._settings)]
        before = self.text().count("ready process=web")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log)
        eventually(lambda: self.text().count("ready process=web") > before or self.ended, within_s=30)
        assert not self.ended, self.text()

    def stop(self) -> int | None:
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int | None:
        if self._process is None:
            return None
        self._process.send_signal(number)
        status = self._process.wait(_STOP_S)
        self._process = None
        return status

    @property
    def ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""


class School:
    """Two schools that share a broker, a store and a web process; the guard Sabit sits at the first."""

    def __init__(self, folder: Path, bootstrap: str, prefix: str, port: int) -> None:
        for name, seed in SEEDS.items():
            (folder / f"{name}.key").write_text(b64encode(seed).decode(), encoding="ascii")
        writers = {topic.writer for topic in TOPICS} - {Role.GATE}
        keyring = {role: [self.signer(service_source(role)).public_key] for role in writers}
        (folder / "keyring.json").write_text(json.dumps(keyring), encoding="utf-8")
        self.settings = folder / "qaqpa.toml"
        self.settings.write_text(
            f"""
[kafka]
bootstrap = "{bootstrap}"
topic_prefix = "{prefix}"
stream_partitions = 3
gate_partitions = 6
[trust]
keyring = "keyring.json"
[store]
url = "sqlite:///qaqpa.db"
[web]
port = {port}
session_key = "session.key"
secure_cookies = false
""",
            encoding="utf-8",
        )
        self.configuration = Configuration.load(self.settings)
        self.url = f"http://127.0.0.1:{port}"
        self.store = Store.of(self.configuration)
        self.voice = Voice(self.configuration)
        self.web = WebProcess(self.settings)
        self._said: list[Event[Any]] = []

    def found(self) -> None:
        """Make the topics and tables, and enter users, people and policies."""
        schema_version.upgrade(self.store)
        self.store.write_now(_enter)
        self.voice.run(topics_admin.apply(self.configuration))

    def publish(self, at: datetime) -> None:
        """Publish both schools' policies, which name their gates and the gates' keys."""
        for site, names in (
            (SITE, {GATE: "1-турникет", "gate-2": "2-турникет"}),
            (OTHER_SITE, {OTHER_GATE: "Басқа турникет"}),
        ):
            gates = {
                gate: GateTrust(name=name, public_keys=[self.signer(gate_source(gate)).public_key])
                for gate, name in names.items()
            }
            self.say(policy(at, site=site, gates=gates, name="№ 12 мектеп-лицей" if site == SITE else "№ 13 мектеп"))

    @staticmethod
    def signer(source: str) -> Signer:
        return Signer(source, SEEDS[source.partition("/")[2]])

    def say(self, *events: Event[Any], signer: Signer | None = None) -> None:
        """Write events into their topics, each signed by its source, and return when the broker has them."""
        placement = self.configuration.placement()
        self._said += events
        self.voice.put(
            *(outgoing(signer or self.signer(event.source), _topic_of(event), event, placement) for event in events)
        )

    def calm(self, at: datetime) -> None:
        """Close every alarm that was raised so far, presses included."""
        raised = [
            event if isinstance(event.data, Alarm) else alarm_of(event)
            for event in self._said
            if isinstance(event.data, (Alarm, Panic))
        ]
        self._said.clear()
        for event in raised:
            data = msgspec.structs.replace(event.data, version=9, state="closed", changed_at=at, cause="test")
            self.say(
                msgspec.structs.replace(event, id=f"{event.id}-9", source=service_source(Role.ALARMING), data=data)
            )
        self._said.clear()

    def await_live(self) -> None:
        """Wait until the web process has caught up with Kafka."""
        eventually(lambda: httpx.get(f"{self.url}/healthz", trust_env=False).json()["news"] == "live", within_s=30)

    def acknowledgements(self) -> tuple[list[AlarmActionRow], list[outbox.OutboxRow], list[str]]:
        """Give what the store has of acknowledgements: rows, outbox records, audit lines."""

        def ask(session: Session) -> tuple[list[AlarmActionRow], list[outbox.OutboxRow], list[str]]:
            rows = list(session.exec(select(AlarmActionRow)))
            acts = [row.act for row in audit.recent(session, SITE, 100)]
            return rows, list(outbox.unsent(session, 100)), [act for act in acts if act == "alarm_acknowledged"]

        return self.store.read_now(ask)

    def close(self) -> None:
        self.web.stop()
        self.voice.close()
        self.store.close()


def _enter(session: Session) -> None:
    for site, login, name in (
        (SITE, "sabit", "Сәбит Жақсылықов"),
        (SITE, "aigul", "Айгүл Омарова"),
        (OTHER_SITE, "marat", "Марат Оспан"),
    ):
        users.put(
            session,
            site=site,
            login=login,
            name=name,
            role=users.UserRole.GUARD,
            language="kk",
            password=PASSWORD,
            by="test",
        )
    people.put(session, site=SITE, holder="pupil-1", name="Қасымов Арман", group_name="5 «А»")
    people.put(
        session, site=SITE, holder="visitor-1", name="Ерланова Мәдина Серікқызы", group_name="7 «Б» сынып жетекшісіне"
    )


def _topic_of(event: Event[Any]) -> Topic:
    noun = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(event.data).__name__).lstrip(
        "_"
    )
    return next(topic for topic in TOPICS if topic.noun == noun)
