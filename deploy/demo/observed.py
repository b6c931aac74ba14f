"""What the stream says, as anybody may read it: the demo's own witness, who follows every topic and keeps what it
has seen.
"""

from collections import defaultdict
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from deploy.demo.watched import Watched
from schemas.access_decision import AccessDecision
from schemas.alarm import Alarm
from schemas.credential_read import CredentialRead
from schemas.dead_letter import DeadLetter
from schemas.delivery import Delivery
from schemas.envelope import Event, RefusedRecord, unwrap
from schemas.gate_act import GateAct
from schemas.panic import Panic
from schemas.passage import Passage
from schemas.topics import (
    ACCESS_DECISIONS,
    ALARMS,
    CREDENTIAL_READS,
    DEAD_LETTERS,
    DELIVERIES,
    GATE_ACTS,
    PANICS,
    PASSAGES,
    VISITOR_PASSES,
)
from schemas.visitor_pass import VisitorPass
from services.kafka_client.follower import Follower, Kept
from services.settings import Configuration

TOPICS = (
    CREDENTIAL_READS,
    ACCESS_DECISIONS,
    GATE_ACTS,
    PASSAGES,
    PANICS,
    ALARMS,
    DELIVERIES,
    VISITOR_PASSES,
    *DEAD_LETTERS.values(),
)


class Observed(Watched):
    """Everything seen so far. Lists keep repeats, since repeats are what is looked for."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        super().__init__()
        self.reads: dict[str, Event[CredentialRead]] = {}
        self.raw: dict[str, bytes] = {}
        self.decisions: dict[str, list[Event[AccessDecision]]] = defaultdict(list)
        self.acts: dict[str, list[Event[GateAct]]] = defaultdict(list)
        self.acts_of_credential: dict[str, list[Event[GateAct]]] = defaultdict(list)
        self.passages: dict[str, Event[Passage]] = {}
        self.passages_of: dict[str, list[Event[Passage]]] = defaultdict(list)
        self.panics: dict[str, Event[Panic]] = {}
        self.alarms: dict[str, list[Event[Alarm]]] = defaultdict(list)
        self.deliveries: dict[str, list[Event[Delivery]]] = defaultdict(list)
        self.passes: dict[str, Event[VisitorPass]] = {}
        self.dead_letters: list[Event[DeadLetter]] = []
        self.unreadable = 0
        self.first_decision_at: datetime | None = None
        self._keepers: dict[type, Callable[[Any, Kept], None]] = {
            CredentialRead: self._read,
            AccessDecision: self._decision,
            GateAct: self._act,
            Passage: self._passage,
            Panic: self._panic,
            Alarm: self._alarm,
            Delivery: self._delivery,
            VisitorPass: self._pass,
            DeadLetter: self._dead_letter,
        }

    async def follow(self, configuration: Configuration) -> None:
        """Take what arrives until cancelled."""
        async with aclosing(Follower(configuration, TOPICS).batches()) as batches:
            async for batch in batches:
                for kept in batch:
                    self._take(kept)
                self._changed.set()

    def _take(self, kept: Kept) -> None:
        try:
            event = unwrap(kept.topic, kept.value)
        except RefusedRecord:
            self.unreadable += 1
            return
        keep = self._keepers.get(type(event.data))
        if keep is not None:
            keep(event, kept)

    def _read(self, event: Event[CredentialRead], kept: Kept) -> None:
        self.reads[event.id] = event
        self.raw[event.id] = kept.value or b""

    def _decision(self, event: Event[AccessDecision], _: Kept) -> None:
        self.first_decision_at = self.first_decision_at or datetime.now(UTC)
        self.decisions[event.data.read].append(event)

    def _act(self, event: Event[GateAct], _: Kept) -> None:
        if event.id not in {known.id for known in self.acts[event.data.read]}:
            self.acts_of_credential[event.data.credential].append(event)
        self.acts[event.data.read].append(event)

    def _passage(self, event: Event[Passage], _: Kept) -> None:
        if event.id not in self.passages and event.data.grant is not None:
            self.passages_of[event.data.grant].append(event)
        self.passages[event.id] = event

    def _panic(self, event: Event[Panic], _: Kept) -> None:
        self.panics[event.id] = event

    def _alarm(self, event: Event[Alarm], _: Kept) -> None:
        self.alarms[event.data.alarm].append(event)

    def _delivery(self, event: Event[Delivery], _: Kept) -> None:
        self.deliveries[event.data.event].append(event)

    def _pass(self, event: Event[VisitorPass], _: Kept) -> None:
        self.passes[event.data.jti] = event

    def _dead_letter(self, event: Event[DeadLetter], _: Kept) -> None:
        self.dead_letters.append(event)
