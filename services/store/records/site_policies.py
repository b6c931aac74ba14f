"""Site policies: every version of every site's rules; the highest holds."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlmodel import JSON, Field, Session, col, select

from schemas.site_policy import SitePolicy
from services.store.columns import Recorded, by_time


class SitePolicyRow(Recorded, table=True):
    """One version of the rules of a site. What an older version could not yet say is None, and reads back as the
    schema's own default.
    """

    __tablename__ = "site_policies"
    __table_args__ = (by_time(__tablename__),)

    version: int
    name: str
    utc_offset_min: int
    answer_within_ms: int
    categories: dict[str, object] = Field(sa_type=JSON)
    gates: dict[str, object] = Field(sa_type=JSON)
    calendar: list[object] | None = Field(default=None, sa_type=JSON)
    threat: dict[str, object] | None = Field(default=None, sa_type=JSON)
    measures: dict[str, object] | None = Field(default=None, sa_type=JSON)
    visitor_capacity: int | None = None
    screening_share: float | None = None
    question_after_s: float | None = None
    reserve_s: float | None = None
    pass_keys: list[object] | None = Field(default=None, sa_type=JSON)

    def policy(self) -> SitePolicy:
        """Give it as the policy that was published."""
        kept = self.model_dump(exclude={"site", "id", "source", "at"}, exclude_none=True)
        return msgspec.convert(kept, SitePolicy)


_NEWEST = sa.select(sa.func.max(col(SitePolicyRow.version))).where(col(SitePolicyRow.site) == sa.bindparam("site"))


def newest_version(session: Session, site: str) -> int | None:
    """Give the version of the policy that holds, or None where none was ever published; a tenth of the work of reading
    it.
    """
    found = session.execute(_NEWEST, {"site": site}).scalar_one()
    return int(found) if found is not None else None


def current(session: Session, site: str) -> SitePolicy | None:
    """Give the policy that holds, or None where none was ever published."""
    return _highest(session, site)


def in_force(session: Session, site: str, at: datetime) -> SitePolicy | None:
    """Give the policy that held at a moment, or None where none had been published."""
    return _highest(session, site, at)


def version(session: Session, site: str, number: int) -> SitePolicy | None:
    """Give one version of a site's policy."""
    query = select(SitePolicyRow).where(SitePolicyRow.site == site, SitePolicyRow.version == number)
    row = session.exec(query).first()
    return row.policy() if row else None


def versions(session: Session, site: str) -> Sequence[SitePolicyRow]:
    """Give every version of a site's policy, the newest first."""
    query = select(SitePolicyRow).where(SitePolicyRow.site == site).order_by(col(SitePolicyRow.version).desc())
    return session.exec(query).all()


def _highest(session: Session, site: str, at: datetime | None = None) -> SitePolicy | None:
    query = select(SitePolicyRow).where(SitePolicyRow.site == site).order_by(col(SitePolicyRow.version).desc()).limit(1)
    row = session.exec(query if at is None else query.where(col(SitePolicyRow.at) <= at)).first()
    return row.policy() if row else None
