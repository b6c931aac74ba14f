"""A school with its guard's page, on real parts: a broker, a store, ``qaqpa web`` as a process, and a voice for
everyone else who writes into its topics.
"""

import asyncio
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
from sqlmodel import Session, select

from schemas.alarm import Alarm
from schemas.envelope import Event
from schemas.outgoing import Outgoing
from schemas.panic import Panic
from schemas.site_policy import GateTrust
from schemas.topics import Role
from schemas.trust import Signer, gate_source, service_source
from services.kafka_client import topics_admin
from services.kafka_client.producer import RecordProducer
from services.settings import Configuration
from services.store import audit, outbox, people, schema_version, users
from services.store.database import Store
from services.store.records.alarm_actions import AlarmActionRow
from tests.parts.school_files import SchoolFiles
from tests.parts.service_process import ServiceProcess
from tests.parts.waiting import eventually
from tests.services.web.said import GATE, SITE, alarm_of, policy

PASSWORD = "a-long-password"
OTHER_SITE, OTHER_GATE = "school-2", "gate-9"
GATES = {GATE: SITE, "gate-2": SITE, OTHER_GATE: OTHER_SITE}
FILES = SchoolFiles(*GATES, "session", "stranger", "visits")


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


class School:
    """Two schools that share a broker, a store and a web process; the guard Sabit sits at the first. ``more`` are
    further sections of the settings.
    """

    def __init__(self, folder: Path, bootstrap: str, prefix: str, port: int, more: str = "") -> None:
        sections = f"""
[store]
url = "sqlite:///qaqpa.db"
[web]
port = {port}
session_key = "session.key"
secure_cookies = false
{more}"""
        self.settings = FILES.write(folder, bootstrap, prefix, sections)
        self.configuration = Configuration.load(self.settings)
        self.url = f"http://127.0.0.1:{port}"
        self.store = Store.of(self.configuration)
        self.voice = Voice(self.configuration)
        self.web = ServiceProcess("web", self.settings)
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
                gate: GateTrust(name=name, public_keys=[FILES.signer(gate_source(gate)).public_key])
                for gate, name in names.items()
            }
            self.say(policy(at, site=site, gates=gates, name="№ 12 мектеп-лицей" if site == SITE else "№ 13 мектеп"))

    def say(self, *events: Event[Any], signer: Signer | None = None) -> None:
        """Write events into their topics, each signed by its source, and return when the broker has them."""
        self._said += events
        self.voice.put(*(FILES.record(event, signer) for event in events))

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
