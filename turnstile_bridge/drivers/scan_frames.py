"""What a QR scanner sends, put together again: bytes in the pieces in which they arrive, whole scans out. Pure; time
is an argument.

A short read cuts one scan into pieces, a held phone is sent again and again, a loose plug sends rubbish. A scan ends
with the scanner's terminator, or with a silence where it sends none; a NUL is a break on the line and never part of a
text.
"""

from typing import Literal

import msgspec

from turnstile_bridge.settings import Terminator

Trouble = Literal["too_long", "no_terminator", "outside_frame"]

MAX_SCAN_BYTES = 1024
GAP_S = 0.05
"""The silence that ends a scan where the scanner sends no terminator."""

TORN_AFTER_S = 0.5
"""The silence after which a scan whose terminator did not come is given up, so that it does not begin the next one."""

_STX, _ETX = b"\x02", b"\x03"
_ENDS: dict[Terminator, bytes] = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "stx-etx": _ETX}
_AROUND = b" \t\r\n"


class Scan(msgspec.Struct, frozen=True):
    """One whole scan, without its terminator."""

    data: bytes


class Dropped(msgspec.Struct, frozen=True):
    """Bytes that are no scan: longer than a scan may be, without their terminator, or outside STX and ETX."""

    trouble: Trouble
    size: int


Framed = Scan | Dropped


class ScanFrames:
    """The pieces of one scanner. ``deadline_s`` is when a silence ends what is open (None: nothing is).

    A silence counts only where somebody looked and found nothing (``due``): a gate that stood still itself, because its
    disk was slow, tears no scan.
    """

    def __init__(self, terminator: Terminator) -> None:
        """Begin with nothing."""
        self._terminator = terminator
        self._end = _ENDS.get(terminator)
        self._open = b""
        self._too_long = 0
        self.deadline_s: float | None = None

    def fed(self, data: bytes, now_s: float) -> list[Framed]:
        """Take what arrived (some bytes, at least one); gives what became whole."""
        found: list[Framed] = []
        self._open += data.replace(b"\0", b"")
        if self._end is not None:
            while self._end in self._open:
                piece, _, self._open = self._open.partition(self._end)
                found += self._whole(piece)
        if len(self._open) > MAX_SCAN_BYTES + len(self._end or b""):
            self._too_long += len(self._open)
            self._open = self._tail()
            self._too_long -= len(self._open)
        patience_s = GAP_S if self._end is None else TORN_AFTER_S
        self.deadline_s = now_s + patience_s if self._open or self._too_long else None
        return found

    def due(self, now_s: float) -> list[Framed]:
        """Give what a silence has ended; to be asked when nothing has arrived."""
        if self.deadline_s is None or now_s < self.deadline_s:
            return []
        piece, self._open, self.deadline_s = self._open, b"", None
        if self._end is None:
            return self._whole(piece)
        size, self._too_long = self._too_long + len(piece), 0
        trouble: Trouble = "too_long" if size > MAX_SCAN_BYTES else "no_terminator"
        return [Dropped(trouble, size)] if piece.strip(_AROUND) or size > len(piece) else []

    def cut_off(self) -> None:
        """Forget what is open: the scanner is gone."""
        self._open, self._too_long, self.deadline_s = b"", 0, None

    def _tail(self) -> bytes:
        """Keep so much of what is too long that a terminator cut in two is still seen."""
        kept = len(self._end or b"") - 1
        return self._open[-kept:] if kept > 0 else b""

    def _whole(self, piece: bytes) -> list[Framed]:
        size, self._too_long = self._too_long + len(piece), 0
        if size > MAX_SCAN_BYTES:
            return [Dropped("too_long", size)]
        noise = b""
        if self._terminator == "stx-etx":
            noise, stx, piece = piece.rpartition(_STX)
            if not stx:
                noise, piece = piece, b""
        dropped: list[Framed] = [Dropped("outside_frame", len(noise))] if noise.strip(_AROUND + _STX) else []
        text = piece.strip(_AROUND)
        return [*dropped, Scan(text)] if text else dropped
