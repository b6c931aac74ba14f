"""Who is inside, from passages only; a decision never changes it."""

from datetime import datetime

from schemas.passage import Passage
from services.rules.facts import Presence

INSIDE_AFTER = {"entered": True, "left": False}
"""Where each outcome that says so leaves its holder."""


def presence_after(known: Presence | None, passage: Passage, event: str, at: datetime) -> Presence | None:
    """Give a holder's presence after a passage.

    Repeats and passages that come late change nothing that a later passage has said: the newest passage by its time at
    the gate holds, and of one time the one already known.
    """
    inside = INSIDE_AFTER.get(passage.outcome)
    if inside is None or (known is not None and known.at >= at):
        return known
    return Presence(inside, event, at)
