"""Leaving early: whether somebody who goes out now should have stated a basis for it. The way out opens all the
same.
"""

from datetime import datetime

from schemas.credential import Credential
from schemas.release import Release
from schemas.site_policy import SitePolicy
from services.rules.asked import NO_RULES, on_the_wall
from services.rules.opening_times import closed_day, is_within


def leaves_early(policy: SitePolicy, credential: Credential, at: datetime) -> bool:
    """Tell whether a passage out at a moment lies in the lessons of the holder's category and shift, on a day on which
    the school works. Admission makes the signal ``left_early`` of it where no basis was stated.
    """
    local = on_the_wall(policy, at)
    lessons = policy.categories.get(credential.category, NO_RULES).lessons
    return is_within(lessons, local, credential.shift) and closed_day(policy, local.date()) is None


def is_released(release: Release | None, at: datetime) -> bool:
    """Tell whether a passage out at a moment has its stated basis: leave for that time, not withdrawn before it."""
    if release is None or (release.withdrawn_at is not None and release.withdrawn_at <= at):
        return False
    return release.valid_from <= at < release.valid_until
