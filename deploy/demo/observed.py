"""What the stream says, as anybody may read it: the demo's own witness, who follows every topic and keeps what it has seen."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

from schemas.access_decision import AccessDecision
from schemas.alarm import Alarm
from schemas.credential_read import CredentialRead
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
    GATE_EVENTS,
    PANICS,
    PASSAGES,
    SIGNALS,
)
from services.kafka_client.follower import Follower, Kept
from services.settings import Configuration

TOPICS = (
    CREDENTIAL_READS,
    ACCESS_DECISIONS,
    GATE_ACTS,
    PASSAGES,
    GATE_EVENTS,
    PANICS,
    SIGNALS,
    ALARMS,
    DELIVERIES,
    *DEAD_LETTERS.values(),
)


class Observed:
    """Everything seen so far. Lists keep repeats, since repeats are what is looked for."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
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
        self.gate_event_kinds: dict[str, int] = defaultdict(int)
        self.dead_letters = 0
        self.unreadable = 0
        self.first_decision_at: datetime | None = None
        self._changed = asyncio.Event()

    async def follow(self, configuration: Configuration) -> None:
        """Take what arrives until cancelled."""
        async for batch in Follower(configuration, TOPICS).batches():
            for kept in batch:
                self._take(kept)
            self._changed.set()

    async def until(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Wait until a condition on what has been seen holds; False when it did not in time."""
        try:
            async with asyncio.timeout(within_s):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return condition()
        return True

    def _take(self, kept: Kept) -> None:
        try:
            event = unwrap(kept.topic, kept.value)
        except RefusedRecord:
            self.unreadable += 1
            return
        if kept.topic in DEAD_LETTERS.values():
            self.dead_letters += 1
        match event.data:
            case CredentialRead():
                self.reads[event.id] = event  # type: ignore[assignment]  narrowed by its data
                self.raw[event.id] = kept.value or b""
            case AccessDecision(read=read):
                self.first_decision_at = self.first_decision_at or datetime.now(UTC)
                self.decisions[read].append(event)  # type: ignore[arg-type]
            case GateAct(read=read, credential=credential):
                if event.id not in {known.id for known in self.acts[read]}:
                    self.acts_of_credential[credential].append(event)  # type: ignore[arg-type]
                self.acts[read].append(event)  # type: ignore[arg-type]
            case Passage(grant=grant):
                if event.id not in self.passages and grant is not None:
                    self.passages_of[grant].append(event)  # type: ignore[arg-type]
                self.passages[event.id] = event  # type: ignore[assignment]
            case Panic():
                self.panics[event.id] = event  # type: ignore[assignment]
            case Alarm(alarm=alarm):
                self.alarms[alarm].append(event)  # type: ignore[arg-type]
            case Delivery(event=about):
                self.deliveries[about].append(event)  # type: ignore[arg-type]
            case _:
                if kept.topic is GATE_EVENTS:
                    self.gate_event_kinds[getattr(event.data, "kind", "")] += 1
