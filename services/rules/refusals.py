"""Refused again: the same credential turned away at a site several times in a short while is the duty
administrator's matter.
"""

from datetime import datetime, timedelta

import msgspec

AGAIN = 3
WITHIN = timedelta(minutes=10)


class Refusal(msgspec.Struct, frozen=True):
    """One read that was refused, and when."""

    read: str
    at: datetime


class Refusals(msgspec.Struct, frozen=True):
    """The recent refusals of one credential, and the read that completed the last burst, kept so that its replay
    says the same again.
    """

    recent: list[Refusal]
    completed_by: str | None = None


def refusals_after(known: Refusals | None, read: str, at: datetime) -> Refusals:
    """Give the refusals with this read among them; the read completes a burst when ``completed_by`` names it. After
    a burst the count begins anew.
    """
    before = known or Refusals([])
    if read == before.completed_by or any(read == refusal.read for refusal in before.recent):
        return before
    recent = [refusal for refusal in before.recent if at - refusal.at <= WITHIN] + [Refusal(read, at)]
    return Refusals([], read) if len(recent) >= AGAIN else Refusals(recent, before.completed_by)
