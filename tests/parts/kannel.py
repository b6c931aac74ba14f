"""A real SMS gateway: Kannel from the system's packages, and the telephones behind its simulated operator."""

import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import pytest

from deploy.ports import free_ports, is_free
from deploy.prepare.system import kannel_programs
from services.settings import SmsSettings
from tests.parts.waiting import eventually

USER, PASSWORD = "qaqpa", "gateway-password"
UNKNOWN = "+77990000000"
"""A number that the operator does not know: Kannel has no way to it."""

_READY_S = 20.0
_GOT = re.compile(r"Got message \d+: <(\S+) (\S+) (.*)>")
_CONFIGURATION = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = admin
smsbox-port = {box}
smsbox-interface = 127.0.0.1
store-type = spool
store-location = {home}/spool
access-log = {home}/access.log
sms-resend-freq = 1
{certificate}
group = smsc
smsc = fake
smsc-id = operator
port = {operator}
connect-allow-ip = "127.0.0.1"
denied-prefix = "{unknown}"

group = smsbox
smsbox-id = box
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {http}
sendsms-interface = 127.0.0.1
{by_https}
group = sendsms-user
username = {user}
password = {password}
concatenation = true
max-messages = 5
"""


_CERTIFICATE = """ssl-server-cert-file = {file}
ssl-server-key-file = {file}
"""


@dataclass(frozen=True)
class Sms:
    """What a telephone got: ``parts`` is how many it came in."""

    to: str
    text: str
    parts: int


class _Part(NamedTuple):
    """One of the ``total`` parts of an SMS; of several, ``message`` tells which SMS of the telephone."""

    number: int
    total: int
    message: int
    raw: bytes


class Kannel:
    """Bearerbox, smsbox and an operator, each of which can be away; with a certificate it is asked by HTTPS."""

    def __init__(self, home: Path, programs: dict[str, str], certificate: Path | None = None) -> None:
        self._home = home
        self._programs = programs
        admin, box, self._operator, self.http = free_ports(4)
        (home / "spool").mkdir()
        self._file = home / "kannel.conf"
        told = {"admin": admin, "box": box, "operator": self._operator, "http": self.http, "home": home}
        numbers = {"unknown": UNKNOWN, "user": USER, "password": PASSWORD}
        secure = {"certificate": "", "by_https": ""}
        if certificate is not None:
            secure = {"certificate": _CERTIFICATE.format(file=certificate), "by_https": "sendsms-port-ssl = yes\n"}
        self._scheme = "http" if certificate is None else "https"
        self._file.write_text(_CONFIGURATION.format(**told, **numbers, **secure), encoding="utf-8")
        self._box = box
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.http}/cgi-bin/sendsms"

    def settings(self, **changed: str) -> SmsSettings:
        """Give the ``[sms]`` section for it."""
        told = {"url": self.url, "username": USER, "password_file": "sms", "sender": "QAQPA", **changed}
        return SmsSettings(**told)

    def start(self) -> None:
        """Start all of it."""
        self._start("bearerbox", str(self._file))
        eventually(lambda: not is_free(self._box), _READY_S, saying="bearerbox listens")
        self.start_http()
        self.start_operator()

    def start_http(self) -> None:
        """Start what speaks HTTP."""
        self._start("smsbox", str(self._file))
        eventually(lambda: not is_free(self.http), _READY_S, saying="smsbox listens")

    def start_operator(self) -> None:
        """Bring the operator's link up."""
        before = self._log("bearerbox").count("client connected")
        self._start("fakesmsc", "-H", "127.0.0.1", "-r", str(self._operator), "-m", "0", "1 2 text nothing")
        eventually(lambda: self._log("bearerbox").count("client connected") > before, _READY_S, saying="operator")

    def stop_http(self) -> None:
        """Take away what speaks HTTP."""
        self._stop("smsbox")

    def stop_operator(self) -> None:
        """Take the operator's link away."""
        before = self._log("bearerbox").count("EOF from fakesmsc")
        self._stop("fakesmsc")
        eventually(lambda: self._log("bearerbox").count("EOF from fakesmsc") > before, _READY_S, saying="operator away")

    def stop(self) -> None:
        """End all of it."""
        for name in ("fakesmsc", "smsbox", "bearerbox"):
            self._stop(name)

    def got(self, to: str = "") -> list[Sms]:
        """Give what telephones got whole, those of a number alone where one is named; parts are put together."""
        found: dict[tuple[str, int], list[_Part]] = {}
        for place, (_, number, content) in enumerate(_GOT.findall(self._log("fakesmsc"))):
            part = _read(content)
            found.setdefault((number, part.message if part.total > 1 else -place - 1), []).append(part)
        return [
            Sms(number, b"".join(part.raw for part in sorted(parts)).decode("utf-16-be"), len(parts))
            for (number, _), parts in found.items()
            if to in {"", number} and len(parts) == parts[0].total
        ]

    def names(self) -> list[str]:
        """Give the names under which messages were handed over, as the gateway logs them."""
        log = (self._home / "access.log").read_text(encoding="utf-8", errors="replace")
        return re.findall(r"\[BINF:([^\]]+)\]", log)

    def _start(self, name: str, *arguments: str) -> None:
        # ended with the thread that starts it: from a test's own, never from a pool's
        command = ["setpriv", "--pdeathsig", "KILL", self._programs[name], *arguments]
        with (self._home / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(command, cwd=self._home, stdout=log, stderr=log)

    def _stop(self, name: str) -> None:
        process = self._running.pop(name, None)
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def _log(self, name: str) -> str:
        path = self._home / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _read(content: str) -> _Part:
    """Read what the operator prints of an SMS."""
    kind, _, rest = content.partition(" ")
    if kind != "udh":
        return _Part(1, 1, 0, unquote_to_bytes(rest.replace("+", " ")))
    header, _, rest = rest.split(" ", 2)
    message, total, number = unquote_to_bytes(header.replace("+", " "))[-3:]
    return _Part(number, total, message, unquote_to_bytes(rest.replace("+", " ")))


@contextmanager
def running(certificate: Path | None = None) -> Iterator[Kannel]:
    """Run a gateway."""
    programs = kannel_programs()
    if programs is None:
        pytest.fail("Kannel is not on this machine. Type: make prepare FOR=test", pytrace=False)
    home = Path(tempfile.mkdtemp(prefix="qaqpa-sms-"))
    gateway = Kannel(home, programs, certificate)
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def kannel() -> Iterator[Kannel]:
    """Give a gateway that runs while the module's tests do."""
    with running() as gateway:
        yield gateway
