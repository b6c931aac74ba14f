"""Moments: a date and time that always carries its offset. One without it is malformed, for its reader would have
to guess.
"""

from datetime import datetime
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment as it is said; written with its offset (RFC 3339), compared by what it means."""
