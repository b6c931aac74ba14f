"""How many people of visits are inside a site, by their passages, and by how many that may be wrong."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from schemas.guard_answer import category_of_name
from schemas.pass_token import jti_of

COUNTED_FOR = timedelta(days=1)
"""Who was not seen leaving is counted as inside for so long: a way out that reads nobody must not fill the school."""

LOOSE_KEPT = 50
"""So many passages of nobody are remembered; a number that is wrong by more is not better known."""

_OF_THE_SCHOOL = frozenset({"pupil", "staff", "emergency"})
_LOOSE = frozenset({"free", "forced", "followed"})


class Occupancy(msgspec.Struct, frozen=True, array_like=True):
    """Who is inside a site for a visit, by holder, and since when. ``by_name`` are those of them whom a guard let in by
    name, whom nothing reads on the way out; ``loose`` are passages that name nobody, by event.
    """

    inside: dict[str, datetime] = {}
    by_name: dict[str, datetime] = {}
    loose: dict[str, datetime] = {}


def is_visit(credential: str) -> bool:
    """Tell whether a passage's credential says that its holder is here for a visit: a pass, or a visitor by name."""
    category = category_of_name(credential)
    return jti_of(credential) is not None or (category is not None and category not in _OF_THE_SCHOOL)


def is_loose(outcome: str) -> bool:
    """Tell whether a passage let through somebody whom nobody can name."""
    return outcome in _LOOSE


def count(known: Occupancy, now: datetime) -> int:
    """Count who went in for a visit and has not been seen to leave; each holder once, however they came in."""
    return len(_lately(known.inside, now))


def unsure(known: Occupancy, now: datetime) -> int:
    """Give by how many the count may be wrong: who was let in by name may have left, and whoever went through freely
    may have been one of them, or one more.
    """
    return len(_lately(known.by_name, now)) + len(_lately(known.loose, now))


def moved(
    known: Occupancy, holder: str, entered_at: datetime | None, now: datetime, *, by_name: bool = False
) -> Occupancy:
    """Give who is inside after a holder went in (``entered_at``) or left (None)."""
    inside, named = _lately(known.inside, now, holder), _lately(known.by_name, now, holder)
    if entered_at is not None:
        inside[holder] = entered_at
        if by_name:
            named[holder] = entered_at
    return Occupancy(inside, named, _lately(known.loose, now))


def went_through(known: Occupancy, event: str, at: datetime, now: datetime) -> Occupancy:
    """Give who is inside after a passage that names nobody; the same passage again changes nothing."""
    loose = _lately(known.loose, now) | {event: at}
    newest = sorted(loose.items(), key=lambda item: (item[1], item[0]))[-LOOSE_KEPT:]
    return msgspec.structs.replace(known, loose=dict(newest))


def _lately(known: Mapping[str, datetime], now: datetime, but: str | None = None) -> dict[str, datetime]:
    return {name: at for name, at in known.items() if name != but and now - at < COUNTED_FOR}
