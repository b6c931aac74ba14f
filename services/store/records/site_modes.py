"""Site modes: every change of a site's mode; the highest version holds."""

from sqlmodel import JSON, Field, Session, col, select

from services.store.columns import Recorded, by_time


class SiteModeRow(Recorded, table=True):
    """One change of a site's mode."""

    __tablename__ = "site_modes"
    __table_args__ = (by_time(__tablename__),)

    version: int
    mode: str
    drill: bool
    by: list[str] = Field(sa_type=JSON)
    because: str | None


def current(session: Session, site: str) -> SiteModeRow | None:
    """Give the mode that a site is in; None, where nobody ever set one, is normal."""
    query = select(SiteModeRow).where(SiteModeRow.site == site).order_by(col(SiteModeRow.version).desc()).limit(1)
    return session.exec(query).first()
