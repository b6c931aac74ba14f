"""Release: leave for one pupil to go out while lessons last, given at the post. A fact, from administration: with it a
way out is no leaving early.
"""

import msgspec

from schemas.moment import Moment


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """The latest leave of one pupil at one site, compacted by ``holder``.

    Why, and who takes the pupil, stay in the school's store: no record says them. ``version`` grows with each release
    of the holder and with its withdrawal. ``allowed_by`` is the duty administrator who was asked.
    """

    release: str
    version: int
    holder: str
    valid_from: Moment
    valid_until: Moment
    allowed_by: str
    by: str
    post: str
    withdrawn_at: Moment | None
