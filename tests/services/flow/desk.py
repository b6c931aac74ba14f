"""A desk where hops are tried: facts and rows in memory, one record after the other, as an app would, without Kafka."""

from datetime import datetime
from typing import Any

import msgspec

from schemas.credential import Credential
from schemas.envelope import Event
from schemas.outgoing import Outgoing
from schemas.release import Release
from schemas.screening import Screening
from schemas.site_mode import SiteMode
from schemas.site_policy import SitePolicy
from schemas.topics import BY_NAME, Role
from schemas.trust import Trust
from schemas.visitor_pass import VisitorPass
from services.flow.case import Case, Speaker
from services.flow.lossless import Hop
from tests.services.flow.people import KEYRING, MORNING, PLACEMENT, SERVICE_SIGNERS


class Desk:
    """What is known, and what the hops have made of it."""

    def __init__(self, role: Role, *facts: Event[Any], now: datetime = MORNING) -> None:
        self.now = now
        self.rows: dict[tuple[str, str], bytes] = {}
        self._facts = {_name(event): event.data for event in facts}
        self._speaker = Speaker(SERVICE_SIGNERS[role], PLACEMENT)
        self._trust = Trust(KEYRING, PLACEMENT)

    def learn(self, fact: Event[Any]) -> None:
        self._facts[_name(fact)] = fact.data

    def policy(self, site: str) -> SitePolicy | None:
        return self._facts.get((SitePolicy, site, None))

    def mode(self, site: str) -> SiteMode | None:
        return self._facts.get((SiteMode, site, None))

    def credential(self, site: str, credential: str) -> Credential | None:
        return self._facts.get((Credential, site, credential))

    def visitor_pass(self, site: str, jti: str) -> VisitorPass | None:
        return self._facts.get((VisitorPass, site, jti))

    def screening(self, site: str, holder: str) -> Screening | None:
        return self._facts.get((Screening, site, holder))

    def release(self, site: str, holder: str) -> Release | None:
        return self._facts.get((Release, site, holder))

    def row(self, table: str, key: str) -> bytes | None:
        return self.rows.get((table, key))

    def records(self, hop: Hop, event: Event[Any]) -> list[Outgoing]:
        """Judge an event, keep its rows, and give the records that it made."""
        case = Case(self.now, self, self, self._speaker)
        hop(event, case)
        self.rows |= case.changes
        return case.spoken

    def say(self, hop: Hop, event: Event[Any]) -> list[Any]:
        """Judge an event and give the data of what was said, each record checked as a reader would check it."""
        return [
            self._trust.read(BY_NAME[record.topic], record.partition, record.value).data
            for record in self.records(hop, event)
        ]

    def ids(self, hop: Hop, event: Event[Any]) -> list[str]:
        """Judge an event and give the ids of what was said."""
        return [msgspec.json.decode(record.value)["id"] for record in self.records(hop, event)]


def _name(fact: Event[Any]) -> tuple[type, str, str | None]:
    match fact.data:
        case Credential() as data:
            return Credential, fact.site, data.credential
        case VisitorPass() as data:
            return VisitorPass, fact.site, data.jti
        case Screening() as data:
            return Screening, fact.site, data.holder
        case Release() as data:
            return Release, fact.site, data.holder
        case data:
            return type(data), fact.site, None
