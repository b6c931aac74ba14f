"""Gates held free for an emergency crew, as the post sees it: what people said, and what the gates then told.

Pure, and the same in whatever order it is told.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from schemas.gate_event import GateEvent
from schemas.guard_answer import GuardAnswer
from services.web.guard_console.seen import Seen

UNHEARD_AFTER = timedelta(seconds=10)
"""A gate that has a link carries out a word in far less."""

Standing = Literal["sent", "unheard", "held", "ending"]
_HELD_FREE = "held_free"


class HoldView(msgspec.Struct, frozen=True):
    """A gate that is held, or is to be: how far it is, by whom, until when."""

    standing: Standing
    by: str
    until: datetime


class Holds(msgspec.Struct, kw_only=True):
    """Of each gate the newest word about a crew, and the newest that the gate itself told of its mode."""

    said: dict[str, Seen[GuardAnswer]] = msgspec.field(default_factory=dict)
    told: dict[str, Seen[GateEvent]] = msgspec.field(default_factory=dict)

    def take_answer(self, answer: Seen[GuardAnswer]) -> bool:
        """Keep what a person said and tell whether it is new."""
        known = self.said.get(answer.data.gate)
        if known is not None and known.place >= answer.place:
            return False
        self.said[answer.data.gate] = answer
        return True

    def take_event(self, event: Seen[GateEvent]) -> bool:
        """Keep what a gate told and tell whether it is new."""
        known = self.told.get(event.data.gate)
        if known is not None and known.place >= event.place:
            return False
        self.told[event.data.gate] = event
        return True

    def view(self, gate: str, now: datetime, started: datetime | None) -> HoldView | None:
        """Give how it stands with a gate, None where nothing is held or awaited; ``started`` is when it last began."""
        said, told = self.said.get(gate), self.told.get(gate)
        held = _held(told) if told is not None and (started is None or told.at >= started) else None
        if held is not None and now < held.until:
            ends = said is not None and said.data.answer == "refuse" and told is not None and told.at < said.at
            return msgspec.structs.replace(held, standing="ending") if ends else held
        if said is None or said.data.answer == "refuse" or now >= said.data.expires_at:
            return None
        if told is not None and told.data.detail.get("answer") == said.id:
            return None
        return HoldView("sent" if now - said.at < UNHEARD_AFTER else "unheard", said.data.by, said.data.expires_at)

    def people(self) -> set[str]:
        """Give the logins of whoever is named."""
        return {answer.data.by for answer in self.said.values()} | {
            told.data.detail["by"] for told in self.told.values() if "by" in told.data.detail
        }

    def forget(self, before: datetime) -> None:
        """Drop the words that were over before."""
        self.said = {gate: answer for gate, answer in self.said.items() if answer.data.expires_at >= before}


def _held(told: Seen[GateEvent]) -> HoldView | None:
    detail = told.data.detail
    if detail.get("mode") != _HELD_FREE or "by" not in detail or "until" not in detail:
        return None
    return HoldView("held", detail["by"], datetime.fromisoformat(detail["until"]))
