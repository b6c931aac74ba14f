"""Settings of one gate: one TOML file for one bridge.

Paths are relative to the file. Secrets are files, named here, never values. A missing or misspelt setting stops the
bridge with exit status 2 and its name.
"""

from pathlib import Path
from typing import Literal

import msgspec

from schemas.cluster import ClusterSettings, key_in, trust_in
from schemas.credential_read import Direction
from schemas.ids import is_slug
from schemas.setting import WrongSetting, parse
from schemas.trust import SEED_BYTES, Signer, Trust, gate_source

CARD_KEY_BYTES = 32
SCBK_BYTES = 16

Level = Literal["open", "closed"]
Terminator = Literal["cr", "lf", "crlf", "stx-etx", "none"]
"""What a scanner sends after each code."""


class ReaderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One OSDP reader on the line: its address (0-126), what it is called, which way it lets."""

    address: int
    name: str
    direction: Direction


class OsdpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The serial line: ``port`` by its stable name, ``scbk_file`` with the Secure Channel base key (16 bytes,
    base64).
    """

    port: str
    baud: int = 115200
    scbk_file: str
    readers: list[ReaderSettings]


class ScannerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A QR scanner on a serial port of its own: ``port`` by its stable name, what it sends after each code, and which
    way its passes let.
    """

    name: str
    port: str
    baud: int = 9600
    direction: Direction
    terminator: Terminator = "cr"


class Output(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A relay of a reader, counted from 0."""

    reader: str
    number: int


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contact input of a reader, counted from 0. ``normally`` is the contact's state when nothing happens; a
    closed one is reported active while idle.
    """

    reader: str
    number: int
    normally: Level = "open"


class TurnstileSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the mechanism is driven: a pulse that it times itself, or a relay held for ``wait_s`` (potential).
    Released early when ``stop`` is wired.

    ``margin_s`` is how much later than ``wait_s`` a passage that began in time may be told by the line,
    ``held_after_s`` how long a passage's contact may be away before the turnstile counts as held open.
    """

    unlock_entry: Output
    unlock_exit: Output
    stop: Output | None = None
    pass_entry: Input
    pass_exit: Input
    fire: Input | None = None
    tamper: Input | None = None
    mode: Literal["pulse", "potential"] = "pulse"
    pulse_ms: int = 200
    wait_s: float = 5.0
    margin_s: float = 0.5
    held_after_s: float = 15.0


