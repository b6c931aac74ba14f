"""Site policy: the rules of a site as versioned, signed data, and which gates speak for it. A fact, from
administration.
"""

from typing import Literal

import msgspec

from schemas.credential import Category

AntiPassback = Literal["off", "hard"]


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A time of day in which a category may enter: ISO weekdays (1 = Monday), minutes after local midnight,
    ``opens`` within, ``closes`` not.
    """

    weekdays: list[int]
    opens_min: int
    closes_min: int


class CategoryRules(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one category: when it may enter, whether anti-passback is kept, how old a policy may be before
    admit becomes ask.
    """

    windows: list[Window]
    anti_passback: AntiPassback
    admit_staleness_s: float


class GateTrust(msgspec.Struct, frozen=True, kw_only=True):
    """One gate of the site: what people call it, and the public keys (base64) it may sign with, oldest last."""

    name: str
    public_keys: list[str]


class SitePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a site's rules; the highest version holds.

    ``utc_offset_min`` is the site's local time (Kazakhstan has one zone, +300, since 2024), ``answer_within_ms`` how
    long a gate waits for the stream.
    """

    version: int
    name: str
    utc_offset_min: int
    answer_within_ms: int
    categories: dict[Category, CategoryRules]
    gates: dict[str, GateTrust]
