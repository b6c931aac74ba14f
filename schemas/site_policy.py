"""Site policy: the rules of a site as versioned, signed data, and which gates speak for it. A fact, from
administration.

Everything that a school may decide for itself about who enters is here (``law.md`` 2.4: the acts leave windows,
parents' hours and journal to the school), so a change is a new version and no new program.
"""

from datetime import date
from typing import Literal

import msgspec

from schemas.credential import Category
from schemas.moment import Moment

AntiPassback = Literal["off", "hard", "soft"]
Escort = Literal["none", "host", "staff"]
ScreeningDue = Literal["none", "drawn", "always"]
ThreatLevel = Literal["none", "yellow", "orange", "red"]

QUESTION_AFTER_S = 30.0
"""How long a question waits for the guard where no policy says otherwise."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A time of day in which a category may enter: ISO weekdays (1 = Monday), minutes after local midnight,
    ``opens`` within, ``closes`` not.

    ``shift`` limits it to holders of that shift; from ``late_from_min`` on whoever comes is late and asks the duty
    administrator.
    """

    weekdays: list[int]
    opens_min: int
    closes_min: int
    shift: str | None = None
    late_from_min: int | None = None


class CategoryRules(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one category.

    ``anti_passback`` refuses (hard) or admits and tells (soft) who is already inside, for ``passback_within_s`` after
    the entry, or for as long as the holder is inside. After ``admit_staleness_s`` without fresh facts an admit becomes
    a question, after ``refuse_staleness_s`` a refusal (None: never). ``open_on_holidays`` is about the calendar's
    closed days; ``entrances`` lists gates (None: all). ``lessons`` are the times in which leaving needs a stated basis.
    ``walk_in`` is whether somebody may be registered at the post without a visit asked for before.
    """

    windows: list[Window]
    anti_passback: AntiPassback
    admit_staleness_s: float
    passback_within_s: float | None = None
    refuse_staleness_s: float | None = None
    open_on_holidays: bool = True
    entrances: list[str] | None = None
    escort: Escort = "none"
    screening: ScreeningDue = "none"
    walk_in: bool = True
    lessons: list[Window] = []


class GateTrust(msgspec.Struct, frozen=True, kw_only=True):
    """One gate of the site: what people call it, and the public keys (base64) it may sign with, oldest last."""

    name: str
    public_keys: list[str]


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """Days of the school's calendar, both ends within: closed ones (holidays), or working days among closed ones."""

    first: date
    last: date
    kind: Literal["closed", "working"]
    name: str


class Threat(msgspec.Struct, frozen=True, kw_only=True):
    """The terrorism threat level that was declared, from when until when (not within), and by whom."""

    level: ThreatLevel
    valid_from: Moment
    valid_until: Moment
    source: str


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """What a threat level changes for one category: ``entry`` asked or refused instead of as usual, checks for all,
    an escort, no walk-ins.
    """

    entry: Literal["as_usual", "ask", "refuse"] = "as_usual"
    screening: ScreeningDue | None = None
    escort: Escort | None = None
    walk_in: bool | None = None


class PassKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key (base64, Ed25519) that passes of this site are signed with, and from when until when (not within) a pass
    signed with it is believed.
    """

    kid: str
    public_key: str
    valid_from: Moment
    valid_until: Moment


class SitePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a site's rules; the highest version holds.

    ``utc_offset_min`` is the site's local time (Kazakhstan has one zone, +300, since 2024), ``answer_within_ms`` how
    long a gate waits for the stream. ``measures`` is the table of what each threat level changes, ``visitor_capacity``
    how many people with passes may be inside at once, ``screening_share`` which share of adult visitors is drawn for a
    check, ``question_after_s`` how long a question waits for the guard before it goes to the duty administrator,
    ``reserve_s`` how long a granted pass waits for its passage.
    """

    version: int
    name: str
    utc_offset_min: int
    answer_within_ms: int
    categories: dict[Category, CategoryRules]
    gates: dict[str, GateTrust]
    calendar: list[Days] = []
    threat: Threat | None = None
    measures: dict[ThreatLevel, dict[Category, Measure]] = {}
    visitor_capacity: int | None = None
    screening_share: float = 0.0
    question_after_s: float = QUESTION_AFTER_S
    reserve_s: float = 60.0
    pass_keys: list[PassKey] = []
