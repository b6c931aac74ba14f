"""A record as a post keeps it."""

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from schemas.catalogue import Said
from schemas.envelope import Event

DataT = TypeVar("DataT", bound=Said)


class Seen(msgspec.Struct, Generic[DataT], frozen=True, order=False):
    """A record as a post keeps it: when it happened, its event id, what it says."""

    at: datetime
    id: str
    data: DataT

    @property
    def place(self) -> tuple[datetime, str]:
        """Give what orders records of one kind."""
        return self.at, self.id


def seen(event: Event[DataT]) -> Seen[DataT]:
    """Give an event as it is kept."""
    return Seen(event.time, event.id, event.data)
