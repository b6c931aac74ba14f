"""The one way out: a signed record with its key and its partition set by hand."""

import msgspec

from schemas.alarm import Alarm
from schemas.credential import Credential
from schemas.envelope import DataT, Event
from schemas.release import Release
from schemas.screening import Screening
from schemas.topics import Key, Placement, Topic
from schemas.trust import Signer
from schemas.visitor_pass import VisitorPass


class Outgoing(msgspec.Struct, frozen=True):
    """A record as a producer takes it. ``topic`` is the topic's own name, without a cluster's prefix."""

    topic: str
    key: bytes
    value: bytes
    partition: int


def outgoing(signer: Signer, topic: Topic, event: Event[DataT], placement: Placement) -> Outgoing:
    """Sign an event and address it: the site's partition, whatever the key."""
    return Outgoing(topic.name, record_key(topic, event), signer.record(event), placement.partition(topic, event.site))


def record_key(topic: Topic, event: Event[DataT]) -> bytes:
    """Give the Kafka key of an event: its site, or site and subject where the last record of each subject is kept."""
    if topic.key is Key.SITE:
        return event.site.encode()
    return f"{event.site}/{subject_of(event.data)}".encode()


def subject_of(data: object) -> str:
    """Name what a record is about, of which the last one is kept; raises TypeError for what has no subject."""
    match data:
        case Alarm():
            return data.alarm
        case Credential():
            return data.credential
        case VisitorPass():
            return data.jti
        case Screening() | Release():
            return data.holder
    message = f"{type(data).__name__} has no subject to be kept by"
    raise TypeError(message)
