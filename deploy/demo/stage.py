"""A whole site on this machine: keys, settings, seed and the six processes with a simulated school, for the demo, the
journeys and the bench.

Everything lies in one folder. Keys and passwords are made for it and are good for nothing else.
"""

import base64
import json
import os
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from deploy.demo.processes import ProcessFailed, Started
from deploy.demo.pupils import Person
from schemas.credential import Category
from schemas.credential_read import Direction
from schemas.topics import Role
from schemas.trust import Signer, gate_source, service_source

SITE = "almaty-042"
GATE = "almaty-042-main"
READER = "main-entry"
SCANNER = "main-entry-qr"
LINE = "line"
SCANNER_PORT = "scanner"
GUARD_LOGIN = "guard"
GUARD_PASSWORD = "qaqpa-demo"  # noqa: S105  the demo's own, printed on its screen
ACCOUNT = "A042"

SERVICES = ("admission", "alarming", "recorder", "web", "police-link")
BRIDGE = "bridge"
SCHOOL = "school"
RECEIVER = "receiver"
MAIL = "mail"
HOST, HOST_NAME, HOST_EMAIL = "teacher-0001", "Ахметова Гүлсім", "gulsim@example.kz"

READY_WITHIN_S = 60.0
_TALK = frozenset({SCHOOL, MAIL})
_GIVES_WAY = ("nice", "-n", "19")
_SERVICE_KEYS = {
    "admission": Role.ADMISSION,
    "alarming": Role.ALARMING,
    "administration": Role.ADMINISTRATION,
    "recorder": Role.RECORDER,
    "police-link": Role.POLICE_LINK,
}
_SEED = """site = "{site}"
card_key = "keys/cards.key"
[policy]
name = "№ 42 мектеп"
utc_offset_min = {offset}
{rules}[policy.gates.{gate}]
name = "Бас кіреберіс"
public_keys = ["{gate_key}"]
[[users]]
login = "{login}"
name = "Сәбит Ж."
role = "guard"
post = "1-бекет"
password_file = "keys/guard.password"
"""
_RULES = """[policy.categories.{category}]
anti_passback = "hard"
windows = [{{ weekdays = [1, 2, 3, 4, 5, 6, 7], opens = "00:00", closes = "24:00" }}]
"""


