"""The one envelope around everything that is said: JSON with CloudEvents 1.0 attribute names, signed by its writer.

Strict when writing (what does not fit its schema is our fault and raises), tolerant when reading (unknown fields are
passed over, an unknown event or version is a refusal with a reason, kept as a dead letter). The signature covers the
attributes and the data's bytes as they stand in the record, so nothing has to be put into a canonical form.
"""

from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from schemas.catalogue import BY_SHAPE, BY_TYPE, NOUNS, TYPE_PREFIX, Said
from schemas.moment import Moment
from schemas.reasons import Refused
from schemas.topics import MAX_VALUE_BYTES, Topic

DataT = TypeVar("DataT", bound=Said)
DataT_co = TypeVar("DataT_co", bound=Said, covariant=True)

GATE_SOURCE = "gate/"
SERVICE_SOURCE = "service/"


class RefusedRecord(Exception):  # noqa: N818  a value about their record, named as the dead letters name it
    """A record cannot be taken, by its sender's fault; carries the dead letter's reason and a detail without
    personal data.
    """

    def __init__(self, reason: Refused, detail: str) -> None:
        """Keep the reason and what was wrong."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope as it lies in a record. ``site`` and ``keyid`` and ``signature`` are CloudEvents extension
    attributes; ``signature`` is base64.
    """

    specversion: str
    id: str
    source: str
    type: str
    time: Moment
    site: str
    keyid: str
    data: msgspec.Raw
    signature: str

    def signed_bytes(self) -> bytes:
        """Give what the signature covers: every attribute, a line feed, the data's bytes."""
        return signed_bytes(self.id, self.source, self.type, self.time, self.site, self.keyid, bytes(self.data))


class Event(msgspec.Struct, Generic[DataT_co], frozen=True, kw_only=True):
    """One event, decoded: whose, when, about which site, and its data. ``envelope`` is there when it came from a
    record.
    """

    id: str
    source: str
    time: datetime
    site: str
    data: DataT_co
    envelope: Envelope | None = None

    @property
    def gate(self) -> str | None:
        """Give the gate that said it, or None when a service did."""
        return self.source.removeprefix(GATE_SOURCE) if self.source.startswith(GATE_SOURCE) else None


_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding somebody else's bytes may raise; JSON nested a thousand deep is theirs too."""

_ENCODER = msgspec.json.Encoder()
_ENVELOPE = msgspec.json.Decoder(Envelope)
_READERS: dict[str, msgspec.json.Decoder[Said]] = {
    name: msgspec.json.Decoder(kind.shape) for name, kind in BY_TYPE.items()
}


def signed_bytes(  # noqa: PLR0917  the attributes of the envelope, each once, in its order
    event_id: str, source: str, kind: str, time: datetime, site: str, keyid: str, data: bytes
) -> bytes:
    """Give the bytes that a signature covers."""
    return _ENCODER.encode((event_id, source, kind, time, site, keyid)) + b"\n" + data


def data_bytes(data: Said) -> bytes:
    """Encode an event's data strictly: what its own schema would refuse raises ``msgspec.ValidationError`` here, at
    its writer.
    """
    written = _ENCODER.encode(data)
    _READERS[BY_SHAPE[type(data)].type].decode(written)
    return written


def wrap(event: Event[DataT], keyid: str, signature: str, data: bytes) -> bytes:
    """Put signed data into its envelope: the value of the Kafka record."""
    return _ENCODER.encode(
        Envelope(
            specversion="1.0",
            id=event.id,
            source=event.source,
            type=BY_SHAPE[type(event.data)].type,
            time=event.time,
            site=event.site,
            keyid=keyid,
            data=msgspec.Raw(data),
            signature=signature,
        )
    )


def unwrap(topic: Topic, value: bytes | None) -> Event[Said]:
    """Decode a record's value; raises RefusedRecord with the reason when it is not what this topic carries.

    The signature is not looked at here: see ``schemas.trust``.
    """
    if value is None:
        raise RefusedRecord(Refused.MALFORMED, "no value")
    if len(value) > MAX_VALUE_BYTES:
        raise RefusedRecord(Refused.TOO_LARGE, f"{len(value)} bytes, at most {MAX_VALUE_BYTES}")
    try:
        envelope = _ENVELOPE.decode(value)
    except _UNREADABLE as error:
        raise RefusedRecord(Refused.MALFORMED, f"envelope: {error}"[:200]) from error
    _check_kind(topic, envelope)
    try:
        data = _READERS[envelope.type].decode(envelope.data)
    except _UNREADABLE as error:
        raise RefusedRecord(Refused.MALFORMED, f"{topic.noun}: {error}"[:200]) from error
    try:
        time = envelope.time.astimezone(UTC)
    except OverflowError as error:
        raise RefusedRecord(Refused.MALFORMED, "time beyond the calendar") from error
    return Event(
        id=envelope.id,
        source=envelope.source,
        time=time,
        site=envelope.site,
        data=data,
        envelope=envelope,
    )


def _check_kind(topic: Topic, envelope: Envelope) -> None:
    if envelope.specversion != "1.0":
        raise RefusedRecord(Refused.FUTURE_VERSION, f"CloudEvents {envelope.specversion[:20]!r}, we read 1.0")
    noun, _, version = envelope.type.removeprefix(TYPE_PREFIX).rpartition(".v")
    if noun != topic.noun:
        detail = f"{noun[:40]!r} in {topic.name}" if noun in NOUNS else f"unknown type {envelope.type[:60]!r}"
        raise RefusedRecord(Refused.WRONG_EVENT, detail)
    if envelope.type not in BY_TYPE:
        raise RefusedRecord(Refused.FUTURE_VERSION, f"{noun} v{version[:10]}: newer than this reader")
