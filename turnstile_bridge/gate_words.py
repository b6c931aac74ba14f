"""The words of the gate's state machine: what happens to it, what it wants done, and what it remembers. Values only."""

from datetime import datetime
from typing import Literal

import msgspec

from schemas.access_decision import AccessDecision
from schemas.catalogue import Said
from schemas.credential_read import CredentialRead, Direction, PassFault, Technology
from schemas.gate_act import GateAct
from schemas.guard_answer import Because, GuardAnswer
from schemas.site_mode import Mode
from schemas.topics import Topic
from services.rules.decide import Decided
from turnstile_bridge.drivers.interface import HardwareEvent, Look

ReadPhase = Literal["asked", "deciding", "closing", "probing"]
LanePhase = Literal["locked", "unlocked", "passing"]


class Instant(msgspec.Struct, frozen=True):
    """Now, twice: ``at`` by the wall clock (UTC) for what is said, ``s`` by a clock that never jumps for time-outs."""

    at: datetime
    s: float


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What does not change while the gate runs: its name, each way's relay reader, how long an unlock lasts and may
    be told late.
    """

    gate: str
    relay_reader: dict[Direction, str]
    wait_s: float
    margin_s: float


class Shown(msgspec.Struct, frozen=True):
    """A credential was shown. ``id`` is the id that its record gets if it is a new read."""

    id: str
    reader: str
    direction: Direction
    credential: str
    bits: int
    answer_within_s: float
    technology: Technology = "card"
    pass_fault: PassFault | None = None


class Answered(msgspec.Struct, frozen=True):
    """An online decision came, signed for this gate. ``id`` and ``at`` are its event's."""

    id: str
    decision: AccessDecision
    at: datetime | None = None


class GuardAnswered(msgspec.Struct, frozen=True):
    """A guard's answer came, signed for this gate. ``id`` and ``at`` are its event's; ``own_id`` is the one that the
    gate's next record gets, which stands for the read where somebody is admitted by name.
    """

    id: str
    answer: GuardAnswer
    own_id: str = ""
    at: datetime | None = None


class OwnDecision(msgspec.Struct, frozen=True):
    """What ``decide`` says of a read from the facts on disk."""

    read: str
    decided: Decided


class ModeKnown(msgspec.Struct, frozen=True):
    """The site's mode as it holds now; a drill changes nothing at a gate."""

    mode: Mode
    drill: bool


class LinkLost(msgspec.Struct, frozen=True):
    """The stream takes nothing any more."""


class LinkRestored(msgspec.Struct, frozen=True):
    """The stream takes records again after ``gap_s``."""

    gap_s: float


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A permission to pass once, from an act."""

    id: str
    read: str
    reader: str
    direction: Direction
    credential: str
    holder: str | None
    expires_at: datetime


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A gate held free for an emergency crew: by which answer and whom, since when and until when; ``until_s`` is the
    end by the clock that never jumps.
    """

    answer: str
    because: Because
    by: str
    since: datetime
    until: datetime
    until_s: float = 0.0


class OpenRead(msgspec.Struct, frozen=True, kw_only=True):
    """A read on its way to its one act. ``deadline_s`` is when the gate stops waiting; after that, as a probe, the
    read is forgotten.
    """

    id: str
    data: CredentialRead
    phase: ReadPhase
    shown: Instant
    deadline_s: float


class Resumed(msgspec.Struct, frozen=True):
    """The bridge begins: what it finds unfinished in its journal, reads without an act, grants without a passage,
    questions without an answer, with their times, the guards' answers that it has acted on, and a hold.
    """

    reads: tuple[tuple[str, datetime, CredentialRead], ...]
    grants: tuple[tuple[Grant, datetime], ...]
    questions: tuple[tuple[GateAct, datetime], ...] = ()
    answers: tuple[tuple[str, datetime], ...] = ()
    hold: Hold | None = None


class Tick(msgspec.Struct, frozen=True):
    """Time has passed; what is due is done."""


GateInput = (
    Shown
    | Answered
    | GuardAnswered
    | OwnDecision
    | ModeKnown
    | LinkLost
    | LinkRestored
    | Resumed
    | Tick
    | HardwareEvent
)


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One way through the turnstile: its phase, the grant that it is open for, until when, and who is next."""

    phase: LanePhase = "locked"
    grant: Grant | None = None
    deadline_s: float | None = None
    waiting: tuple[Grant, ...] = ()


class Question(msgspec.Struct, frozen=True):
    """A read that was acted on by asking the guard, and when."""

    act: GateAct
    asked_at: datetime


class GateState(msgspec.Struct, frozen=True, kw_only=True):
    """All that a gate remembers between two events.

    ``shown`` keeps when a credential was last read at a reader; ``unanswered`` counts time-outs running; ``free``
    holds why the gate is free, ``hold`` what an emergency crew's hold is, and until ``closing_s`` somebody may still go
    through what was free; ``away`` the readers that cannot be reached. ``questions`` wait for the guard, by read;
    ``answers`` keeps when an answer was acted on.
    """

    reads: dict[str, OpenRead] = {}
    lanes: dict[Direction, Lane] = msgspec.field(default_factory=lambda: {"entry": Lane(), "exit": Lane()})
    shown: dict[tuple[str, str], float] = {}
    unanswered: int = 0
    free: frozenset[str] = frozenset()
    hold: Hold | None = None
    closing_s: float = float("-inf")
    mode: Mode = "normal"
    away: frozenset[str] = frozenset()
    questions: dict[str, Question] = {}
    answers: dict[str, datetime] = {}


class Say(msgspec.Struct, frozen=True):
    """Write this to the journal, for its topic. ``id`` is given where the machine counts on the id that the record
    will have; a grant is kept with its act, a hold with what tells of it, and what ends the hold says so.
    """

    topic: Topic
    data: Said
    id: str | None = None
    grant: Grant | None = None
    hold: Hold | None = None
    ends_hold: bool = False


class DecideAlone(msgspec.Struct, frozen=True):
    """Look up the facts, decide, and come back with ``OwnDecision``."""

    read: OpenRead


class Unlock(msgspec.Struct, frozen=True):
    """Open one way for a grant."""

    grant: Grant


class Relock(msgspec.Struct, frozen=True):
    """Take one way's opening back."""

    direction: Direction


class SetFree(msgspec.Struct, frozen=True):
    """Hold the gate open, or stop holding it."""

    on: bool


class Indicate(msgspec.Struct, frozen=True):
    """Show at a reader what became of a card."""

    reader: str
    look: Look


Effect = Say | DecideAlone | Unlock | Relock | SetFree | Indicate
Step = tuple[GateState, list[Effect]]
"""The state after an event, and what is to be done, in this order."""
