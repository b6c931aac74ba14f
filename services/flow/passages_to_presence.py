"""Hop: a passage says who is inside. Nothing is said; anti-passback reads the table."""

import msgspec

from schemas.envelope import Event
from schemas.passage import Passage
from services.flow.case import Case
from services.rules.facts import Presence
from services.rules.presence import presence_after

PRESENCE = "presence"


class PresenceRow(msgspec.Struct, frozen=True, array_like=True):
    """The presence of one holder at one site."""

    presence: Presence


def passages_to_presence(passage: Event[Passage], case: Case) -> None:
    """Keep where the holder was last seen to pass; a passage without a holder (forced, free) says nothing about
    anybody.
    """
    if passage.data.holder is None:
        return
    key = presence_key(passage.site, passage.data.holder)
    row = case.row(PRESENCE, key, PresenceRow)
    known = row.presence if row else None
    after = presence_after(known, passage.data, passage.id, passage.time)
    if after is not None and after != known:
        case.put(PRESENCE, key, PresenceRow(after))


def presence_key(site: str, holder: str) -> str:
    """Name a holder's row."""
    return f"{site}/{holder}"
