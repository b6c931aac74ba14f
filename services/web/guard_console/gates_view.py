"""How each gate of a site is reached, what troubles it, and who came last.

Pure: the sight in, plain values out, for the templates to word.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from schemas.gate_act import GateAct
from schemas.gate_event import GateEvent
from services.web.guard_console.holds import HoldView
from services.web.guard_console.post_state import SHOWN_FOR
from services.web.guard_console.reads_view import Read, read_of_act
from services.web.guard_console.seen import Seen
from services.web.guard_console.sight import Sight
from services.web.guard_console.troubles import LINK

SILENT_AFTER = timedelta(seconds=30)
"""A gate is silent after three missed heartbeats (one every 10 s)."""

TROUBLE_FOR = timedelta(minutes=5)
"""How long a trouble that nothing takes back (tamper, a forced arm) stands at its gate."""

Link = Literal["online", "alone", "silent", "unheard", "unknown"]

_LASTING = frozenset({"device_silent", "secure_channel_lost", "fire_contact"})
_WELL = frozenset({"device_back", "link_restored", "link_lost"})
"""Not a trouble to list: good news, and the lost link, which the gate's own line tells."""


class GateView(msgspec.Struct, frozen=True, kw_only=True):
    """One gate: how it is reached, since when, what troubles it, who came last, whether it is held for a crew.

    ``unknown`` while this page itself has no news: then a gate's silence says nothing of the gate.
    """

    gate: str
    name: str
    link: Link
    since: datetime | None
    heard_at: datetime | None
    troubles: list[str]
    last: Read | None
    hold: HoldView | None


def gates_view(sight: Sight) -> list[GateView]:
    """Give every gate of the site, in the order of their names, so that places never move."""
    known = set(sight.state.policy.data.gates) if sight.state.policy else set(sight.state.heard)
    return sorted((_gate(sight, gate) for gate in known), key=lambda view: (view.name, view.gate))


def _gate(sight: Sight, gate: str) -> GateView:
    acts = sight.state.acts.get(gate, [])
    link, since = _link(sight, gate, acts)
    return GateView(
        gate=gate,
        name=sight.gate_name(gate),
        link=link,
        since=since,
        heard_at=sight.state.heard.get(gate),
        troubles=_troubles(sight, gate),
        last=read_of_act(sight, acts[0]) if acts and sight.now - acts[0].at < SHOWN_FOR else None,
        hold=sight.state.holds.view(gate, sight.now, sight.state.started.get(gate)),
    )


def _link(sight: Sight, gate: str, acts: Sequence[Seen[GateAct]]) -> tuple[Link, datetime | None]:
    if sight.news.state != "live":
        return "unknown", None
    heard = sight.state.heard.get(gate)
    if heard is None:
        return "unheard", None
    if sight.now - heard >= SILENT_AFTER:
        return "silent", heard
    link = _newest_link_event(sight, gate)
    alone_since = link.at if link is not None and link.data.kind == "link_lost" else None
    restored_at = link.at if link is not None and link.data.kind == "link_restored" else None
    for act in acts:
        if act.data.decided_by != "gate" or (restored_at is not None and act.at < restored_at):
            break
        alone_since = min(alone_since or act.at, act.at)
    return ("alone", alone_since) if alone_since is not None else ("online", None)


def _newest_link_event(sight: Sight, gate: str) -> Seen[GateEvent] | None:
    started = sight.state.started.get(gate)
    told = [
        event
        for (of, group, _), event in sight.state.troubles.items()
        if of == gate and group == LINK and (started is None or event.at >= started)
    ]
    return max(told, key=lambda event: event.place, default=None)


def _troubles(sight: Sight, gate: str) -> list[str]:
    started = sight.state.started.get(gate)
    found: list[str] = []
    for (of, _, _), event in sorted(sight.state.troubles.items(), key=lambda item: item[0]):
        kind = event.data.kind
        over = kind in _WELL or (started is not None and event.at < started)
        lasts = kind in _LASTING or sight.now - event.at < TROUBLE_FOR
        if of == gate and not over and lasts and kind not in found:
            found.append(kind)
    return found
