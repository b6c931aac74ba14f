"""Keeps what cannot be taken, with the reason, so that nothing after it is lost."""

import base64
import hashlib
from datetime import datetime

import msgspec

from schemas.dead_letter import DeadLetter
from schemas.envelope import Event
from schemas.ids import is_slug
from schemas.outgoing import Outgoing
from schemas.reasons import Refused
from schemas.topics import DEAD_LETTERS, Role
from services.flow.case import Speaker

HEAD_BYTES = 192
DETAIL_CHARACTERS = 200
NO_SITE = "unknown"
"""The site of a record that does not name one."""


class Refusal(msgspec.Struct, frozen=True):
    """A record that was not taken: where it lay (offset -1: it could not even be sent), what it was, and why."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    reason: Refused
    detail: str


def dead_letter(role: Role, speaker: Speaker, refusal: Refusal, now: datetime) -> Outgoing:
    """Give the dead letter of a record; its id is the record's place, so a replay makes the same one."""
    value = refusal.value or b""
    letter = DeadLetter(
        topic=refusal.topic,
        partition=refusal.partition,
        offset=refusal.offset,
        reason=refusal.reason,
        detail=refusal.detail[:DETAIL_CHARACTERS],
        size=len(value),
        sha256=hashlib.sha256(value).hexdigest(),
        head=base64.b64encode(value[:HEAD_BYTES]).decode(),
    )
    place = (
        f"{refusal.topic}/{refusal.partition}/{refusal.offset}"
        if refusal.offset >= 0
        else f"{refusal.topic}/{letter.sha256[:26]}"
    )
    event = Event(
        id=f"dead_letter/{role}/{place}", source=speaker.source, time=now, site=_claimed_site(value), data=letter
    )
    return speaker.record(DEAD_LETTERS[role], event)


class _Claim(msgspec.Struct):
    site: str = NO_SITE


def _claimed_site(value: bytes) -> str:
    try:
        site = msgspec.json.decode(value, type=_Claim).site
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return NO_SITE
    return site if is_slug(site) else NO_SITE
