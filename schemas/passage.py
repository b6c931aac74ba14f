"""Passage: what the mechanism did. "Inside" and "used" follow it, never the decision."""

from typing import Literal

import msgspec

from schemas.credential_read import Direction

Outcome = Literal["entered", "left", "abandoned", "reversed", "forced", "followed", "free"]


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """One movement (or its absence) at a turnstile.

    ``entered`` / ``left`` used the grant; ``abandoned`` is a grant whose time ran out; ``reversed`` went back;
    ``forced`` and ``followed`` had no grant; ``free`` happened in free mode. ``grant``, ``read``, ``credential`` and
    ``holder`` are those of the act that opened, when one did.
    """

    gate: str
    direction: Direction
    outcome: Outcome
    grant: str | None
    read: str | None
    credential: str | None
    holder: str | None
