"""A gate's state machine in a test's hands: it lets things happen and time pass, and sees what was said and done."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from schemas.access_decision import AccessDecision
from schemas.credential_read import Direction
from schemas.guard_answer import GuardAnswer
from schemas.ids import decision_id
from schemas.reasons import Reason, Verdict
from services.rules.decide import Decided
from turnstile_bridge import gate
from turnstile_bridge.gate_words import (
    Answered,
    DecideAlone,
    Effect,
    GateInput,
    GateState,
    Grant,
    GuardAnswered,
    Instant,
    OwnDecision,
    Say,
    Setup,
    Shown,
    Tick,
    Unlock,
)

EIGHT = datetime(2026, 9, 1, 3, 0, tzinfo=UTC)
SETUP = Setup(gate="main", relay_reader={"entry": "in", "exit": "in"}, wait_s=5.0, margin_s=0.5)
READERS: dict[str, Direction] = {"in": "entry", "out": "exit"}

GUARD: dict[str, Any] = {
    "gate": "main",
    "direction": "entry",
    "because": "known_to_me",
    "holder": None,
    "category": None,
    "by": "guard",
    "post": "post-1",
    "allowed_by": None,
    "comment": None,
}


@dataclass
class Played:
    """A gate in a test's hands: it keeps the time, mints ids as the journal does, and notes what was said and done."""

    own_verdict: Verdict = Verdict.ADMIT
    state: GateState = field(default_factory=GateState)
    s: float = 1000.0
    seq: int = 0
    answered: int = 0
    done: list[Effect] = field(default_factory=list)

    @property
    def now(self) -> Instant:
        """Give the time."""
        return Instant(EIGHT + timedelta(seconds=self.s - 1000.0), self.s)

    def happens(self, event: GateInput) -> list[Effect]:
        """Let something happen, decisions of the gate's own included."""
        self.state, effects = gate.step(SETUP, self.state, event, self.now)
        self.done += effects
        self.seq += sum(isinstance(effect, Say) for effect in effects)
        for effect in effects:
            if isinstance(effect, DecideAlone):
                self.happens(OwnDecision(effect.read.id, decided(effect.read.data.direction, self.own_verdict)))
        return effects

    def answers(self, read: str | None, verdict: Literal["admit", "refuse"] = "admit", **changed: Any) -> list[Effect]:
        """Let the guard answer a read, or admit somebody by name; each answer is another unless ``id`` says so."""
        self.answered += 1
        event_id = changed.pop("id", f"administration:1:{self.answered}")
        at = changed.pop("at", self.now.at)
        told = GUARD | {"read": read, "answer": verdict, "expires_at": self.now.at + timedelta(seconds=30)} | changed
        return self.happens(GuardAnswered(event_id, GuardAnswer(**told), f"main:1:{self.seq + 1}", at))

    def holds(self, minutes: float = 10, **changed: Any) -> list[Effect]:
        """Let the guard hold the gate free for a crew."""
        until = self.now.at + timedelta(minutes=minutes)
        return self.answers(
            None, "admit", **{"because": "crew_coming", "category": "emergency", "expires_at": until} | changed
        )

    def lets_go(self, **changed: Any) -> list[Effect]:
        """Let the guard end that."""
        return self.answers(None, "refuse", because="crew_coming", **changed)

    def asks(self, credential: str = "aa") -> str:
        """Let a card be shown that the stream asks the guard about; gives its read."""
        read = self.shows(credential)
        self.happens(answer(read, Verdict.ASK, credential=credential, reason=Reason.LATE))
        return read

    def passes(self, for_s: float) -> None:
        """Let time go by, ticking when the gate asked for it."""
        until_s = self.s + for_s
        while (due_s := gate.next_deadline_s(self.state)) is not None and due_s <= until_s:
            self.s = max(self.s, due_s)
            self.happens(Tick())
        self.s = until_s

    def shows(self, credential: str = "aa", reader: str = "in") -> str:
        """Show a card; gives the id that a read gets now."""
        event_id = f"main:1:{self.seq + 1}"
        self.happens(Shown(event_id, reader, READERS[reader], credential, 26, 0.3))
        return event_id

    def said(self, shape: type[Any], **fields: object) -> list[Any]:
        """Give what was said of a kind."""
        data = [effect.data for effect in self.done if isinstance(effect, Say)]
        return [one for one in data if isinstance(one, shape) and all(getattr(one, k) == v for k, v in fields.items())]

    def unlocked(self) -> list[str]:
        """Give the grants for which the gate was opened."""
        return [effect.grant.id for effect in self.done if isinstance(effect, Unlock)]


def decided(direction: Direction, verdict: Verdict) -> Decided:
    """Give a decision of the gate's own; ``decide`` never refuses an exit."""
    verdict = Verdict.ADMIT if direction == "exit" else verdict
    reason = {Verdict.ADMIT: Reason.VALID, Verdict.REFUSE: Reason.UNKNOWN_CREDENTIAL, Verdict.ASK: Reason.NO_POLICY}
    return Decided(
        verdict=verdict,
        reason=reason[verdict],
        values={},
        holder="h",
        category="staff",
        policy_version=1,
        policy_age_s=0.0,
    )


def answer(read: str, verdict: Verdict = Verdict.ADMIT, *, direction: Direction = "entry", **changed: Any) -> Answered:
    """Give an online decision about a read."""
    told: dict[str, Any] = {
        "read": read,
        "gate": "main",
        "reader": "in",
        "direction": direction,
        "credential": "aa",
        "verdict": verdict,
        "reason": Reason.VALID if verdict is Verdict.ADMIT else Reason.REVOKED,
        "values": {},
        "holder": "h",
        "category": "staff",
        "policy_version": 2,
        "policy_age_s": 0.0,
        "late": False,
        "expires_at": EIGHT + timedelta(hours=1),
    }
    return Answered(decision_id(read), AccessDecision(**told | changed))


def grant(read: str) -> Grant:
    """Give a grant as a journal kept it."""
    return Grant(
        id=f"grant/{read}",
        read=read,
        reader="in",
        direction="entry",
        credential="aa",
        holder="h",
        expires_at=EIGHT + timedelta(seconds=10),
    )
