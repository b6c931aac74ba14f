"""The rules of each school as the pages need them on every request: read whole only when there is a newer version."""

import time
from collections.abc import Callable
from typing import NamedTuple

from sqlmodel import Session

from schemas.site_policy import SitePolicy
from services.store.records import site_policies


class _Known(NamedTuple):
    version: int | None
    policy: SitePolicy
    asked_s: float


class Policies:
    """The policies that were read last, by site. A version is never changed, so what is kept of one stays true."""

    def __init__(self, fresh_s: float = 0.0, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        """Begin with none; ``fresh_s`` is how long the newest version of a site is not asked for again, so that a crowd
        before one school asks once for all.
        """
        self._known: dict[str, _Known] = {}
        self._fresh_s = fresh_s
        self._monotonic_s = monotonic_s

    def fresh(self, site: str) -> SitePolicy | None:
        """Give the policy that held a moment ago, without the database; None when that is too long ago."""
        known = self._known.get(site)
        if known is None or self._monotonic_s() - known.asked_s >= self._fresh_s:
            return None
        return known.policy

    def current(self, session: Session, site: str) -> SitePolicy | None:
        """Give the policy that holds, or None where none was ever published."""
        asked_s, version = self._monotonic_s(), site_policies.newest_version(session, site)
        known = self._known.get(site)
        policy = known.policy if known and known.version == version else site_policies.current(session, site)
        if policy is not None:
            self._known[site] = _Known(policy.version, policy, asked_s)
        return policy
