"""Access decision: admission's answer to a read. A gate acts only on one that is signed for it and has not expired."""

import msgspec

from schemas.credential_read import Direction
from schemas.moment import Moment
from schemas.reasons import Reason, Verdict


class AccessDecision(msgspec.Struct, frozen=True, kw_only=True):
    """Admit, refuse or ask the guard, with one reason, for the gate that asked.

    ``values`` fill the words of the reason ("opens" = "07:30"); ``policy_age_s`` tells how old the rules were; after
    ``expires_at`` it opens nothing.
    """

    read: str
    gate: str
    reader: str
    direction: Direction
    credential: str
    verdict: Verdict
    reason: Reason
    values: dict[str, str]
    holder: str | None
    category: str | None
    policy_version: int
    policy_age_s: float
    late: bool
    expires_at: Moment
