"""Drawing visitors for a check by the visit's id and a secret of the site: nobody at the post can target or spare
anybody, and whoever has the secret can draw again for an audit.
"""

import hashlib
import hmac
from datetime import datetime

from schemas.credential import Category
from schemas.site_policy import ScreeningDue, SitePolicy
from services.rules.precautions import screening_by_rule

NEVER_DRAWN: frozenset[Category] = frozenset({"pupil", "emergency"})
_DRAWN_FROM = 2**64
_PURPOSE = b"drawn for a check\n"


def drawn(share: float, visit: str, secret: bytes) -> bool:
    """Tell whether a visit is drawn for a check at a share. The same visit is drawn again at any larger share."""
    digest = hmac.digest(secret, _PURPOSE + visit.encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], "big") < share * _DRAWN_FROM


def share_of(rule: ScreeningDue, share: float, category: Category) -> float:
    """Give which share of a category's visits is to be checked where ``rule`` holds: all, ``share`` of them, or none.
    Only adults are drawn, and no crew.
    """
    if rule == "drawn":
        return 0.0 if category in NEVER_DRAWN else share
    return 1.0 if rule == "always" else 0.0


def due_by(rule: ScreeningDue, share: float, category: Category, visit: str, secret: bytes) -> bool:
    """Tell whether a check is due by a rule and share, those in force now or those that were kept with a draw."""
    return drawn(share_of(rule, share, category), visit, secret)


def check_due(policy: SitePolicy, category: Category, visit: str, secret: bytes, now: datetime) -> bool:
    """Tell, when a visit is registered, whether a check is due: for all, for those drawn, or for nobody, as policy and
    threat level say of the category.
    """
    return due_by(screening_by_rule(policy, category, now), policy.screening_share, category, visit, secret)
