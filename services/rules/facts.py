"""What a decision is made from: the facts as they are known where it is made, at the stream or at a gate alone."""

from datetime import datetime

import msgspec

from schemas.credential import Credential
from schemas.site_mode import SiteMode
from schemas.site_policy import SitePolicy


class Presence(msgspec.Struct, frozen=True):
    """Where a holder was last seen to pass: ``event`` is the passage that said so, ``at`` its time."""

    inside: bool
    event: str
    at: datetime


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything ``decide`` may look at besides the read and the time.

    ``policy`` is absent where none has ever arrived; ``confirmed_at`` is when whoever decides last knew its facts to be
    whole and current (for the stream: now; for a cut-off gate: when it lost the link); ``presence`` is absent when
    unknown, and for a late read, which is never judged by presence now.
    """

    policy: SitePolicy | None
    confirmed_at: datetime
    credential: Credential | None
    mode: SiteMode | None
    presence: Presence | None
