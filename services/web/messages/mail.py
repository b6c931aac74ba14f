"""The one interface to whatever carries messages: a mail, a carrier, and how it says that it could not."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Mail:
    """One message, ready. ``name`` is the same each time it is tried, so that whoever gets it twice can tell."""

    to: str
    subject: str
    text: str
    name: str


class NotCarried(Exception):  # noqa: N818  a value about their server
    """A message could not be handed over; ``for_ever`` when trying again would change nothing."""

    def __init__(self, cause: str, *, for_ever: bool) -> None:
        """Keep what the server said, without addresses."""
        super().__init__(cause)
        self.for_ever = for_ever


class Carrier(Protocol):
    """Carries messages to people."""

    async def carry(self, mail: Mail) -> None:
        """Hand a message over; returns when it has been taken. Raises NotCarried."""