class PanicButton(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A panic button at the post; a silent one shows nothing where it was pressed."""

    name: str
    input: Input
    silent: bool = False


class JournalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much the journal may hold while nobody takes it; four fifths of it is told as ``journal_filling``."""

    max_rows: int = 500_000
    max_mb: int = 512


class GateSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. ``answer_within_ms`` holds until the site's policy says otherwise."""

    site: str
    gate: str
    data_dir: str
    keyring: str
    signing_key: str
    card_key: str
    answer_within_ms: int = 300
    heartbeat_s: float = 10.0
    kafka: ClusterSettings
    osdp: OsdpSettings
    turnstile: TurnstileSettings
    scanners: list[ScannerSettings] = []
    panic_buttons: list[PanicButton] = []
    journal: JournalSettings = JournalSettings()


class GateConfiguration:
    """A gate's settings file that has been read and found to make sense."""

    def __init__(self, settings: GateSettings, folder: Path) -> None:
        """Keep the settings and the folder that their paths are relative to; raises WrongSetting."""
        self.settings = settings
        self.folder = folder
        _check_names(settings)
        _check_line(settings)
        _check_scanners(settings, folder)
        _check_ranges(settings)
        self.placement = settings.kafka.placement()

    @classmethod
    def load(cls, path: Path) -> "GateConfiguration":
        """Read a file; raises WrongSetting that names the setting or the file."""
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            message = f"settings file {path}: {error.strerror}"
            raise WrongSetting(message) from error
        configuration = cls(parse(text, GateSettings), path.resolve().parent)
        kafka = configuration.settings.kafka
        for setting in ("ssl_ca_file", "sasl_password_file"):
            if (file := getattr(kafka, setting)) is not None:
                configuration._content(f"kafka.{setting}", file)
        return configuration

    @property
    def data_dir(self) -> Path:
        """Give the folder of journal and facts, made when it is missing."""
        folder = self.path(self.settings.data_dir)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"setting data_dir: {folder}: {error.strerror}"
            raise WrongSetting(message) from error
        return folder

    @property
    def port(self) -> str:
        """Give the serial port's path."""
        return str(self.path(self.settings.osdp.port))

    def path(self, text: str) -> Path:
        """Resolve a path of the file."""
        return self.folder / text

    def signer(self) -> Signer:
        """Give the gate's signer from its key file."""
        return Signer(
            gate_source(self.settings.gate), self._secret("signing_key", self.settings.signing_key, SEED_BYTES)
        )

    def card_key(self) -> bytes:
        """Give the site's key under which cards are known."""
        return self._secret("card_key", self.settings.card_key, CARD_KEY_BYTES)

    def scbk(self) -> bytes:
        """Give the Secure Channel base key of the line."""
        return self._secret("osdp.scbk_file", self.settings.osdp.scbk_file, SCBK_BYTES)

    def trust(self) -> Trust:
        """Give what the gate believes: the services of its keyring."""
        text = self.settings.keyring
        return trust_in("keyring", text, self._content("keyring", text), self.placement)

    def kafka_password(self) -> str | None:
        """Read the SASL password, or None when none is set."""
        text = self.settings.kafka.sasl_password_file
        return None if text is None else self._content("kafka.sasl_password_file", text).decode().strip()

    def _content(self, setting: str, text: str) -> bytes:
        try:
            return self.path(text).read_bytes()
        except OSError as error:
            message = f"setting {setting}: {text}: {error.strerror}"
            raise WrongSetting(message) from error

    def _secret(self, setting: str, text: str, size: int) -> bytes:
        try:
            content = self.path(text).read_bytes()
        except OSError as error:
            message = f"setting {setting}: cannot read a key from {text}: {error.strerror}"
            raise WrongSetting(message) from error
        return key_in(setting, text, content, size)


def _check_names(settings: GateSettings) -> None:
    named = {"site": settings.site, "gate": settings.gate}
    named |= {f"osdp.readers[{place}].name": reader.name for place, reader in enumerate(settings.osdp.readers)}
    named |= {f"scanners[{place}].name": scanner.name for place, scanner in enumerate(settings.scanners)}
    named |= {f"panic_buttons[{place}].name": button.name for place, button in enumerate(settings.panic_buttons)}
    for setting, text in named.items():
        if not is_slug(text):
            message = f"setting {setting}: {text!r} must be small Latin letters, digits and hyphens"
            raise WrongSetting(message)


def _check_line(settings: GateSettings) -> None:
    readers = settings.osdp.readers
    names = [reader.name for reader in readers]
    if not readers or len(set(names)) < len(names) or len({reader.address for reader in readers}) < len(names):
        message = "setting osdp.readers: at least one, each with a name and an address of its own"
        raise WrongSetting(message)
    turnstile = settings.turnstile
    wired = {
        f"turnstile.{name}": getattr(turnstile, name)
        for name in ("unlock_entry", "unlock_exit", "stop", "pass_entry", "pass_exit", "fire", "tamper")
    }
    wired |= {f"panic_buttons[{place}].input": button.input for place, button in enumerate(settings.panic_buttons)}
    for setting, contact in wired.items():
        if contact is not None and contact.reader not in names:
            message = f"setting {setting}.reader: no reader is called {contact.reader!r}, there are {', '.join(names)}"
            raise WrongSetting(message)


def _check_scanners(settings: GateSettings, folder: Path) -> None:
    names = {reader.name for reader in settings.osdp.readers}
    ports = {folder / settings.osdp.port}
    for place, scanner in enumerate(settings.scanners):
        port = folder / scanner.port
        trouble = {
            "name": f"{scanner.name!r} is a reader or scanner already" if scanner.name in names else None,
            "port": f"{scanner.port} is taken by a reader or scanner already" if port in ports else None,
            "baud": None if 1200 <= scanner.baud <= 921_600 else f"{scanner.baud} is not in 1200 to 921600",  # noqa: PLR2004
        }
        for setting, wrong in trouble.items():
            if wrong is not None:
                raise WrongSetting(f"setting scanners[{place}].{setting}: {wrong}")
        names.add(scanner.name)
        ports.add(port)


def _check_ranges(settings: GateSettings) -> None:
    turnstile = settings.turnstile
    wrong = {
        "osdp.readers": any(not 0 <= reader.address < 127 for reader in settings.osdp.readers),  # noqa: PLR2004  127 is OSDP's broadcast
        "turnstile.pulse_ms": not 100 <= turnstile.pulse_ms <= 5000,  # noqa: PLR2004  contacts want 100 ms
        "turnstile.wait_s": not 1 <= turnstile.wait_s <= 25,  # noqa: PLR2004  OUT counts 100 ms in a byte
        "turnstile.margin_s": not 0.1 <= turnstile.margin_s <= 2,  # noqa: PLR2004
        "turnstile.held_after_s": not 1 <= turnstile.held_after_s <= 300,  # noqa: PLR2004
        "answer_within_ms": not 20 <= settings.answer_within_ms <= 5000,  # noqa: PLR2004
        "heartbeat_s": not 0.1 <= settings.heartbeat_s <= 60,  # noqa: PLR2004
        "journal.max_rows": settings.journal.max_rows < 1000,  # noqa: PLR2004
        "journal.max_mb": settings.journal.max_mb < 1,
    }
    for setting, is_wrong in wrong.items():
        if is_wrong:
            message = f"setting {setting}: out of its range"
            raise WrongSetting(message)
