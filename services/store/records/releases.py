"""Releases as gates and services hear of them: every record; the highest version of a holder is what holds."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, col, select

from services.store.columns import Recorded, UtcDateTime, by_time


class ReleaseRow(Recorded, table=True):
    """One record of a release: that it was given, or that it was withdrawn."""

    __tablename__ = "releases"
    __table_args__ = (by_time(__tablename__), sa.Index("ix_releases_site_holder", "site", "holder", "version"))

    release: str
    version: int
    holder: str
    valid_from: datetime = Field(sa_type=UtcDateTime)
    valid_until: datetime = Field(sa_type=UtcDateTime)
    allowed_by: str
    by: str
    post: str
    withdrawn_at: datetime | None = Field(sa_type=UtcDateTime)


def latest(session: Session, site: str, holder: str) -> ReleaseRow | None:
    """Give what was said last of a pupil of a site."""
    query = select(ReleaseRow).where(ReleaseRow.site == site, ReleaseRow.holder == holder)
    return session.exec(query.order_by(col(ReleaseRow.version).desc()).limit(1)).first()
