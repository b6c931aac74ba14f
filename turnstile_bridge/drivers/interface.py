"""What every driver of a gate's hardware tells and takes, so that the gate's state machine knows no wires.

A driver does one kind of I/O and holds no rules: it turns contacts and frames into the events below, and the orders
of ``GateHardware`` into relays and lamps.
"""

from typing import Literal, Protocol

import msgspec

from schemas.credential_read import Direction

Look = Literal["granted", "denied", "wait", "off"]


class CardRead(msgspec.Struct, frozen=True):
    """A card was shown: its raw bits as the reader sent them, and how many (never an integer alone: 26 and 37 bits
    are two cards).
    """

    reader: str
    bits: int
    data: bytes


class ScanRead(msgspec.Struct, frozen=True):
    """A code was shown at a QR scanner: its text as it was sent, in bytes."""

    scanner: str
    data: bytes


class ScanDropped(msgspec.Struct, frozen=True):
    """A scanner sent bytes that are no scan: ``trouble`` says why, ``size`` is how many."""

    scanner: str
    trouble: str
    size: int


class PassageStarted(msgspec.Struct, frozen=True):
    """Somebody is in the turnstile (mechanisms with more than one sensor)."""

    direction: Direction


class PassageCompleted(msgspec.Struct, frozen=True):
    """Somebody went through. ``unseen`` when it may have happened while the line was down, so nobody can say when."""

    direction: Direction
    unseen: bool = False


class PassageReversed(msgspec.Struct, frozen=True):
    """Somebody who was in the turnstile went back."""

    direction: Direction


class PassageHeld(msgspec.Struct, frozen=True):
    """A passage's contact has not come back for longer than anybody needs: something keeps the mechanism open."""

    direction: Direction


class PanicPressed(msgspec.Struct, frozen=True):
    """A panic button was pressed; latched, so that the shortest press counts."""

    button: str


class FireContact(msgspec.Struct, frozen=True):
    """The fire contact opened (the gate is free, in hardware) or closed again."""

    on: bool


class Tampered(msgspec.Struct, frozen=True):
    """A housing was opened or closed."""

    device: str
    on: bool


class PowerFault(msgspec.Struct, frozen=True):
    """All passage contacts changed at once: the mechanism lost its power; nobody passed."""

    device: str


class DeviceLost(msgspec.Struct, frozen=True):
    """A reader cannot be spoken to. ``answers`` when something still answers there, but not in the Secure Channel
    of our key.
    """

    device: str
    answers: bool


class DeviceBack(msgspec.Struct, frozen=True):
    """A reader is there again, in Secure Channel, after ``gap_s``."""

    device: str
    gap_s: float


class UnlockFailed(msgspec.Struct, frozen=True):
    """An unlock did not reach the device, and will not: it is never sent later."""

    grant: str


PassageEvent = PassageStarted | PassageCompleted | PassageReversed
HardwareEvent = (
    CardRead
    | ScanRead
    | ScanDropped
    | PassageStarted
    | PassageCompleted
    | PassageReversed
    | PassageHeld
    | PanicPressed
    | FireContact
    | Tampered
    | PowerFault
    | DeviceLost
    | DeviceBack
    | UnlockFailed
)


class HardwareState(msgspec.Struct, frozen=True):
    """What the hardware says of itself: which readers' cards are taken, and every contact input that has been
    heard (reader, number) since then.
    """

    online: dict[str, bool]
    inputs: dict[tuple[str, int], bool]


class GateHardware(Protocol):
    """Orders to a gate's hardware. None of them blocks, none raises for a device that is away."""

    def unlock(self, direction: Direction, grant: str) -> bool:
        """Open one way for one passage, once for a grant. False when the device cannot be reached now: the unlock
        is then void, never queued.
        """
        ...

    def relock(self, direction: Direction) -> None:
        """Take an opening back."""
        ...

    def set_free(self, on: bool) -> None:  # noqa: FBT001  the contact's two states
        """Hold both ways open, or stop holding. Renewed by the driver while it lasts, so that a dead bridge does
        not leave a gate open.
        """
        ...

    def indicate(self, reader: str, look: Look, text: str | None = None) -> None:
        """Show a person at a reader what became of the card, with lamp, tone and, where there is a display, words."""
        ...

    def read_state(self) -> HardwareState:
        """Give what the hardware said last; nothing assumed."""
        ...
