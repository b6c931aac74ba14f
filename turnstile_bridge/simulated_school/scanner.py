"""The far end of a QR scanner's port: a pty, and codes sent as scanners send them: in pieces, and repeated."""

import contextlib
import os
import pty
import random
import tty
from collections.abc import Iterator
from pathlib import Path

from turnstile_bridge.settings import Terminator
from turnstile_bridge.simulated_school.line import point

SHOWN_EVERY_S = 0.3
"""How often a scanner reads a code that is held before it."""

_PIECE_BYTES, _PIECE_EVERY_S = 61, 0.004
_AROUND: dict[Terminator, tuple[bytes, bytes]] = {
    "cr": (b"", b"\r"),
    "lf": (b"", b"\n"),
    "crlf": (b"", b"\r\n"),
    "stx-etx": (b"\x02", b"\x03"),
    "none": (b"", b""),
}


class SimulatedScanner:
    """One scanner; used by the school's one thread, save for its making."""

    def __init__(self, port: Path, terminator: Terminator) -> None:
        """Plug it in: make the pty and let ``port`` point to it."""
        self._port = port
        self._terminator = terminator
        self._random = random.Random(2)  # noqa: S311  noise, not a secret
        self._fds: tuple[int, int] | None = None
        self.plug()

    def plug(self) -> None:
        """Be there, on a pty of its own, under the stable name."""
        if self._fds is not None:
            return
        master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._fds = master, slave
        point(self._port, os.ttyname(slave))

    def unplug(self) -> None:
        """Be gone: the pty hangs up, the stable name with it."""
        if self._fds is None:
            return
        self._port.unlink(missing_ok=True)
        for fd in self._fds:
            os.close(fd)
        self._fds = None

    def fragments(self, text: str, terminator: Terminator | None = None) -> Iterator[tuple[float, bytes]]:
        """Give one reading of a code in the pieces in which a port brings it, and when each comes."""
        before, after = _AROUND[terminator or self._terminator]
        sent = before + text.encode() + after
        for place in range(0, len(sent), _PIECE_BYTES):
            yield place / _PIECE_BYTES * _PIECE_EVERY_S, sent[place : place + _PIECE_BYTES]

    def noise(self, size: int) -> None:
        """Send rubbish."""
        self.send(self._random.randbytes(size))

    def send(self, data: bytes) -> None:
        """Send bytes, if there is a plug."""
        if self._fds is not None:
            with contextlib.suppress(BlockingIOError):  # nobody reads the other end
                os.write(self._fds[0], data)
