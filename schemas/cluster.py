"""How a process joins its cluster, as the settings of a service and of a gate say it alike: the Kafka section, the
keyring that it believes, the keys that it holds. Whoever calls has read the files.
"""

import base64
import binascii

import msgspec

from schemas.setting import WrongSetting
from schemas.topics import Placement
from schemas.trust import SEED_BYTES, Trust


class ClusterSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The section ``[kafka]``: how to reach the cluster, and its partition counts. Across a network use SASL_SSL;
    ``topic_prefix`` sets a cluster's topics, groups and apps apart (tests, trials).
    """

    bootstrap: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password_file: str | None = None
    ssl_ca_file: str | None = None
    topic_prefix: str = ""
    stream_partitions: int = 12
    gate_partitions: int = 24

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
