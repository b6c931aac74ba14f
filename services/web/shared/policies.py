"""The rules of each school as the pages need them on every request: read whole only when there is a newer version."""

from sqlmodel import Session

from schemas.site_policy import SitePolicy
from services.store.records import site_policies


class Policies:
    """The policies that were read last, by site. A version is never changed, so what is kept of one stays true."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: dict[str, tuple[int, SitePolicy]] = {}

    def current(self, session: Session, site: str) -> SitePolicy | None:
        """Give the policy that holds, or None where none was ever published."""
        version = site_policies.newest_version(session, site)
        known = self._known.get(site)
        if known is not None and known[0] == version:
            return known[1]
        policy = site_policies.current(session, site)
        if policy is not None:
            self._known[site] = (policy.version, policy)
        return policy
