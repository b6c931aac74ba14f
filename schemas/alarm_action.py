"""Alarm action: a person acknowledged, dispatched, arrived, closed or commented. Written by pages through the
outbox.
"""

from typing import Literal

import msgspec

ActionKind = Literal["acknowledge", "dispatch", "arrive", "close", "comment"]


class AlarmAction(msgspec.Struct, frozen=True, kw_only=True):
    """What one person did about one alarm, seen at ``seen_version``; the first acknowledgement wins and later ones
    are told who was first.
    """

    alarm: str
    action: ActionKind
    by: str
    post: str
    seen_version: int
    cause: str | None
    comment: str | None
