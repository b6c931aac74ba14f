"""Credential: a card, fob or PIN as a keyed hash. One compacted record each, so a revocation is one record. A fact,
from administration.
"""

from typing import Literal

import msgspec

from schemas.moment import Moment

Category = Literal["pupil", "staff", "representative", "contractor", "official", "emergency", "visitor"]


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """Whose it is (a reference, never a name), what kind of person, from when until when, and since when it is revoked.

    ``shift`` is the holder's school shift, where the category's windows name one. ``version`` grows with each change of
    the credential, so that a repeated or reordered older record changes nothing.
    """

    credential: str
    version: int
    holder: str
    category: Category
    valid_from: Moment
    valid_until: Moment
    revoked_at: Moment | None
    shift: str | None = None
