"""Passes as rows: a grant reserves one, the passage uses it, and the site's people of visits are counted by their
passages.

What is said of acts and passages is made from them alone, so a replay says it again in the same bytes; rows only tell
how far a pass has been used. ``services/rules/pass_uses.py`` has the rules.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec

from schemas.envelope import Event
from schemas.gate_act import GateAct
from schemas.guard_answer import category_of_name
from schemas.outgoing import Outgoing
from schemas.pass_token import jti_of
from schemas.pass_use import PassUse
from schemas.passage import Passage
from schemas.reasons import Verdict
from schemas.topics import PASS_USES
from schemas.visitor_pass import VisitorPass
from services.flow.case import Case
from services.flow.findings import Finding, tell
from services.rules import occupancy, pass_uses
from services.rules.facts import PassStanding, Presence
from services.rules.occupancy import Occupancy
from services.rules.pass_uses import PassUses

USES = "pass_uses"
OCCUPANCY = "occupancy"

NOBODY = ""
"""The holder in a pass use whose gate could not tell whose pass it was."""


class UsesRow(msgspec.Struct, frozen=True, array_like=True):
    """What has become of one pass of a site."""

    uses: PassUses


def standing(site: str, shown: VisitorPass, read: str, case: Case) -> PassStanding | None:
    """Give how far a pass has been used, as a read of it finds it."""
    row = case.row(USES, _key(site, shown.jti), UsesRow)
    return None if row is None else pass_uses.standing(row.uses, shown.entries, read)


def inside_now(site: str, case: Case) -> tuple[int, int]:
    """Count the people of visits who are inside a site, and give by how many that may be wrong."""
    known = case.row(OCCUPANCY, site, Occupancy) or Occupancy()
    return occupancy.count(known, case.now), occupancy.unsure(known, case.now)


def reserved(site: str, shown: VisitorPass, gate: str, read: str, case: Case) -> Outgoing:
    """Reserve a pass for the read that is being admitted, and say so."""
    _change(site, shown.jti, case, lambda known: pass_uses.granted(known, read, case.now))
    use = PassUse(jti=shown.jti, state="reserved", gate=gate, read=read, passage=None, holder=shown.holder)
    return _say(f"pass_use/reserved/{read}", site, case.now, use, case)


def acted(act: Event[GateAct], case: Case) -> None:
    """Let what a gate did alone, or a guard's yes, reserve the pass too; a gate that refused what the stream had
    granted frees it.
    """
    jti = jti_of(act.data.credential)
    if jti is None or act.data.direction == "exit" or act.data.decided_by == "online":
        return
    if act.data.verdict is not Verdict.ADMIT:
        uses = _change(act.site, jti, case, lambda known: pass_uses.refused(known, act.data.read))
        if uses.ended == act.data.read:
            _say_step("freed", jti, act, act.data.read, case)
    elif act.data.grant is not None:
        _change(act.site, jti, case, lambda known: pass_uses.granted(known, act.data.read, act.time))
        _say_step("reserved", jti, act, act.data.read, case)


def passed(passage: Event[Passage], case: Case) -> None:
    """Let a passage use or free the pass that it was granted to; a pass for one entry that went in twice is a
    finding.
    """
    data = passage.data
    jti, became = jti_of(data.credential or ""), pass_uses.what_became(data)
    if jti is None or became is None:
        return
    _say_step(became, jti, passage, data.read, case)
    if became == "freed":
        _change(passage.site, jti, case, lambda known: pass_uses.ended(known, data.read))
        return
    uses = _change(passage.site, jti, case, lambda known: pass_uses.used(known, data.read, passage.id, passage.time))
    _twice(passage, jti, pass_uses.used_before(uses, passage.id), case)


def counted(passage: Event[Passage], holder: str, now: Presence, case: Case) -> None:
    """Keep who is inside for a visit, when a holder's presence has changed."""
    by_name = category_of_name(passage.data.credential or "") is not None
    _occupy(
        passage.site,
        case,
        lambda known: occupancy.moved(known, holder, now.at if now.inside else None, case.now, by_name=by_name),
    )


def went_through(passage: Event[Passage], case: Case) -> None:
    """Keep that somebody whom nobody can name went through: who is inside is less sure."""
    _occupy(passage.site, case, lambda known: occupancy.went_through(known, passage.id, passage.time, case.now))


def _occupy(site: str, case: Case, change: Callable[[Occupancy], Occupancy]) -> None:
    before = case.row(OCCUPANCY, site, Occupancy) or Occupancy()
    after = change(before)
    if after != before:
        case.put(OCCUPANCY, site, after)


def _twice(passage: Event[Passage], jti: str, first: PassStanding | None, case: Case) -> None:
    shown = case.facts.visitor_pass(passage.site, jti)
    if first is None or shown is None or shown.entries != "single":
        return
    values = {"passage": first.passage or "", "read": first.read, "at": first.at.isoformat()}
    finding = Finding(
        rule="pass_used_twice", completed_by=passage.id, holder=passage.data.holder or shown.holder, values=values
    )
    tell(finding, passage, case)


def _change(site: str, jti: str, case: Case, change: Callable[[PassUses], PassUses]) -> PassUses:
    row = case.row(USES, _key(site, jti), UsesRow)
    before = row.uses if row else PassUses()
    after = change(before)
    if after != before:
        case.put(USES, _key(site, jti), UsesRow(after))
    return after


def _say_step(
    state: Literal["reserved", "used", "freed"],
    jti: str,
    event: Event[GateAct] | Event[Passage],
    read: str | None,
    case: Case,
) -> None:
    use = PassUse(
        jti=jti,
        state=state,
        gate=event.data.gate,
        read=read or "",
        passage=event.id if state != "reserved" else None,
        holder=event.data.holder or NOBODY,
    )
    _say(f"pass_use/{state}/{event.id}", event.site, event.time, use, case)


def _say(name: str, site: str, at: datetime, use: PassUse, case: Case) -> Outgoing:
    return case.say(PASS_USES, Event(id=name, source=case.speaker.source, time=at, site=site, data=use))


def _key(site: str, jti: str) -> str:
    return f"{site}/{jti}"
