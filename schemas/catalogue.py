"""Every event that travels, in the data's order: the one list that topics, frozen schemas, AsyncAPI and tests are made
from.

A new version of an event is a new entry (``credential_read`` 2 beside 1); within a version only optional fields are
added.
"""

import msgspec

from schemas.access_decision import AccessDecision
from schemas.alarm import Alarm
from schemas.alarm_action import AlarmAction
from schemas.credential import Credential
from schemas.credential_read import CredentialRead
from schemas.dead_letter import DeadLetter
from schemas.delivery import Delivery
from schemas.gate_act import GateAct
from schemas.gate_event import GateEvent
from schemas.guard_answer import GuardAnswer
from schemas.panic import Panic
from schemas.pass_use import PassUse
from schemas.passage import Passage
from schemas.release import Release
from schemas.screening import Screening
from schemas.signal import Signal
from schemas.site_mode import SiteMode
from schemas.site_policy import SitePolicy
from schemas.visitor_pass import VisitorPass

Said = (
    CredentialRead
    | AccessDecision
    | GateAct
    | Passage
    | GateEvent
    | Panic
    | PassUse
    | Signal
    | Screening
    | Release
    | Alarm
    | AlarmAction
    | Delivery
    | Credential
    | VisitorPass
    | GuardAnswer
    | SitePolicy
    | SiteMode
    | DeadLetter
)
"""The data of any event."""


class EventKind(msgspec.Struct, frozen=True):
    """One event that may be said: its noun, its version, the shape of its data."""

    noun: str
    version: int
    shape: type[Said]

    @property
    def type(self) -> str:
        """Give its CloudEvents type, such as ``kz.qaqpa.credential_read.v1``."""
        return f"{TYPE_PREFIX}{self.noun}.v{self.version}"


TYPE_PREFIX = "kz.qaqpa."

EVENTS: tuple[EventKind, ...] = (
    EventKind("credential_read", 1, CredentialRead),
    EventKind("access_decision", 1, AccessDecision),
    EventKind("gate_act", 1, GateAct),
    EventKind("passage", 1, Passage),
    EventKind("gate_event", 1, GateEvent),
    EventKind("panic", 1, Panic),
    EventKind("pass_use", 1, PassUse),
    EventKind("signal", 1, Signal),
    EventKind("screening", 1, Screening),
    EventKind("release", 1, Release),
    EventKind("alarm", 1, Alarm),
    EventKind("alarm_action", 1, AlarmAction),
    EventKind("delivery", 1, Delivery),
    EventKind("credential", 1, Credential),
    EventKind("visitor_pass", 1, VisitorPass),
    EventKind("guard_answer", 1, GuardAnswer),
    EventKind("site_policy", 1, SitePolicy),
    EventKind("site_mode", 1, SiteMode),
    EventKind("dead_letter", 1, DeadLetter),
)

BY_TYPE: dict[str, EventKind] = {kind.type: kind for kind in EVENTS}
BY_SHAPE: dict[type[object], EventKind] = {kind.shape: kind for kind in EVENTS}
NOUNS: frozenset[str] = frozenset(kind.noun for kind in EVENTS)
