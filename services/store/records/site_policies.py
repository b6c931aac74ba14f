"""Site policies: every version of every site's rules; the highest holds."""

import msgspec
from sqlmodel import JSON, Field, Session, col, select

from schemas.site_policy import SitePolicy
from services.store.columns import Recorded, by_time


class SitePolicyRow(Recorded, table=True):
    """One version of the rules of a site."""

    __tablename__ = "site_policies"
    __table_args__ = (by_time(__tablename__),)

    version: int
    name: str
    utc_offset_min: int
    answer_within_ms: int
    categories: dict[str, object] = Field(sa_type=JSON)
    gates: dict[str, object] = Field(sa_type=JSON)

    def policy(self) -> SitePolicy:
        """Give it as the policy that was published."""
        return msgspec.convert(self.model_dump(exclude={"site", "id", "source", "at"}), SitePolicy)


def current(session: Session, site: str) -> SitePolicy | None:
    """Give the policy that holds, or None where none was ever published."""
    query = select(SitePolicyRow).where(SitePolicyRow.site == site).order_by(col(SitePolicyRow.version).desc()).limit(1)
    row = session.exec(query).first()
    return row.policy() if row else None
