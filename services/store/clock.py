"""The one place where the store looks at the clock; whoever calls may bring a time instead."""

from datetime import UTC, datetime


def now() -> datetime:
    """Give the time, in UTC."""
    return datetime.now(UTC)
