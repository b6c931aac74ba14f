"""What comes from the stream, checked before anybody acts on it: signature, writing role, partition, site, gate.

What is refused is counted and kept on disk beside the facts. Each thread that brings records has an ``Incoming`` of
its own.
"""

import logging
from pathlib import Path

from schemas.access_decision import AccessDecision
from schemas.catalogue import Said
from schemas.envelope import Event, RefusedRecord, unwrap
from schemas.guard_answer import GuardAnswer
from schemas.site_mode import SiteMode
from schemas.topics import Topic
from schemas.trust import Trust
from turnstile_bridge.facts import FactsOnDisk
from turnstile_bridge.gate_words import Answered, GuardAnswered, ModeKnown
from turnstile_bridge.log import log


class Incoming:
    """The way in for the records of one site's partitions."""

    def __init__(self, trust: Trust, site: str, gate: str, facts: Path) -> None:
        """Take what is believed, whose records matter, and the file of the facts."""
        self._trust = trust
        self._site, self._gate = site, gate
        self.facts = FactsOnDisk(facts, site)
        self.refused = 0

    def order(self, topic: Topic, position: tuple[int, int], value: bytes | None) -> Answered | GuardAnswered | None:
        """Give the decision or the guard's answer in a record when it is for this gate. ``position`` is partition and
        offset.
        """
        with self.facts.whole():
            event = self._checked(topic, position, value)
        match event:
            case Event(data=AccessDecision(gate=self._gate) as decision):
                return Answered(event.id, decision, event.time)
            case Event(data=GuardAnswer(gate=self._gate) as answer):
                return GuardAnswered(event.id, answer, at=event.time)
            case _:
                return None

    def fact(self, topic: Topic, position: tuple[int, int], value: bytes | None) -> ModeKnown | None:
        """Keep the fact in a record, in the transaction that ``facts.whole`` began; gives the site's mode when it
        is new.
        """
        event = self._checked(topic, position, value)
        if event is None:
            self.facts.passed_over(topic, position)
        elif self.facts.take(event, topic, position) and isinstance(event.data, SiteMode):
            return ModeKnown(event.data.mode, event.data.drill)
        return None

    def close(self) -> None:
        """Close the file of the facts."""
        self.facts.close()

    def _checked(self, topic: Topic, position: tuple[int, int], value: bytes | None) -> Event[Said] | None:
        partition, offset = position
        try:
            event = unwrap(topic, value)
            if event.site != self._site:
                return None
            self._trust.check(topic, partition, event)
        except RefusedRecord as refusal:
            self.refused += 1
            log("record_refused", logging.WARNING, topic=topic.name, offset=offset, reason=refusal.reason)
            self.facts.refuse(topic, position, value, refusal)
            return None
        return event
