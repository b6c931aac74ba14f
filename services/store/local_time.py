"""A school's own clock: midnight and moments on its wall, from the policy that holds."""

from datetime import datetime, timedelta, timezone

from sqlmodel import Session

from services.store.records import site_policies

KAZAKHSTAN_MIN = 300
"""The offset from UTC of a school that has no policy yet: Kazakhstan has one zone."""


def zone_of(session: Session, site: str) -> timezone:
    """Give the time zone of a site."""
    policy = site_policies.current(session, site)
    return timezone(timedelta(minutes=policy.utc_offset_min if policy else KAZAKHSTAN_MIN))


def local_midnight(session: Session, site: str, at: datetime) -> datetime:
    """Give the midnight with which a moment's day began at a site."""
    return at.astimezone(zone_of(session, site)).replace(hour=0, minute=0, second=0, microsecond=0)
