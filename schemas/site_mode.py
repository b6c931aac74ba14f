"""Site mode: normal, free, lockdown, evacuation, or a drill of one. A fact, from console and duty administrator."""

from typing import Literal

import msgspec

Mode = Literal["normal", "free", "lockdown", "evacuation"]


class SiteMode(msgspec.Struct, frozen=True, kw_only=True):
    """The mode a site is in since the record's time; lockdown and evacuation are opposites (entry shut, all free).
    ``version`` grows with each change.
    """

    version: int
    mode: Mode
    drill: bool
    by: list[str]
    because: str | None
