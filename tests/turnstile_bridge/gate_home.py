"""A gate's folder as an installer leaves it (keys, keyring, settings), and the bridge that runs from it as its own
process.
"""

import base64
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from schemas.catalogue import Said
from schemas.credential import Category, Credential
from schemas.envelope import Event, unwrap
from schemas.keyed_hash import credential_hash
from schemas.pass_token import PassClaims, written
from schemas.site_policy import CategoryRules, GateTrust, PassKey, SitePolicy, Window
from schemas.topics import BY_NAME, CREDENTIALS, SITE_POLICIES, VISITOR_PASSES, Role, Topic
from schemas.trust import Signer, gate_source, service_source
from schemas.visitor_pass import VisitorPass
from tests.parts.waiting import eventually
from turnstile_bridge.facts import FactsOnDisk
from turnstile_bridge.settings import GateConfiguration

SITE = "school-1"
GATE = "school-1-main"
PUPIL = (26, bytes.fromhex("a1b2c340"))
STAFF = (37, bytes.fromhex("0011223340"))
STRANGER = (26, bytes.fromhex("ffffffc0"))
ALWAYS = [Window(weekdays=[1, 2, 3, 4, 5, 6, 7], opens_min=0, closes_min=1440)]
PASS_KID = "2026-a"
NOBODY_LISTENS = "127.0.0.1:9"

SETTINGS = """
site = "{site}"
gate = "{gate}"
data_dir = "data"
keyring = "keyring.json"
signing_key = "gate.key"
card_key = "cards.key"
heartbeat_s = {heartbeat_s}
answer_within_ms = {answer_within_ms}

[kafka]
bootstrap = "{bootstrap}"
topic_prefix = "{prefix}"

[osdp]
port = "line"
scbk_file = "scbk.key"
readers = [
  {{ address = 0, name = "entry", direction = "entry" }},
  {{ address = 1, name = "exit", direction = "exit" }},
]

[[scanners]]
name = "qr-entry"
port = "qr-entry"
direction = "entry"

[[scanners]]
name = "qr-exit"
port = "qr-exit"
direction = "exit"
terminator = "none"

[turnstile]
unlock_entry = {{ reader = "entry", number = 0 }}
unlock_exit = {{ reader = "entry", number = 1 }}
pass_entry = {{ reader = "entry", number = 0, normally = "closed" }}
pass_exit = {{ reader = "entry", number = 1, normally = "closed" }}
fire = {{ reader = "entry", number = 3, normally = "closed" }}
tamper = {{ reader = "entry", number = 4 }}
wait_s = {wait_s}

[[panic_buttons]]
name = "post"
input = {{ reader = "entry", number = 2 }}

[[panic_buttons]]
name = "under-desk"
input = {{ reader = "exit", number = 0 }}
silent = true
"""


