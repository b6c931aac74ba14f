"""Column types and the shape that every recorded row shares."""

from datetime import UTC, datetime
from typing import TypeVar

import msgspec
import sqlalchemy as sa
from sqlmodel import Field, SQLModel

SaidT = TypeVar("SaidT")
_ABOUT_THE_RECORD = {"site", "id", "source", "at", "event"}


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment, always with its offset in Python and always UTC in the database; SQLite, which knows no offsets, keeps
    it bare.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Take an aware datetime; a naive one is our fault and a ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a moment without its offset"
            raise ValueError(message)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give it back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""The type of a counted primary key: SQLite counts only its own INTEGER."""


class Recorded(SQLModel):
    """What every recorded event's row begins with: the site, the event's own id (together the key), who said it and
    when.

    The site is part of the key, so one site's gate can never stand in the way of another's rows.
    """

    site: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    source: str
    at: datetime = Field(sa_type=UtcDateTime)


def as_said(row: SQLModel, shape: type[SaidT]) -> SaidT:
    """Give a row as the event that it keeps."""
    return msgspec.convert(row.model_dump(exclude=_ABOUT_THE_RECORD), shape)


def by_time(table: str) -> sa.Index:
    """Give the index under which a site's rows are read newest first."""
    return sa.Index(f"ix_{table}_site_at", "site", "at")


def by_alarm(table: str) -> sa.Index:
    """Give the index under which what concerns one alarm of a site is found."""
    return sa.Index(f"ix_{table}_site_alarm", "site", "alarm")
