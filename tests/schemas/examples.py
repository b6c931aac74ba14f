"""The examples of schemas/examples, and what tests make of them: events, signed as their writers sign."""

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

import schemas
from schemas.catalogue import EVENTS, EventKind, Said
from schemas.envelope import Event
from schemas.frozen import file_name
from schemas.outgoing import Outgoing, outgoing
from schemas.site_policy import GateTrust, SitePolicy
from schemas.topics import SITE_POLICIES, TOPICS, Placement, Role, Topic
from schemas.trust import Signer, Trust, gate_source, service_source

FOLDER = Path(schemas.__file__).parent
SITE = "school-1"
GATE = "school-1-main"
AT = datetime(2026, 11, 23, 7, 41, 5, 250_000, UTC)
PLACEMENT = Placement(12, 24)


def seed(number: int) -> bytes:
    """Give a key that is plainly a test's."""
    return bytes([number]) * 32


SIGNERS: dict[Role, Signer] = {
    role: Signer(service_source(role), seed(index)) for index, role in enumerate(Role, 1) if role is not Role.GATE
}
GATE_SIGNER = Signer(gate_source(GATE), seed(99))
KEYRING = {role.value: [signer.public_key] for role, signer in SIGNERS.items()}


def read_examples(kind: EventKind) -> dict[str, list[dict[str, Any]]]:
    """Read an event's examples: ``true`` ones, and ``tolerated`` ones with fields of a later year."""
    found: dict[str, list[dict[str, Any]]] = msgspec.json.decode((FOLDER / "examples" / file_name(kind)).read_bytes())
    return found


def data_of(kind: EventKind, number: int = 0) -> Said:
    """Give an event's true example as the struct that it is."""
    return msgspec.convert(read_examples(kind)["true"][number], kind.shape)


def kind_of(topic: Topic) -> EventKind:
    """Give the event that a topic carries."""
    return next(kind for kind in EVENTS if kind.noun == topic.noun)


def signer_of(topic: Topic) -> Signer:
    """Give the key of a topic's writer."""
    return GATE_SIGNER if topic.writer is Role.GATE else SIGNERS[topic.writer]


def event_of(topic: Topic, event_id: str = "school-1-main:1:1", site: str = SITE) -> Event[Said]:
    """Give the example of a topic's event, said by the topic's writer."""
    return Event(id=event_id, source=signer_of(topic).source, time=AT, site=site, data=data_of(kind_of(topic)))


def record_of(topic: Topic, event_id: str = "school-1-main:1:1") -> Outgoing:
    """Give it as a record: signed, with its key and partition."""
    return outgoing(signer_of(topic), topic, event_of(topic, event_id), PLACEMENT)


def policy(version: int = 1, site: str = SITE, gates: dict[str, str] | None = None) -> Event[SitePolicy]:
    """Give a site policy with these gates' public keys (of the example's gate, when none are named)."""
    trusted = gates if gates is not None else {GATE: GATE_SIGNER.public_key}
    data = SitePolicy(
        version=version,
        name="№ 1 мектеп",
        utc_offset_min=300,
        answer_within_ms=300,
        categories={},
        gates={gate: GateTrust(name=gate, public_keys=[key]) for gate, key in trusted.items()},
    )
    return Event(
        id=f"administration:1:{version}", source=service_source(Role.ADMINISTRATION), time=AT, site=site, data=data
    )


def trusting(*policies: Event[SitePolicy]) -> Trust:
    """Give what a process believes that has its keyring and these policies (the example site's, when none is named)."""
    trust = Trust(KEYRING, PLACEMENT)
    for known in policies or (policy(),):
        trust.learn(known)
    return trust


def every_topic() -> list[Topic]:
    """Give every topic of the way."""
    return list(TOPICS)


def policy_record(event: Event[SitePolicy]) -> Outgoing:
    """Give a policy as administration's record."""
    return outgoing(SIGNERS[Role.ADMINISTRATION], SITE_POLICIES, event, PLACEMENT)


def base64_of(raw: bytes) -> str:
    """Write bytes as the envelope does."""
    return base64.b64encode(raw).decode()
