"""Pass use: what became of a pass at a gate. Reserved by a grant, used by a passage, freed by a time-out; made by
admission.
"""

from typing import Literal

import msgspec


class PassUse(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one pass: ``read`` granted it; ``passage`` is the event that used or freed it."""

    jti: str
    state: Literal["reserved", "used", "freed"]
    gate: str
    read: str
    passage: str | None
    holder: str
