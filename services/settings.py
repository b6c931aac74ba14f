"""Settings of the five service processes: one TOML file, each process takes its sections.

Paths are relative to the file. Secrets are files, named here, never values. A missing or misspelt setting stops the
process with exit status 2 and its name.
"""

import ssl
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from schemas.cluster import ClusterSettings, key_in, trust_in
from schemas.setting import WrongSetting, parse
from schemas.topics import Placement, Role
from schemas.trust import Signer, Trust, service_source

SectionT = TypeVar("SectionT")


class KafkaSettings(ClusterSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a gate says of the cluster too, and on how many brokers each record lies."""

    replication_factor: int = 1


class TrustSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``keyring`` is a JSON file of the services' public keys by role, the root of what a process believes."""

    keyring: str


class AdmissionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``data_dir`` holds tables and followed facts; ``signing_key`` is a file with 32 bytes in base64."""

    data_dir: str
    signing_key: str


class AlarmingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As admission's, for the other app."""

    data_dir: str
    signing_key: str


class RecorderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``administration_key`` signs what the outbox sends, ``recorder_key`` the recorder's own dead letters; the
    outbox is looked at every ``outbox_poll_ms``.
    """

    administration_key: str
    recorder_key: str
    outbox_poll_ms: int = 40


class StoreSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``url`` of SQLAlchemy: ``sqlite:///path`` (relative to the file) or ``postgresql+psycopg://...``;
    ``password_file`` keeps a password out of it.
    """

    url: str
    password_file: str | None = None


class WebSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the pages listen, and the file with the key that signs sessions. ``secure_cookies`` is off on loopback
    demos only. ``trusted_proxies`` are the addresses and networks (``172.18.0.0/16``) of proxies whose X-Forwarded-For
    and X-Forwarded-Proto are believed; without them everybody behind a proxy is counted as one.
    """

    host: str = "127.0.0.1"
    port: int = 8420
    session_key: str
    secure_cookies: bool = True
    trusted_proxies: list[str] = []

    def proxies(self) -> list[str]:
        """Give the trusted proxies; raises WrongSetting for what is no address and no network."""
        for told in self.trusted_proxies:
            try:
                ip_network(told)
            except ValueError as error:
                message = f"setting web.trusted_proxies: {error}; write 10.0.0.5 or 10.0.0.0/24"
                raise WrongSetting(message) from error
        return self.trusted_proxies


class VisitSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``key`` is a file with 32 bytes that links, codes and hashes of identity numbers are made with, ``pass_keys`` the
    folder of the private keys that passes are signed with (``qaqpa keys rotate``), ``public_url`` where people reach
    the pages, for links in messages. A visit that nobody has answered for ``unanswered_after_h`` hours goes to the duty
    administrator. Without this section there is no visitor portal.
    """

    key: str
    pass_keys: str
    public_url: str
    unanswered_after_h: float = 4.0


class MailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The SMTP server that takes our messages, and what they come from. ``tls``: ``starttls`` (port 587), ``tls``
    (port 465), or ``off``, for a server on the same machine. ``ca_file`` holds certificates (PEM) to trust beside the
    system's, for a server of the school's own.
    """

    host: str
    port: int = 587
    sender: str
    tls: Literal["starttls", "tls", "off"] = "starttls"
    username: str | None = None
    password_file: str | None = None
    ca_file: str | None = None


class SmsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The gateway that takes our SMS: ``url`` of its ``sendsms`` (Kannel's interface; ``https``, unless it is on the
    same machine), and what they come from; ``ca_file`` as for mails. Without this section nobody is told by telephone.
    """

    url: str
    username: str
    password_file: str
    sender: str
    ca_file: str | None = None


class PoliceLinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The receiver's address, the DC-09 account by site, where its state lies, and the key that signs deliveries."""

    host: str
    port: int
    receiver: str
    accounts: dict[str, str]
    encryption_key_file: str | None = None
    data_dir: str
    signing_key: str
    supervision_s: float = 30.0


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. Only ``kafka`` and ``trust`` are everyone's."""

    kafka: KafkaSettings
    trust: TrustSettings
    store: StoreSettings | None = None
    admission: AdmissionSettings | None = None
    alarming: AlarmingSettings | None = None
    recorder: RecorderSettings | None = None
    web: WebSettings | None = None
    visits: VisitSettings | None = None
    mail: MailSettings | None = None
    sms: SmsSettings | None = None
    police_link: PoliceLinkSettings | None = None


class Configuration:
    """A settings file that has been read, for the process that was started with it."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Keep the settings and the folder that their paths are relative to."""
        self.settings = settings
        self.folder = folder

    @classmethod
    def load(cls, path: Path) -> "Configuration":
        """Read a file; raises WrongSetting that names the setting or the file."""
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            message = f"settings file {path}: {error.strerror}"
            raise WrongSetting(message) from error
        configuration = cls(parse(text, Settings), path.resolve().parent)
        configuration.placement()
        return configuration

    def section(self, name: str, shape: type[SectionT]) -> SectionT:
        """Give a section that this process cannot do without; raises WrongSetting with its name."""
        found = getattr(self.settings, name)
        if not isinstance(found, shape):
            message = f"missing setting [{name}]"
            raise WrongSetting(message)
        return found

    def path(self, text: str) -> Path:
        """Resolve a path of the file."""
        return self.folder / text

    def placement(self) -> Placement:
        """Give the cluster's partition counts."""
        return self.settings.kafka.placement()

    def secret(self, setting: str, text: str) -> bytes:
        """Read a file of 32 secret bytes in base64; raises WrongSetting with the setting's name, never the content."""
        return read_key(setting, self.path(text))

    def password(self, setting: str, text: str) -> str:
        """Read a file with a password; raises WrongSetting with the setting's name, never the content."""
        try:
            return self.path(text).read_text(encoding="utf-8").strip()
        except OSError as error:
            message = f"setting {setting}: {text}: {error.strerror}"
            raise WrongSetting(message) from error

    def tls(self, setting: str, ca_file: str | None) -> ssl.SSLContext:
        """Give what servers are checked with: the system's authorities, and those of a file; raises WrongSetting with
        the setting's name.
        """
        context = ssl.create_default_context()
        if ca_file is not None:
            try:
                context.load_verify_locations(self.path(ca_file))
            except OSError as error:  # an SSLError is one too
                message = f"setting {setting}: {ca_file}: {error.strerror or error}"
                raise WrongSetting(message) from error
        return context

    def signer(self, role: Role, setting: str, text: str) -> Signer:
        """Give the signer of a service from its key file."""
        return Signer(service_source(role), self.secret(setting, text))

    def trust(self) -> Trust:
        """Give what a process believes at its start: the keyring's services, no gate yet."""
        text = self.settings.trust.keyring
        try:
            content = self.path(text).read_bytes()
        except OSError as error:
            message = f"setting trust.keyring: {text}: {error.strerror}"
            raise WrongSetting(message) from error
        return trust_in("trust.keyring", text, content, self.placement())


def read_key(setting: str, path: Path) -> bytes:
    """Read a file of 32 secret bytes in base64; raises WrongSetting with the setting's name and the file's, never
    the content.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"setting {setting}: cannot read a key from {path}: {error.strerror}"
        raise WrongSetting(message) from error
    return key_in(setting, str(path), content)
