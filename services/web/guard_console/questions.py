"""What gates asked the guard, what people answered, and what the gates then did: kept apart from a gate's latest acts,
so that no rush pushes a question out.

Pure, and the same in whatever order it is told.
"""

from datetime import datetime

import msgspec

from schemas.gate_act import GateAct
from schemas.guard_answer import GuardAnswer
from schemas.reasons import Verdict
from services.web.guard_console.seen import Seen


class Questions(msgspec.Struct, kw_only=True):
    """``asked`` and ``answers`` by event id; ``settled``, acts on a guard's answer, by the answer's event id."""

    asked: dict[str, Seen[GateAct]] = msgspec.field(default_factory=dict)
    settled: dict[str, Seen[GateAct]] = msgspec.field(default_factory=dict)
    answers: dict[str, Seen[GuardAnswer]] = msgspec.field(default_factory=dict)

    def take_act(self, act: Seen[GateAct]) -> None:
        """Keep an act that asked, or one that followed an answer."""
        if act.data.decided_by == "guard":
            known = self.settled.get(act.data.decision or "")
            if known is None or known.place < act.place:
                self.settled[act.data.decision or ""] = act
        elif act.data.verdict == Verdict.ASK and act.data.direction == "entry":
            self.asked[act.id] = act

    def take_answer(self, answer: Seen[GuardAnswer]) -> bool:
        """Keep an answer and tell whether it is new."""
        if answer.id in self.answers:
            return False
        self.answers[answer.id] = answer
        return True

    def answer_to(self, read: str) -> Seen[GuardAnswer] | None:
        """Give the newest answer to a read."""
        given = (answer for answer in self.answers.values() if answer.data.read == read)
        return max(given, key=lambda answer: answer.place, default=None)

    def is_settled(self, read: str) -> bool:
        """Tell whether the gate has acted on an answer to a read."""
        return any(act.data.read == read for act in self.settled.values())

    def forget(self, before: datetime) -> None:
        """Drop what is older."""
        self.asked = {name: act for name, act in self.asked.items() if act.at >= before}
        self.settled = {name: act for name, act in self.settled.items() if act.at >= before}
        self.answers = {name: answer for name, answer in self.answers.items() if answer.at >= before}
