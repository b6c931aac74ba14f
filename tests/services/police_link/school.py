"""What the police link's tests stand on: keys, topics and records of a school, and the two processes."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from schemas.delivery import Delivery
from schemas.envelope import Event
from schemas.outgoing import Outgoing
from schemas.panic import Panic
from schemas.site_policy import GateTrust, SitePolicy
from schemas.topics import DELIVERIES, Role
from schemas.trust import gate_source, service_source
from services.kafka_client import topics_admin
from services.kafka_client.follower import Follower
from services.kafka_client.producer import RecordProducer
from services.settings import Configuration
from tests.parts import waiting
from tests.parts.school_files import SchoolFiles
from tests.parts.service_process import ServiceProcess

SITE, GATE, OTHER_GATE, STRANGER = "school-1", "gate-1", "gate-of-school-2", "gate-of-nobody"
OTHER_SITE = "school-2"
UNKNOWN_SITE = "school-without-account"
ACCOUNT = "1A2B"
FILES = SchoolFiles(GATE, OTHER_GATE, STRANGER, "gate-3")
_STOP_S = 15.0
_WITHIN_S = 60.0


def eventually(condition: Callable[[], object]) -> None:
    """Wait as long as processes and a broker may take on a busy machine."""
    waiting.eventually(condition, within_s=_WITHIN_S)


def press(number: int, *, gate: str = GATE, site: str = SITE, **changes: Any) -> Event[Panic]:
    """Press the button of a gate now."""
    data = Panic(gate=gate, button="post", silent=changes.get("silent", False), test=changes.get("test"))
    return Event(id=f"{gate}:1:{number}", source=gate_source(gate), time=datetime.now(UTC), site=site, data=data)


class ReceiverProcess:
    """The police receiver: pysiaalarm, in its own process."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._output = folder / "receiver.jsonl"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        with self._output.open("ab") as output:
            program = [sys.executable, "-m", "deploy.demo.receiver"]
            command = [*program, "--port", str(self.port), "--account", ACCOUNT, *options]
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._process is not None:
            self.resume()
            self._process.terminate()
            self._process.wait(_STOP_S)
            self._process = None

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def lines(self, event: str) -> list[dict[str, Any]]:
        """Give the lines of one kind: ``received`` are alarms, ``poll`` is supervision."""
        text = self._output.read_text(encoding="utf-8") if self._output.exists() else ""
        lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [line for line in lines if line["event"] == event]


class School:
    """The settings, keys and records of the schools behind one police link."""

    def __init__(self, folder: Path, bootstrap: str, prefix: str, receiver_port: int) -> None:
        sections = f"""
[police_link]
host = "127.0.0.1"
port = {receiver_port}
receiver = "police-centre"
accounts = {{ {SITE} = "{ACCOUNT}", {OTHER_SITE} = "{ACCOUNT}" }}
data_dir = "police-link"
signing_key = "police-link.key"
supervision_s = 2.0
"""
        self.settings = FILES.write(folder, bootstrap, prefix, sections)
        self.configuration = Configuration.load(self.settings)
        self.link = ServiceProcess("police-link", self.settings)

    def found(self) -> None:
        """Make the topics, and publish the policies that say which gates are whose."""
        asyncio.run(topics_admin.apply(self.configuration))
        self.put(self.policy(SITE, GATE), self.policy(OTHER_SITE, OTHER_GATE), self.policy(UNKNOWN_SITE, "gate-3"))

    def policy(self, site: str, gate: str, version: int = 1) -> Outgoing:
        """Give the record of a policy that names a site's one gate."""
        policy = SitePolicy(
            version=version,
            name=site,
            utc_offset_min=300,
            answer_within_ms=300,
            categories={},
            gates={gate: GateTrust(name=gate, public_keys=[FILES.signer(gate_source(gate)).public_key])},
        )
        source = service_source(Role.ADMINISTRATION)
        event = Event(
            id=f"administration:1:{site}-{version}", source=source, time=datetime.now(UTC), site=site, data=policy
        )
        return FILES.record(event)

    def say(self, event: Event[Any]) -> Event[Any]:
        """Write an event into its topic, signed by its source, and give it back."""
        self.put(FILES.record(event))
        return event

    def put(self, *records: Outgoing) -> None:
        async def deliver() -> None:
            producer = RecordProducer(self.configuration)
            await producer.deliver(records)
            await producer.stop()

        asyncio.run(deliver())

    def deliveries(self) -> list[Event[Delivery]]:
        """Read every delivery that lies in its topic, believed as any reader believes it."""
        trust = self.configuration.trust()

        async def read() -> list[Event[Delivery]]:
            follower = Follower(self.configuration, (DELIVERIES,))
            found: list[Event[Delivery]] = []
            async with contextlib.aclosing(follower.batches()) as batches:
                async for batch in batches:
                    found += [trust.read(DELIVERIES, record.partition, record.value) for record in batch]  # type: ignore[misc]
                    if follower.caught_up and not batch:
                        break
            return found

        return asyncio.run(read())

    def await_told(self, event: Event[Any], *outcomes: str) -> None:
        """Wait until the link says so, and Kafka has it."""
        eventually(lambda: self.link.said(f"told event={event.id} ", f"outcome={outcomes[-1]}") > 0)
        eventually(lambda: self.outcomes(event) == list(outcomes))

    def outcomes(self, event: Event[Any]) -> list[str]:
        """Give what was delivered of one event, in the order of attempts, each once."""
        found = {item.id: item.data for item in self.deliveries() if item.data.event == event.id}
        return [item.outcome for item in sorted(found.values(), key=lambda item: item.attempts)]
