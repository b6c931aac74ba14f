"""The work that every engine does with a read: the very check, facts, rules and signature of the admission app,
without Faust around them.
"""

from datetime import UTC, datetime
from typing import Any

from schemas.envelope import Event
from schemas.topics import (
    CREDENTIAL_READS,
    CREDENTIALS,
    RELEASES,
    SCREENINGS,
    SITE_MODES,
    SITE_POLICIES,
    VISITOR_PASSES,
    Role,
)
from schemas.trust import Trust
from services.flow.case import Case, Rows, Speaker
from services.flow.fact_store import FactStore
from services.flow.facts import FollowedFacts
from services.flow.reads_to_decisions import reads_to_decisions
from services.settings import AdmissionSettings, Configuration

FACTS = (SCREENINGS, RELEASES, CREDENTIALS, VISITOR_PASSES, SITE_POLICIES, SITE_MODES)


class Judge:
    """Facts followed, and reads judged by them."""

    def __init__(self, configuration: Configuration) -> None:
        """Open the facts; ``facts.follow`` begins to follow."""
        settings = configuration.section("admission", AdmissionSettings)
        self.configuration = configuration
        self.data_dir = configuration.path(settings.data_dir)
        self._trust: Trust = configuration.trust()
        signer = configuration.signer(Role.ADMISSION, "admission.signing_key", settings.signing_key)
        self._speaker = Speaker(signer, configuration.placement())
        self._store = FactStore(self.data_dir / "facts", self._trust)
        self.facts = FollowedFacts(configuration, FACTS, self._store, on_refused=_fail, on_failed=_fail)

    def judge(self, partition: int, value: bytes, rows: Rows) -> Case:
        """Check and judge one read; a record that cannot be believed raises, since the bench sends none."""
        event: Event[Any] = self._trust.read(CREDENTIAL_READS, partition, value)
        case = Case(datetime.now(UTC), self._store, rows, self._speaker)
        reads_to_decisions(event, case)
        return case


async def _fail(what: object) -> None:
    message = f"the bench's own facts were not learned: {what}"
    raise RuntimeError(message)
