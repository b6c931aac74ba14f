"""Hop: a passage says who is inside, and uses or frees the pass that it was granted to; a pupil who leaves in lessons
without a stated basis is told at once.
"""

import msgspec

from schemas.envelope import Event
from schemas.passage import Passage
from services.flow import passes
from services.flow.case import Case
from services.flow.findings import Finding, tell
from services.rules import occupancy
from services.rules.facts import Presence
from services.rules.presence import presence_after
from services.rules.release import is_released, leaves_early

PRESENCE = "presence"


class PresenceRow(msgspec.Struct, frozen=True, array_like=True):
    """The presence of one holder at one site; ``visits`` is whether they came in for a visit."""

    presence: Presence
    visits: bool = False


def passages_to_presence(passage: Event[Passage], case: Case) -> None:
    """Keep where the holder was last seen to pass; a passage without a holder (forced, free) says nothing about
    anybody, and makes the number inside unsure.
    """
    passes.passed(passage, case)
    _left_early(passage, case)
    if occupancy.is_loose(passage.data.outcome):
        passes.went_through(passage, case)
    if passage.data.holder is None:
        return
    key = presence_key(passage.site, passage.data.holder)
    row = case.row(PRESENCE, key, PresenceRow)
    known = row.presence if row else None
    after = presence_after(known, passage.data, passage.id, passage.time)
    if after is not None and after != known:
        visits = occupancy.is_visit(passage.data.credential or "") or (row is not None and row.visits)
        case.put(PRESENCE, key, PresenceRow(after, visits))
        if visits:
            passes.counted(passage, passage.data.holder, after, case)


def presence_key(site: str, holder: str) -> str:
    """Name a holder's row."""
    return f"{site}/{holder}"


def _left_early(passage: Event[Passage], case: Case) -> None:
    """Tell of a holder who left in lessons by their own card, unless a release stated why before. Who is let out by
    name has stated it at the post.
    """
    if passage.data.outcome != "left" or passage.data.credential is None:
        return
    policy = case.facts.policy(passage.site)
    card = case.facts.credential(passage.site, passage.data.credential)
    if policy is None or card is None or not leaves_early(policy, card, passage.time):
        return
    if not is_released(case.facts.release(passage.site, card.holder), passage.time):
        finding = Finding(rule="left_early", completed_by=passage.id, holder=card.holder, values={})
        tell(finding, passage, case)
