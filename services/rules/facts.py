"""What a decision is made from: the facts as they are known where it is made, at the stream or at a gate alone."""

from datetime import datetime
from typing import Literal

import msgspec

from schemas.credential import Credential
from schemas.screening import Screening
from schemas.site_mode import SiteMode
from schemas.site_policy import SitePolicy
from schemas.visitor_pass import VisitorPass


class Presence(msgspec.Struct, frozen=True):
    """Where a holder was last seen to pass: ``event`` is the passage that said so, ``at`` its time."""

    inside: bool
    event: str
    at: datetime


class PassStanding(msgspec.Struct, frozen=True):
    """How far a pass has been used: ``read`` granted it last, ``passage`` is the event that used it, ``at`` when."""

    state: Literal["reserved", "used"]
    read: str
    passage: str | None
    at: datetime


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything ``decide`` may look at besides the read and the time.

    ``policy`` is absent where none has ever arrived; ``confirmed_at`` is when whoever decides last knew its facts to be
    whole and current (for the stream: now; for a cut-off gate: when it lost the link); ``presence`` is absent when
    unknown, and for a late read, which is never judged by presence now. A read of a pass has ``visitor_pass`` in the
    place of ``credential``, and ``pass_standing`` when it was granted before. ``screening`` is the holder's latest
    check; ``visitors_inside`` counts people of visits, where it is known, and may be wrong by ``visitors_unsure``;
    ``clock_doubted`` says that the time may be wrong.
    """

    policy: SitePolicy | None
    confirmed_at: datetime
    credential: Credential | None
    mode: SiteMode | None
    presence: Presence | None
    visitor_pass: VisitorPass | None = None
    pass_standing: PassStanding | None = None
    screening: Screening | None = None
    visitors_inside: int | None = None
    visitors_unsure: int = 0
    clock_doubted: bool = False
