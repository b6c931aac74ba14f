"""What a zone of the guard's page is made from: a post's state, the time, and the names that records do not carry.

Pure values; nothing here knows a language.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Literal

import msgspec

from services.web.guard_console.post_state import PostState

KAZAKHSTAN_MIN = 300
"""The offset from UTC of a school whose policy has not arrived: Kazakhstan has one zone."""


class Person(msgspec.Struct, frozen=True):
    """A holder as the guard knows them: a name, and a class, a host or a post."""

    name: str
    note: str | None = None


class Sent(msgspec.Struct, frozen=True):
    """An acknowledgement that somebody of this site has made and that alarming may not have seen yet."""

    by: str
    at: datetime


class News(msgspec.Struct, frozen=True):
    """How the page's own news stand: ``starting`` until caught up, ``live``, or ``lost`` since a time."""

    state: Literal["starting", "live", "lost"]
    since: datetime | None = None


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a zone is made from: the state, the time, the names of holders and of users, what was sent, which
    held verdicts are done with.
    """

    state: PostState
    now: datetime
    news: News
    people: Mapping[str, Person] = {}
    users: Mapping[str, str] = {}
    sent: Mapping[str, Sequence[Sent]] = {}
    done: Collection[str] = ()

    @property
    def zone(self) -> timezone:
        """Give the site's own time zone."""
        policy = self.state.policy
        return timezone(timedelta(minutes=policy.data.utc_offset_min if policy else KAZAKHSTAN_MIN))

    def gate_name(self, gate: str) -> str:
        """Give what people call a gate."""
        known = self.state.policy.data.gates.get(gate) if self.state.policy else None
        return known.name if known else gate

    def user_name(self, user: str | None) -> str:
        """Give a user's name, or the reference where the name is not known here."""
        return self.users.get(user or "", user or "")
