"""Gate act: what the gate did about a read, on the online decision or on its own. It is the one effective decision
of the read.
"""

from typing import Literal

import msgspec

from schemas.credential_read import Direction
from schemas.reasons import Reason, Verdict


class GateAct(msgspec.Struct, frozen=True, kw_only=True):
    """The effective decision of a read, for presence, journal and pages.

    ``decided_by`` is ``online`` when an admission decision was acted on (``decision`` names it), ``gate`` when the gate
    decided from its last policy and ``guard`` when a guard's answer was acted on (``decision`` names that); ``grant``
    names the opening, absent when nothing was opened; ``waited_ms`` is from the read to the act.
    """

    read: str
    gate: str
    reader: str
    direction: Direction
    credential: str
    decided_by: Literal["online", "gate", "guard"]
    decision: str | None
    verdict: Verdict
    reason: Reason
    values: dict[str, str]
    holder: str | None
    category: str | None
    policy_version: int
    policy_age_s: float
    grant: str | None
    waited_ms: float
