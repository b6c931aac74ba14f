"""Refused again: the same credential turned away at a site several times in a short while is the duty administrator's matter."""

from datetime import datetime, timedelta

AGAIN = 3
WITHIN = timedelta(minutes=10)


def refusals_after(known: list[tuple[str, datetime]], read: str, at: datetime) -> tuple[list[tuple[str, datetime]], bool]:
    """Give the recent refusals of a credential with this one added, and whether this one completes a burst.

    A read that is already among them changes nothing and completes nothing. After a burst the count begins anew.
    """
    if any(read == earlier for earlier, _ in known):
        return known, False
    recent = [(earlier, when) for earlier, when in known if at - when <= WITHIN] + [(read, at)]
    if len(recent) >= AGAIN:
        return [(read, at)], True
    return recent, False
