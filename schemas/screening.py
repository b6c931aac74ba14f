"""Screening: what a guard's check of a person found, and what still stands against them. From the guard's page.

A check is visual, a voluntary showing, or a detector with consent, never a search (``law.md`` 1: there is no legal way
to search a pupil). Item codes are those of the list that the site uses (``services/i18n`` has their words).
"""

from typing import Literal

import msgspec

from schemas.credential import Category
from schemas.moment import Moment

Method = Literal["visual", "shown", "detector"]
Outcome = Literal["nothing_found", "found", "check_refused"]
Standing = Literal["clear", "item_found", "weapon_suspected", "weapon_confirmed", "check_refused"]


class FoundItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the list (its code), how many, and the exception that its owner claims."""

    code: str
    count: int
    exception: str | None


class Screening(msgspec.Struct, frozen=True, kw_only=True):
    """The latest check of one person at one site, compacted by ``holder``.

    ``screening`` names the check; ``version`` grows with each record of the holder. ``standing`` is what gates and
    agents weigh: anything but ``clear`` keeps an adult out, or asks, until it is resolved. ``refusals`` counts checks
    refused since local midnight. ``drawn`` says that the system, not the guard, chose the person.
    """

    screening: str
    version: int
    holder: str
    category: Category
    method: Method
    outcome: Outcome
    items: list[FoundItem]
    standing: Standing
    refusals: int
    drawn: bool
    by: str
    post: str
    gate: str | None
    checked_at: Moment
    resolved_at: Moment | None
    resolution: str | None