class Stage:
    """One site's processes. ``bootstrap`` is the broker, ``prefix`` sets its topics apart from those of other
    stages on it. ``readers`` stand on the gate's line.
    """

    def __init__(
        self, folder: Path, bootstrap: str, *, prefix: str = "", web_port: int = 8420, receiver_port: int = 0
    ) -> None:
        """Make the folder's keys and settings; nothing is started yet."""
        self.folder = folder
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.web_port = web_port
        self.receiver_port = receiver_port
        self.mail_port = 0
        self.sms_url = ""
        self.utc_offset_min = 300
        self.readers: dict[str, Direction] = {READER: "entry"}
        self.store_url = "sqlite:///store.sqlite"
        self.stream_partitions, self.gate_partitions = 12, 24
        self.running: dict[str, Started] = {}
        for part in ("keys", "logs", "data"):
            (folder / part).mkdir(parents=True, exist_ok=True)

    @property
    def settings(self) -> Path:
        """Give the services' settings file."""
        return self.folder / "qaqpa.toml"

    @property
    def gate_settings(self) -> Path:
        """Give the gate's settings file."""
        return self.folder / "gate.toml"

    @property
    def url(self) -> str:
        """Give the address of the pages."""
        return f"http://127.0.0.1:{self.web_port}"

    def prepare(self) -> None:
        """Write keys, keyring and settings."""
        keyring = {
            role.value: [Signer(service_source(role), self._key(name)).public_key]
            for name, role in _SERVICE_KEYS.items()
        }
        (self.folder / "keys" / "keyring.json").write_text(json.dumps(keyring, indent=2), encoding="ascii")
        for name, size in (("gate", 32), ("cards", 32), ("session", 32), ("visits", 32), ("scbk", 16)):
            self._key(name, size)
        self.settings.write_text(self._services_toml(), encoding="utf-8")
        self.gate_settings.write_text(self._gate_toml(), encoding="utf-8")

    def seed(self, people: Sequence[Person]) -> Path:
        """Write the seed file of the site: its policy, gate, people, cards and the guard who signs in."""
        gate_key = Signer(gate_source(GATE), self._key("gate")).public_key
        (self.folder / "keys" / "guard.password").write_text(GUARD_PASSWORD, encoding="utf-8")
        rules = "".join(_RULES.format(category=category) for category in get_args(Category))
        text = _SEED.format(
            site=SITE, gate=GATE, gate_key=gate_key, rules=rules, login=GUARD_LOGIN, offset=self.utc_offset_min
        )
        path = self.folder / "seed.toml"
        path.write_text(text + "".join(person.seed_toml(datetime.now(UTC)) for person in people), encoding="utf-8")
        return path

    def open_to_visitors(self) -> None:
        """Make the keys that passes are signed with, enter a host, and start the mail server: the portal is whole then.
        What serves already goes first.
        """
        self.start(MAIL)
        self.run("keys", "rotate", "--site", SITE, first=_GIVES_WAY)
        host = ("host", "add", HOST, "--site", SITE, "--name", HOST_NAME, "--email", HOST_EMAIL)
        self.run(*host, first=_GIVES_WAY)

    def run(self, *arguments: str, within_s: float = 120.0, first: Sequence[str] = ()) -> str:
        """Run a ``qaqpa`` command with this stage's settings to its end and give what it printed; raises
        ProcessFailed when it fails. ``first`` is a program that runs it.
        """
        log = self.folder / "logs" / f"command-{uuid.uuid4().hex[:8]}.log"
        command = Started(
            " ".join(arguments[:2]), [*first, _program("qaqpa"), *arguments, "--settings", str(self.settings)], log
        )
        command.process.wait(within_s)
        told = log.read_text(encoding="utf-8", errors="replace")
        if command.process.returncode:
            message = f"qaqpa {' '.join(arguments[:2])}: status {command.process.returncode}\n{told}"
            raise ProcessFailed(message)
        return told

    def start(self, name: str) -> Started:
        """Start one process; see ``ready``."""
        log = self.folder / "logs" / f"{name}.log"
        self.running[name] = Started(name, self._command(name), log, talks=name in _TALK)
        return self.running[name]

    def ready(self, name: str, within_s: float = READY_WITHIN_S) -> None:
        """Return when a started process serves; raises ProcessFailed with the end of its log."""
        self.running[name].wait_ready(f"ready process={name}".encode(), within_s)

    def _command(self, name: str) -> list[str]:
        if name == BRIDGE:
            return [_program("qaqpa-bridge"), "run", "--settings", str(self.gate_settings)]
        if name == SCHOOL:
            return [sys.executable, "-m", "turnstile_bridge.simulated_school", "--settings", str(self.gate_settings)]
        if name == MAIL:
            return [sys.executable, "-m", "deploy.demo.mail_server", "--port", str(self.mail_port)]
        if name == RECEIVER:
            return [
                sys.executable,
                "-m",
                "deploy.demo.receiver",
                "--port",
                str(self.receiver_port),
                "--account",
                ACCOUNT,
            ]
        return [_program("qaqpa"), name, "--settings", str(self.settings)]

    def _key(self, name: str, size: int = 32) -> bytes:
        path = self.folder / "keys" / f"{name}.key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(base64.b64encode(os.urandom(size)).decode(), encoding="ascii")
        return base64.b64decode(path.read_text(encoding="ascii"))

    def _kafka_toml(self) -> str:
        return f"""[kafka]
bootstrap = "{self.bootstrap}"
topic_prefix = "{self.prefix}"
stream_partitions = {self.stream_partitions}
gate_partitions = {self.gate_partitions}
"""

    def _services_toml(self) -> str:
        return f"""{self._kafka_toml()}
[trust]
keyring = "keys/keyring.json"
[store]
url = "{self.store_url}"
[admission]
data_dir = "data/admission"
signing_key = "keys/admission.key"
[alarming]
data_dir = "data/alarming"
signing_key = "keys/alarming.key"
[recorder]
administration_key = "keys/administration.key"
recorder_key = "keys/recorder.key"
[web]
port = {self.web_port}
session_key = "keys/session.key"
secure_cookies = false
{self._visits_toml()}{self._sms_toml()}[police_link]
host = "127.0.0.1"
port = {self.receiver_port}
receiver = "demo-centre"
data_dir = "data/police-link"
signing_key = "keys/police-link.key"
[police_link.accounts]
{SITE} = "{ACCOUNT}"
"""

    def _visits_toml(self) -> str:
        """Give the sections of visits and mail: a stage with a mail server has a visitor portal."""
        if not self.mail_port:
            return ""
        return f"""[visits]
key = "keys/visits.key"
pass_keys = "keys/passes"
public_url = "{self.url}"
[mail]
host = "127.0.0.1"
port = {self.mail_port}
sender = "№ 42 мектеп <school@example.kz>"
tls = "off"
"""

    def _sms_toml(self) -> str:
        """Give the section of the SMS gateway, where there is one; its password is in the stage's keys."""
        if not self.sms_url:
            return ""
        return f"""[sms]
url = "{self.sms_url}"
username = "qaqpa"
password_file = "keys/sms.password"
sender = "MEKTEP42"
"""

    def _gate_toml(self) -> str:
        readers = "".join(
            f'  {{ address = {address}, name = "{name}", direction = "{direction}" }},\n'
            for address, (name, direction) in enumerate(self.readers.items(), 1)
        )
        return f"""site = "{SITE}"
gate = "{GATE}"
data_dir = "data/{GATE}"
keyring = "keys/keyring.json"
signing_key = "keys/gate.key"
card_key = "keys/cards.key"

{self._kafka_toml()}
[osdp]
port = "{LINE}"
scbk_file = "keys/scbk.key"
readers = [
{readers}]
[turnstile]
unlock_entry = {{ reader = "{READER}", number = 0 }}
unlock_exit = {{ reader = "{READER}", number = 1 }}
pass_entry = {{ reader = "{READER}", number = 0 }}
pass_exit = {{ reader = "{READER}", number = 1 }}
[[scanners]]
name = "{SCANNER}"
port = "{SCANNER_PORT}"
direction = "entry"
[[panic_buttons]]
name = "post-1"
input = {{ reader = "{READER}", number = 2 }}
"""


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))
