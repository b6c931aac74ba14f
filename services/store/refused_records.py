"""What becomes of a record that cannot be taken: a dead letter that says where it lay and why, the same one however
often it is refused.
"""

import base64
import hashlib
from datetime import UTC, datetime

from schemas.catalogue import Said
from schemas.dead_letter import DeadLetter
from schemas.envelope import Event, RefusedRecord
from schemas.ids import is_slug
from schemas.topics import Role
from schemas.trust import service_source
from services.kafka_client.follower import Kept

NO_SITE = "unknown"
"""The site of a dead letter whose record's key claims none."""

_SOURCE = service_source(Role.RECORDER)
_HEAD_BYTES = 256


def dead_letter(kept: Kept, refused: RefusedRecord) -> Event[Said]:
    """Make the recorder's dead letter of a record. Its id and time come from where the record lies, so that a repeat is
    the same.
    """
    value = kept.value or b""
    return Event(
        id=f"dead/{Role.RECORDER}/{kept.topic.name}/{kept.partition}/{kept.offset}",
        source=_SOURCE,
        time=datetime.fromtimestamp(max(0, kept.timestamp_ms) / 1000, UTC),
        site=claimed_site(kept.key),
        data=DeadLetter(
            topic=kept.topic.name,
            partition=kept.partition,
            offset=kept.offset,
            reason=refused.reason,
            detail=_printable(refused.detail),
            size=len(value),
            sha256=hashlib.sha256(value).hexdigest(),
            head=base64.b64encode(value[:_HEAD_BYTES]).decode(),
        ),
    )


def claimed_site(key: bytes | None) -> str:
    """Give the site that a record's key claims (``site`` or ``site/subject``): a claim, since nothing of a refused
    record is believed.
    """
    site = (key or b"").partition(b"/")[0].decode(errors="replace")
    return site if is_slug(site) else NO_SITE


def _printable(text: str) -> str:
    """Write what is not printable as a replacement sign: a refused record may hold what no database takes."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
