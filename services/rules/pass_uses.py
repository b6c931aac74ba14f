"""How far a pass has been used, from grants and passages; what was only decided uses nothing."""

from datetime import datetime
from typing import Literal

import msgspec

from schemas.passage import Passage
from services.rules.facts import PassStanding

USES_KEPT = 8


class PassUses(msgspec.Struct, frozen=True):
    """What has become of one pass.

    ``granted`` is the newest grant that nothing has ended, ``ended`` the read whose grant ended last, ``used`` the
    passages that used the pass as they were heard: the first, and the newest of the others.
    """

    granted: PassStanding | None = None
    ended: str | None = None
    used: list[PassStanding] = []


def granted(known: PassUses, read: str, at: datetime) -> PassUses:
    """Give the uses after a grant; the newest grant holds, and one that has ended already changes nothing."""
    if read == known.ended or any(use.read == read for use in known.used):
        return known
    if known.granted is not None and (known.granted.read == read or known.granted.at >= at):
        return known
    return msgspec.structs.replace(known, granted=PassStanding("reserved", read, None, at))


def ended(known: PassUses, read: str | None) -> PassUses:
    """Give the uses after the grant of a read came to nothing."""
    waits = known.granted if known.granted is None or known.granted.read != read else None
    return msgspec.structs.replace(known, granted=waits, ended=read)


def refused(known: PassUses, read: str) -> PassUses:
    """Give the uses after a gate refused by itself what had been granted to a read."""
    return ended(known, read) if known.granted is not None and known.granted.read == read else known


def used(known: PassUses, read: str | None, passage: str, at: datetime) -> PassUses:
    """Give the uses after somebody went in with the pass; the same passage again changes nothing."""
    if any(use.passage == passage for use in known.used):
        return known
    waits = known.granted if known.granted is None or known.granted.read != read else None
    uses = [*known.used[:1], *known.used[1:][2 - USES_KEPT :], PassStanding("used", read or "", passage, at)]
    return PassUses(waits, known.ended, uses)


def what_became(passage: Passage) -> Literal["used", "freed"] | None:
    """Tell what a passage makes of the pass that it was granted to; nothing on the way out."""
    if passage.direction == "exit":
        return None
    match passage.outcome:
        case "entered":
            return "used"
        case "abandoned" | "reversed":
            return "freed"
        case _:
            return None


def standing(known: PassUses, entries: Literal["single", "multiple"], read: str) -> PassStanding | None:
    """Give how far a pass has been used as a read of it finds it: the read's own grant is not in its way."""
    first = known.used[0] if known.used else None
    newest = known.used[-1] if known.used else None
    found = (first or known.granted) if entries == "single" else (known.granted or newest)
    return None if found is None or found.read == read else found


def used_before(known: PassUses, passage: str) -> PassStanding | None:
    """Give the first use of a pass, for any passage but that one."""
    return None if not known.used or known.used[0].passage == passage else known.used[0]
