"""The ground on which a recorder works: settings, keys and topics of one test, on the run's broker, and the process
itself.
"""

import signal
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import msgspec
from sqlalchemy.engine import URL

from schemas.catalogue import Said
from schemas.envelope import Event
from schemas.outgoing import Outgoing, outgoing
from schemas.site_policy import SitePolicy
from schemas.topics import SITE_POLICIES, Placement, Role, Topic
from services.kafka_client import topics_admin
from services.kafka_client.follower import Follower, Kept
from services.kafka_client.producer import RecordProducer
from services.settings import Configuration
from tests.parts.waiting import eventually
from tests.schemas import examples
from tests.schemas.examples import KEYRING, signer_of

PLACEMENT = Placement(2, 4)


class Ground:
    """Settings and keys in a folder; ``start`` makes the recorder process on them."""

    def __init__(self, folder: Path, bootstrap: str, prefix: str, url: URL) -> None:
        """Write the folder; the topics are made by ``make_topics``."""
        self.folder = folder
        self.settings = folder / "settings.toml"
        self.log = folder / "recorder.log"
        for role in (Role.ADMINISTRATION, Role.RECORDER):
            (folder / f"{role}.key").write_text(
                examples.base64_of(examples.seed(list(Role).index(role) + 1)), encoding="ascii"
            )
        (folder / "keyring.json").write_bytes(msgspec.json.encode(KEYRING))
        self.settings.write_text(
            f"""
[kafka]
bootstrap = "{bootstrap}"
topic_prefix = "{prefix}"
stream_partitions = {PLACEMENT.stream_partitions}
gate_partitions = {PLACEMENT.gate_partitions}
[trust]
keyring = "keyring.json"
[store]
url = "{url.render_as_string(hide_password=False)}"
[recorder]
administration_key = "administration.key"
recorder_key = "recorder.key"
""",
            encoding="utf-8",
        )
        self.configuration = Configuration.load(self.settings)
        self._processes: list[subprocess.Popen[bytes]] = []

    async def make_topics(self) -> None:
        """Make the topics of this test."""
        await topics_admin.apply(self.configuration)

    def start(self) -> subprocess.Popen[bytes]:
        """Start a recorder."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.cli", "recorder", "--settings", str(self.settings)], stderr=log
            )
        self._processes.append(process)
        return process

    def start_ready(self) -> subprocess.Popen[bytes]:
        """Start a recorder and return when it serves."""
        before = self.said().count("ready process=recorder")
        process = self.start()
        eventually(
            lambda: self.said().count("ready process=recorder") > before, 30, saying=f"ready: {self.said()[-2000:]}"
        )
        return process

    def said(self) -> str:
        """Give what the recorders have logged."""
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def end(self) -> None:
        """End every process of this test."""
        for process in self._processes:
            process.kill()
            process.wait()

    async def send(self, *records: Outgoing) -> None:
        """Produce records, each where it says."""
        producer = RecordProducer(self.configuration)
        await producer.deliver(records)
        await producer.stop()

    async def all_of(self, topic: Topic) -> list[Kept]:
        """Read a whole topic as it stands."""
        follower = Follower(self.configuration, [topic])
        kept: list[Kept] = []
        async with aclosing(follower.batches()) as batches:
            async for batch in batches:
                kept += batch
                if follower.caught_up:
                    break
        return kept


def record(topic: Topic, event: Event[Said] | Event[SitePolicy]) -> Outgoing:
    """Sign an event as its topic's writer does."""
    return outgoing(signer_of(topic), topic, event, PLACEMENT)


def example(topic: Topic, number: int) -> Outgoing:
    """Give a topic's example as the ``number``-th record of its gate."""
    return record(topic, examples.event_of(topic, f"{examples.GATE}:1:{number}"))


def enrolment(version: int = 1) -> Outgoing:
    """Give the policy that enrols the example's gate."""
    return record(SITE_POLICIES, examples.policy(version))


def stop(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM, within_s: float = 10.0) -> int:
    """Signal a process and give its exit status."""
    process.send_signal(number)
    return process.wait(within_s)
