"""Who is at the gates, for the middle of the guard's page and the list of the latest.

Pure: the sight in, plain values out, for the templates to word.
"""

from datetime import datetime, timedelta

import msgspec

from schemas.gate_act import GateAct
from schemas.passage import Passage
from schemas.reasons import Verdict
from services.web.guard_console.post_state import SHOWN_FOR, PostState
from services.web.guard_console.seen import Seen
from services.web.guard_console.sight import Person, Sight

HELD_FOR = timedelta(minutes=10)
"""How long a verdict that needs a hand keeps the middle of the page when nobody says Done and nothing newer needs
one.
"""

NOW_FOR = timedelta(minutes=2)
"""How long somebody who may pass counts as being at the gate now."""

RECENT_SHOWN = 7


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what happened at a gate: an act with what the mechanism did, or a passage that had no act."""

    event: str
    at: datetime
    gate: str
    direction: str
    act: GateAct | None
    person: Person | None
    outcome: str | None


class NowView(msgspec.Struct, frozen=True):
    """Who is at the gate now; ``held`` when a hand is needed and the verdict stands until the next, or until Done."""

    read: Read | None
    held: bool


def now_view(sight: Sight) -> NowView:
    """Choose who stands in the middle of the page: the newest that needs a hand, else whoever came last."""
    held = sight.state.held
    if held is not None and held.id not in sight.done and sight.now - held.at < HELD_FOR and not _settled(sight, held):
        return NowView(read_of_act(sight, held), held=True)
    acts = [act for kept in sight.state.acts.values() for act in kept[:1]]
    newest = max(acts, key=lambda act: act.place, default=None)
    if newest is None or sight.now - newest.at >= NOW_FOR or newest.data.verdict != Verdict.ADMIT:
        return NowView(None, held=False)
    return NowView(read_of_act(sight, newest), held=False)


def recent_view(sight: Sight) -> list[Read]:
    """Give the latest reads and passages of all gates, newest first."""
    acts = (act for kept in sight.state.acts.values() for act in kept)
    alone = (passage for kept in sight.state.passages.values() for passage in kept if passage.data.read is None)
    reads = [read_of_act(sight, act) for act in acts if sight.now - act.at < SHOWN_FOR]
    reads += [_read_of_passage(sight, passage) for passage in alone if sight.now - passage.at < SHOWN_FOR]
    return sorted(reads, key=lambda read: (read.at, read.event), reverse=True)[:RECENT_SHOWN]


def holders(state: PostState) -> set[str]:
    """Give the holders whose names the page may want."""
    kept = {act.data.holder for acts in state.acts.values() for act in acts}
    held = {state.held.data.holder} if state.held else set()
    asked = {act.data.holder for act in state.questions.asked.values()}
    named = {answer.data.holder for answer in state.questions.answers.values()}
    return {holder for holder in kept | held | asked | named if holder is not None}


def read_of_act(sight: Sight, act: Seen[GateAct]) -> Read:
    """Give an act as the page shows it, with what the mechanism did after it."""
    outcomes = [
        passage
        for passage in sight.state.passages.get(act.data.gate, [])
        if (passage.data.read, passage.data.grant) == (act.data.read, act.data.grant)
    ]
    return Read(
        event=act.id,
        at=act.at,
        gate=sight.gate_name(act.data.gate),
        direction=act.data.direction,
        act=act.data,
        person=sight.people.get(act.data.holder or ""),
        outcome=outcomes[0].data.outcome if outcomes else None,
    )


def _settled(sight: Sight, held: Seen[GateAct]) -> bool:
    """Tell whether the gate has admitted on the guard's answer; a refusal is another act, which takes the middle."""
    return held.data.decided_by != "guard" and sight.state.questions.is_settled(held.data.read)


def _read_of_passage(sight: Sight, passage: Seen[Passage]) -> Read:
    return Read(
        event=passage.id,
        at=passage.at,
        gate=sight.gate_name(passage.data.gate),
        direction=passage.data.direction,
        act=None,
        person=None,
        outcome=passage.data.outcome,
    )
