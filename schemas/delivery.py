"""Delivery: an alarm was handed to a receiver on a path, and what came back. Written by the police link."""

from typing import Literal

import msgspec

from schemas.moment import Moment

DeliveryOutcome = Literal["acknowledged", "refused", "clock_refused", "no_answer"]


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt chain of one alarm on one path.

    ``event`` is the press or alarm version that was sent, ``path`` the protocol and transport, ``sequence`` the DC-09
    sequence number (1-9999); ``answered_at`` is absent when nobody answered.
    """

    alarm: str
    event: str
    receiver: str
    path: str
    outcome: DeliveryOutcome
    sequence: int
    attempts: int
    sent_at: Moment
    answered_at: Moment | None
