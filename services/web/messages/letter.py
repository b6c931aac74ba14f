"""The one interface to whatever carries messages: a letter, a carrier, and how it says that it could not."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Letter:
    """One message, ready. ``to`` is an e-mail address, or a telephone (+77011234567) that gets ``text`` alone.
    ``name`` is the same each time it is tried, so that whoever gets it twice can tell.
    """

    to: str
    subject: str
    text: str
    name: str

    @property
    def is_sms(self) -> bool:
        """Tell whether it goes to a telephone."""
        return is_phone(self.to)


class NotCarried(Exception):  # noqa: N818  a value about their server
    """A message could not be handed over; ``for_ever`` when trying again would change nothing."""

    def __init__(self, cause: str, *, for_ever: bool) -> None:
        """Keep what the server said, without addresses."""
        super().__init__(cause)
        self.for_ever = for_ever


class Carrier(Protocol):
    """Carries messages to people."""

    async def carry(self, letter: Letter) -> None:
        """Hand a message over; returns when it has been taken. Raises NotCarried."""


def is_phone(address: str) -> bool:
    """Tell a telephone from an e-mail address; both have been checked when they were entered."""
    return address.startswith("+")
