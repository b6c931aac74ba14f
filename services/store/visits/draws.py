"""Draws: which visitors the system chose for a check when they were registered, by which rule and share, and the site's
secret with which an audit draws them again.

One way for visits asked for on the portal and for walk-ins at the post (``docs/adr/0071``).
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from schemas.credential import Category
from schemas.site_policy import ScreeningDue, SitePolicy
from services.rules.drawing import due_by
from services.rules.precautions import screening_by_rule
from services.store.columns import UtcDateTime
from services.store.database import serialise

KEPT = timedelta(days=425)
"""How long a draw is kept: ``qaqpa screening audit`` goes 366 days back, and a visit may be asked for 30 days before it
begins; a month more, so that no audit is at the edge.
"""

_SECRET_BYTES = 32
_AT_ONCE = 500


class DrawingSecretRow(SQLModel, table=True):
    """A site's secret (hex), made with its first draw and never changed: another one would draw others again."""

    __tablename__ = "drawing_secrets"

    site: str = Field(primary_key=True)
    secret: str
    made_at: datetime = Field(sa_type=UtcDateTime)


class DrawRow(SQLModel, table=True):
    """One draw, kept with the rule, share and policy version in force then. ``visit`` is the visit or the registration
    at the post; the row names nobody.
    """

    __tablename__ = "draws"
    __table_args__ = (sa.Index("ix_draws_drawn_at", "drawn_at"),)

    site: str = Field(primary_key=True)
    visit: str = Field(primary_key=True)
    category: str
    rule: str
    share: float
    policy_version: int
    due: bool
    drawn_at: datetime = Field(sa_type=UtcDateTime)

    def again(self, secret: bytes) -> bool:
        """Draw again, by what is kept."""
        rule, category = cast("ScreeningDue", self.rule), cast("Category", self.category)
        return due_by(rule, self.share, category, self.visit, secret)


def draw(
    session: Session, *, site: str, visit: str, category: Category, policy: SitePolicy | None, at: datetime
) -> bool:
    """Draw a visit that is being registered and tell whether a check is due; a site without a policy checks nobody."""
    if policy is None:
        return False
    secret = secret_of(session, site) or _make_secret(session, site, at)
    rule = screening_by_rule(policy, category, at)
    row = DrawRow(
        site=site,
        visit=visit,
        category=category,
        rule=rule,
        share=policy.screening_share,
        policy_version=policy.version,
        due=due_by(rule, policy.screening_share, category, visit, secret),
        drawn_at=at,
    )
    session.add(row)
    return row.due


def secret_of(session: Session, site: str) -> bytes | None:
    """Give a site's secret; None while nobody has been drawn there."""
    known = session.get(DrawingSecretRow, site)
    return bytes.fromhex(known.secret) if known is not None else None


def of_visits(session: Session, site: str, visits: Sequence[str]) -> dict[str, DrawRow]:
    """Give the draws of visits of a site, by visit."""
    query = select(DrawRow).where(DrawRow.site == site, col(DrawRow.visit).in_(visits))
    return {row.visit: row for row in session.exec(query)}


def forget(session: Session, at: datetime) -> int:
    """Erase the draws of all sites that no audit asks for any more, and give how many; some hundred at once."""
    over = select(DrawRow).where(DrawRow.drawn_at <= at - KEPT).order_by(col(DrawRow.drawn_at)).limit(_AT_ONCE)
    rows = session.exec(over).all()
    for row in rows:
        session.delete(row)
    return len(rows)


def _make_secret(session: Session, site: str, at: datetime) -> bytes:
    """Make the site's secret; of two who register the first visitor at once, the later takes the earlier's."""
    serialise(session, "drawing_secrets", site)
    known = session.exec(select(DrawingSecretRow).where(DrawingSecretRow.site == site)).first()
    if known is None:
        known = DrawingSecretRow(site=site, secret=secrets.token_hex(_SECRET_BYTES), made_at=at)
        session.add(known)
        session.flush()
    return bytes.fromhex(known.secret)
