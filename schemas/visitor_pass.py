"""Visitor pass: what a visit that was approved may open. One compacted record each, so a revocation is one record. A
fact, from administration.
"""

from typing import Literal

import msgspec

from schemas.credential import Category
from schemas.moment import Moment
from schemas.site_policy import Escort, Window


class VisitorPass(msgspec.Struct, frozen=True, kw_only=True):
    """One pass, named by its ``jti`` (never by the token's text): whose, for which visit, from when until when.

    ``holder`` is a reference, never a name. ``windows`` narrow a recurring visit to times of day (empty: any time
    within the validity, besides the category's own windows). ``entries`` of single: the passage that used it is its
    last. ``screening_due`` was drawn or required when the visit was registered. ``version`` grows with each change.
    """

    jti: str
    version: int
    visit: str
    holder: str
    category: Category
    valid_from: Moment
    valid_until: Moment
    entries: Literal["single", "multiple"]
    escort: Escort
    screening_due: bool
    revoked_at: Moment | None
    entrances: list[str] | None
    windows: list[Window]
