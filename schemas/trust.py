"""Who may say what: Ed25519 signatures, and the check of gate, site, role and partition before a record is believed or
acted on.

The root is a keyring of the services' public keys that is installed with each process. Gates' keys come in the site
policies that administration signs, so a gate is enrolled or removed by publishing a policy, without a restart. A stolen
gate PC can speak for its own gate only.
"""

import base64
import binascii
from collections.abc import Mapping

import msgspec
from nacl.bindings import (
    crypto_sign,
    crypto_sign_BYTES,
    crypto_sign_open,
    crypto_sign_PUBLICKEYBYTES,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import BadSignatureError

from schemas.catalogue import BY_SHAPE, Said
from schemas.envelope import (
    GATE_SOURCE,
    SERVICE_SOURCE,
    DataT,
    Event,
    RefusedRecord,
    data_bytes,
    signed_bytes,
    unwrap,
    wrap,
)
from schemas.ids import EventId
from schemas.reasons import Refused
from schemas.site_policy import SitePolicy
from schemas.topics import SITE_POLICIES, Placement, Role, Topic

_KEY_NAME_CHARACTERS = 8
SEED_BYTES = 32


class Signer:
    """Signs what one gate or one service says, with its private key (a 32-byte seed)."""

    def __init__(self, source: str, seed: bytes) -> None:
        """Take the source it speaks for (``gate/...`` or ``service/...``) and its seed; another length is a
        ValueError.
        """
        if len(seed) != SEED_BYTES:
            message = f"a signing key has {SEED_BYTES} bytes, this one {len(seed)}"
            raise ValueError(message)
        public, self._secret = crypto_sign_seed_keypair(seed)
        self.source = source
        self.public_key = base64.b64encode(public).decode()
        self.keyid = key_id(source, self.public_key)

    def record(self, event: Event[DataT]) -> bytes:
        """Encode and sign an event of this source: the value of its Kafka record."""
        if event.source != self.source:
            message = f"{self.source} cannot sign for {event.source}"
            raise ValueError(message)
        data = data_bytes(event.data)
        kind = BY_SHAPE[type(event.data)].type
        text = signed_bytes(event.id, event.source, kind, event.time, event.site, self.keyid, data)
        signature = crypto_sign(text, self._secret)[:crypto_sign_BYTES]
        return wrap(event, self.keyid, base64.b64encode(signature).decode(), data)


def key_id(source: str, public_key: str) -> str:
    """Name a key: its owner and the first characters of its public half, so that two keys of one owner can be told
    apart.
    """
    return f"{source}#{public_key[:_KEY_NAME_CHARACTERS]}"


class _Key(msgspec.Struct, frozen=True):
    public: bytes
    role: Role
    site: str | None


class Trust:
    """What a process believes: services' keys from its keyring, gates' keys from the signed policies it has learned."""

    def __init__(self, keyring: Mapping[str, list[str]], placement: Placement) -> None:
        """Take the services' public keys by role name (base64; several while a key is being changed) and the cluster's
        partition counts.

        A role or key that is none is a ValueError that names it.
        """
        self._placement = placement
        self._services = {
            key_id(service_source(Role(role)), key): _Key(_public(key), Role(role), None)
            for role, keys in keyring.items()
            for key in keys
        }
        self._gates: dict[str, _Key] = {}
        self._policies: dict[str, int] = {}

    def learn(self, event: Event[SitePolicy]) -> None:
        """Take the gates of a site policy that has passed ``check``; an older version than the known one changes
        nothing. Raises RefusedRecord, changing nothing, when a gate's key is none.
        """
        if event.data.version < self._policies.get(event.site, 0):
            return
        kept = {name: key for name, key in self._gates.items() if key.site != event.site}
        for gate, trust in event.data.gates.items():
            for key in trust.public_keys:
                try:
                    check_gate_key(gate, key)
                except ValueError as error:
                    raise RefusedRecord(Refused.MALFORMED, str(error)[:200]) from error
                kept[key_id(gate_source(gate), key)] = _Key(_public(key), Role.GATE, event.site)
        self._gates = kept
        self._policies[event.site] = event.data.version

    def read(self, topic: Topic, partition: int, value: bytes | None) -> Event[Said]:
        """Decode a record and check it: the one way in for every consumer. Raises RefusedRecord."""
        event = unwrap(topic, value)
        self.check(topic, partition, event)
        return event

    def check(self, topic: Topic, partition: int, event: Event[Said]) -> None:
        """Refuse an event that its signer may not say here: writing role, key, site, gate, id, partition, signature."""
        envelope = event.envelope
        if envelope is None:
            raise RefusedRecord(Refused.MALFORMED, "no envelope")
        key = self._services.get(envelope.keyid) or self._gates.get(envelope.keyid)
        if key is None or not envelope.keyid.startswith(f"{event.source}#"):
            raise RefusedRecord(Refused.UNKNOWN_SIGNER, envelope.keyid[:80])
        if key.role is not topic.writer:
            raise RefusedRecord(Refused.NOT_THE_WRITER, f"{event.source[:80]} in {topic.name}")
        if key.site is not None and key.site != event.site:
            raise RefusedRecord(Refused.FOREIGN_SITE, f"{event.source[:80]} is not of {event.site[:63]}")
        gate = getattr(event.data, "gate", None)
        if key.role is Role.GATE and gate != event.gate:
            raise RefusedRecord(Refused.NOT_THE_WRITER, f"{event.source[:80]} speaks of gate {str(gate)[:63]}")
        if key.role is Role.GATE:
            _check_own_id(event)
        if partition != self._placement.partition(topic, event.site):
            raise RefusedRecord(Refused.WRONG_PARTITION, f"{event.site[:63]} in partition {partition}")
        self._verify(key, envelope.signature, envelope.signed_bytes())

    def _verify(self, key: _Key, signature: str, text: bytes) -> None:
        try:
            crypto_sign_open(base64.b64decode(signature, validate=True) + text, key.public)
        except (BadSignatureError, binascii.Error, ValueError) as error:
            raise RefusedRecord(Refused.WRONG_SIGNATURE, "the signature is not of this record") from error


def read_policy(trust: Trust, partition: int, value: bytes | None) -> Event[SitePolicy]:
    """Read a site policy and learn its gates from it. Raises RefusedRecord."""
    event = trust.read(SITE_POLICIES, partition, value)
    if not isinstance(event.data, SitePolicy):
        raise RefusedRecord(Refused.WRONG_EVENT, "not a site policy")
    policy = Event(
        id=event.id, source=event.source, time=event.time, site=event.site, data=event.data, envelope=event.envelope
    )
    trust.learn(policy)
    return policy


def _check_own_id(event: Event[Said]) -> None:
    """Refuse an event of a gate under an id that is not the gate's: it could take the place of another gate's event."""
    try:
        source = EventId.parse(event.id).source
    except ValueError as error:
        raise RefusedRecord(Refused.MALFORMED, f"id: {error}"[:200]) from error
    if source != event.gate:
        raise RefusedRecord(Refused.NOT_THE_WRITER, f"{event.source[:80]} under an id of {source}")


def gate_source(gate: str) -> str:
    """Give the CloudEvents source of a gate."""
    return GATE_SOURCE + gate


def service_source(role: Role) -> str:
    """Give the CloudEvents source of a service."""
    return SERVICE_SOURCE + role


def check_gate_key(gate: str, key: str) -> None:
    """Refuse (ValueError) a public key that no reader of a policy could use, before the policy is published."""
    try:
        _public(key)
    except ValueError as error:
        message = f"gate {gate}: {error}"
        raise ValueError(message) from error


def _public(key: str) -> bytes:
    try:
        public = base64.b64decode(key, validate=True)
    except binascii.Error as error:
        message = f"not a public key: {key[:16]!r}"
        raise ValueError(message) from error
    if len(public) != crypto_sign_PUBLICKEYBYTES:
        message = f"a public key has {crypto_sign_PUBLICKEYBYTES} bytes, this one {len(public)}"
        raise ValueError(message)
    return public
