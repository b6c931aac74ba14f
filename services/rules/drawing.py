"""Drawing visitors for a check by the visit's id and a secret of the site: nobody at the post can target or spare
anybody, and whoever has the secret can draw again for an audit.
"""

import hashlib
import hmac
from datetime import datetime

from schemas.credential import Category
from schemas.site_policy import SitePolicy
from services.rules.precautions import screening_by_rule

NEVER_DRAWN: frozenset[Category] = frozenset({"pupil", "emergency"})
_DRAWN_FROM = 2**64
_PURPOSE = b"drawn for a check\n"


def drawn(policy: SitePolicy, visit: str, secret: bytes) -> bool:
    """Tell whether a visit is drawn for a check, by the share of the policy under which it is registered. The same
    visit is drawn again at any larger share.
    """
    digest = hmac.digest(secret, _PURPOSE + visit.encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], "big") < policy.screening_share * _DRAWN_FROM


def check_due(policy: SitePolicy, category: Category, visit: str, secret: bytes, now: datetime) -> bool:
    """Tell, when a visit is registered, whether a check is due: for all, for those drawn, or for nobody, as policy and
    threat level say of the category. Only adults are drawn, and no crew.
    """
    due = screening_by_rule(policy, category, now)
    return due == "always" or (due == "drawn" and category not in NEVER_DRAWN and drawn(policy, visit, secret))