class BridgeProcess:
    """A running ``qaqpa-bridge run`` with its log lines."""

    def __init__(self, settings: Path) -> None:
        """Start it."""
        command = [sys.executable, "-m", "turnstile_bridge.cli", "run", "--settings", str(settings)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def said(self, event: str) -> bool:
        """Tell whether a log line of this event has been written."""
        return any(f" {event}" in line for line in self.lines)

    def ready(self, within_s: float = 15.0) -> "BridgeProcess":
        """Wait until it serves."""
        eventually(
            lambda: self.said("ready process=bridge") or self.process.poll() is not None,
            within_s,
            saying="the bridge is ready",
        )
        assert self.process.poll() is None, self.lines
        return self

    def ended(self, within_s: float = 15.0) -> int:
        """Wait until it has ended, and give its exit status."""
        status = self.process.wait(within_s)
        self._reader.join(5)
        return status

    def stop(self) -> int:
        """Ask it to end."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def kill(self) -> None:
        """Kill it as a power cut does."""
        self.process.kill()
        self.ended()

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self.lines.append(line.rstrip())
                sys.stderr.write(line)


class GateHome:
    """One gate's folder. ``write`` lays it out; bridges that a test leaves running are ended by ``end``."""

    def __init__(
        self,
        folder: Path,
        *,
        bootstrap: str = NOBODY_LISTENS,
        prefix: str = "",
        answer_within_ms: int = 300,
        gate: str = GATE,
    ) -> None:
        """Make keys and settings; keys that lie there already are taken."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.gate_signer = Signer(gate_source(gate), self._key("gate.key", 32))
        self.card_key = self._key("cards.key", 32)
        self.scbk = self._key("scbk.key", 16)
        self.pass_seed = self._key("passes.key", 32)
        roles = (Role.ADMISSION, Role.ALARMING, Role.ADMINISTRATION, Role.WEB)
        self.services = {role: Signer(service_source(role), self._key(f"{role}.key", 32)) for role in roles}
        (folder / "keyring.json").write_text(
            json.dumps({role: [signer.public_key] for role, signer in self.services.items()})
        )
        self.settings = folder / "gate.toml"
        text = SETTINGS.format(
            site=SITE,
            gate=gate,
            bootstrap=bootstrap,
            prefix=prefix,
            wait_s=5.0,
            heartbeat_s=0.5,
            answer_within_ms=answer_within_ms,
        )
        self.settings.write_text(text)
        self.bridges: list[BridgeProcess] = []

    @property
    def configuration(self) -> GateConfiguration:
        """Read the settings as the bridge does."""
        return GateConfiguration.load(self.settings)

    def change(self, old: str, new: str) -> None:
        """Change the settings file as an installer would, by hand."""
        text = self.settings.read_text()
        assert old in text
        self.settings.write_text(text.replace(old, new))

    def bridge(self) -> BridgeProcess:
        """Start a bridge."""
        self.bridges.append(BridgeProcess(self.settings))
        return self.bridges[-1]

    def end(self) -> None:
        """End every bridge of this gate."""
        for bridge in self.bridges:
            if bridge.process.poll() is None:
                bridge.kill()

    def hash(self, card: tuple[int, bytes]) -> str:
        """Give the name under which a card is known here."""
        return credential_hash(self.card_key, *card)

    def credential(
        self, card: tuple[int, bytes], category: Category, version: int = 1, revoked_at: datetime | None = None
    ) -> Credential:
        """Give the record of a card."""
        return Credential(
            credential=self.hash(card),
            version=version,
            holder=f"{category}-1",
            category=category,
            valid_from=datetime(2026, 1, 1, tzinfo=UTC),
            valid_until=datetime(2036, 1, 1, tzinfo=UTC),
            revoked_at=revoked_at,
        )

    def policy(self, version: int = 1, answer_within_ms: int = 300) -> SitePolicy:
        """Give a policy that lets staff, pupils and visitors in at any time, and knows the key of passes."""
        rules = CategoryRules(windows=ALWAYS, anti_passback="hard", admit_staleness_s=3600.0)
        return SitePolicy(
            version=version,
            name="School 1",
            utc_offset_min=300,
            answer_within_ms=answer_within_ms,
            categories={"pupil": rules, "staff": rules, "visitor": rules},
            gates={GATE: GateTrust(name="Main gate", public_keys=[self.gate_signer.public_key])},
            pass_keys=[
                PassKey(
                    kid=PASS_KID,
                    public_key=Signer("service/administration", self.pass_seed).public_key,
                    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
                    valid_until=datetime(2036, 1, 1, tzinfo=UTC),
                )
            ],
        )

    def visitor_pass(self, jti: str, entries: Literal["single", "multiple"] = "single") -> VisitorPass:
        """Give the record of a pass that is good at any time."""
        return VisitorPass(
            jti=jti,
            version=1,
            visit="visit-1",
            holder=f"visitor-{jti}",
            category="visitor",
            valid_from=datetime(2026, 1, 1, tzinfo=UTC),
            valid_until=datetime(2036, 1, 1, tzinfo=UTC),
            entries=entries,
            escort="none",
            screening_due=False,
            revoked_at=None,
            entrances=None,
            windows=[],
        )

    def token(self, jti: str, seed: bytes | None = None) -> str:
        """Write the token of such a pass, with the site's key or another."""
        now = int(datetime.now(UTC).timestamp())
        return written(PassClaims(iss=SITE, jti=jti, nbf=now - 60, exp=now + 3600), PASS_KID, seed or self.pass_seed)

    def knows(self, *facts: Credential | SitePolicy | VisitorPass) -> None:
        """Put facts on the gate's disk, as if it had followed them until a moment ago."""
        on_disk = FactsOnDisk(self.configuration.data_dir / "facts.sqlite", SITE)
        with on_disk.whole():
            for place, fact in enumerate(facts):
                topic = {Credential: CREDENTIALS, VisitorPass: VISITOR_PASSES, SitePolicy: SITE_POLICIES}[type(fact)]
                event: Event[Said] = Event(
                    id=f"seed/{place}", source="service/administration", time=datetime.now(UTC), site=SITE, data=fact
                )
                on_disk.take(event, topic, (0, place))
        on_disk.confirm(datetime.now(UTC) - timedelta(seconds=1))
        on_disk.close()

    def journalled(self, topic: Topic | None = None) -> list[Event[Said]]:
        """Give what waits in the journal, oldest first."""
        path = self.folder / "data" / "journal.sqlite"
        if not path.exists():
            return []
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            rows = connection.execute("SELECT topic, value FROM records ORDER BY seq").fetchall()
        finally:
            connection.close()
        return [unwrap(BY_NAME[name], value) for name, value in rows if topic is None or name == topic.name]

    def _key(self, name: str, size: int) -> bytes:
        path = self.folder / name
        if not path.exists():
            path.write_text(base64.b64encode(os.urandom(size)).decode())
        return base64.b64decode(path.read_text())


def data_of(events: Sequence[Event[Said]], **fields: object) -> list[dict[str, Any]]:
    """Give the data of the events that have these fields, as plain values."""
    found = [msgspec.to_builtins(event.data) for event in events]
    return [data for data in found if fields.items() <= data.items()]
