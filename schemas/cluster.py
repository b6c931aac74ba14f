"""How a process joins its cluster, as the settings of a service and of a gate say it alike: the Kafka section, the
keyring that it believes, the keys that it holds. Whoever calls has read the files.
"""

import base64
import binascii
from typing import Literal

import msgspec

from schemas.setting import WrongSetting
from schemas.topics import Placement
from schemas.trust import SEED_BYTES, Trust


class ClusterSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The section ``[kafka]``: how to reach the cluster, and its partition counts. Across a network use SASL_SSL;
    ``topic_prefix`` sets a cluster's topics, groups and apps apart (tests, trials).

    Raises ValueError, with the setting's name, when a protocol with SASL has no name or password.
    """

    bootstrap: str
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password_file: str | None = None
    ssl_ca_file: str | None = None
    topic_prefix: str = ""
    stream_partitions: int = 12
    gate_partitions: int = 24

    def __post_init__(self) -> None:
        """Refuse a sign-in without its name or password: the client would only say that it cannot connect."""
        for name in ("sasl_username", "sasl_password_file"):
            if self.uses_sasl and getattr(self, name) is None:
                message = f"{self.security_protocol} needs {name}"
                raise ValueError(message)

    @property
    def uses_tls(self) -> bool:
        """Tell whether the connection is encrypted."""
        return self.security_protocol.endswith("SSL")

    @property
    def uses_sasl(self) -> bool:
        """Tell whether the client signs in by name and password."""
        return self.security_protocol.startswith("SASL")

    def placement(self) -> Placement:
        """Give the cluster's partition counts; raises WrongSetting when they do not fit each other."""
        try:
            return Placement(self.stream_partitions, self.gate_partitions)
        except ValueError as error:
            message = f"setting kafka.gate_partitions: {error}"
            raise WrongSetting(message) from error


def trust_in(setting: str, file: str, content: bytes, placement: Placement) -> Trust:
    """Give what a process believes at its start, from a keyring: JSON, the services' public keys by role, no gate yet.

    Raises WrongSetting with the names of the setting and the file.
    """
    try:
        return Trust(msgspec.json.decode(content, type=dict[str, list[str]]), placement)
    except (msgspec.MsgspecError, ValueError) as error:
        message = f"setting {setting}: {file}: {error}"
        raise WrongSetting(message) from error


def key_in(setting: str, file: str, content: bytes, size: int = SEED_BYTES) -> bytes:
    """Give the ``size`` secret bytes of a key file, which has them in base64.

    Raises WrongSetting with the names of the setting and the file, never the content.
    """
    try:
        key = base64.b64decode(content.strip(), validate=True)
    except binascii.Error as error:
        message = f"setting {setting}: cannot read a key from {file}: not base64"
        raise WrongSetting(message) from error
    if len(key) != size:
        message = f"setting {setting}: {file} holds {len(key)} bytes, this key has {size}"
        raise WrongSetting(message)
    return key
