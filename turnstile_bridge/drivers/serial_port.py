"""A serial port as libosdp reads and writes it, and a QR scanner's: ours alone, never blocking, opened again when it
comes back.
"""

import contextlib
import os

import serial
from osdp import Channel

from schemas.setting import WrongSetting

REOPEN_S = 1.0
READ_BYTES = 128
"""At most so much at a time: libosdp's own buffer holds two such pieces, and complains aloud when it overflows."""

_OWN_SLEEP_S = 0.1
_START_OF_MESSAGE = 0x53
_FROM_READER = 0x80


def port_trouble(path: str, baud: int) -> str | None:
    """Tell why a serial port cannot be had, or None when it can; for ``qaqpa-bridge check``."""
    try:
        serial.Serial(path, baud, timeout=0, exclusive=True).close()
    except (serial.SerialException, ValueError) as error:
        return str(error)
    return None


class SerialPort(Channel):  # type: ignore[misc]  # osdp has no types
    """The serial port as libosdp reads and writes it. A port that is gone reads nothing, swallows what is written,
    and is opened again.
    """

    def __init__(self, path: str, baud: int, setting: str = "osdp") -> None:
        """Take the port's path and speed, and the setting that names them; opens nothing yet. ``heard`` keeps when
        each address last answered.
        """
        super().__init__()
        self._path, self._baud, self._setting = path, baud, setting
        self._serial: serial.Serial | None = None
        self._tried_s = float("-inf")
        self.fd = -1
        self.readable = self.was_read = False
        self.heard: dict[int, float] = {}
        self.now_s = 0.0

    def open(self, now_s: float) -> None:
        """Open the port; one that is not there is tried again later, one that another program has is a WrongSetting."""
        if self._serial is not None or now_s - self._tried_s < REOPEN_S:
            return
        self._tried_s = now_s
        try:
            self._serial = serial.Serial(self._path, self._baud, timeout=0, exclusive=True)
        except serial.SerialException as error:
            if "lock" in str(error):
                message = f"setting {self._setting}.port: {self._path} is in use by another program"
                raise WrongSetting(message) from error
            return
        except ValueError as error:
            message = f"setting {self._setting}.baud: {error}"
            raise WrongSetting(message) from error
        self.fd = self._serial.fileno()

    def reopen(self, now_s: float) -> None:
        """Try again to open a port that has gone, or that another program has taken meanwhile."""
        with contextlib.suppress(WrongSetting):
            self.open(now_s)

    def close(self) -> None:
        """Give the port back."""
        if self._serial is not None:
            self._serial.close()
        self._serial, self.fd, self.readable = None, -1, False

    def read(self, max_bytes: int) -> bytes:
        """Read what has arrived, for libosdp."""
        if not self.readable:
            return b""
        try:
            data = os.read(self.fd, min(max_bytes, READ_BYTES))
        except BlockingIOError:
            self.readable = False
            return b""
        except OSError:
            data = b""
        if not data:  # hung up
            self.close()
            return b""
        self.readable = len(data) == min(max_bytes, READ_BYTES)
        self.was_read = True
        place = data.find(_START_OF_MESSAGE)
        if 0 <= place < len(data) - 1:
            self.heard[data[place + 1] & ~_FROM_READER] = self.now_s
        return data

    def write(self, buf: bytes) -> int:
        """Write as much as the port takes, for libosdp."""
        if self.fd < 0:
            return len(buf)
        try:
            return os.write(self.fd, buf)
        except BlockingIOError:
            return 0
        except OSError:
            self.close()
            return len(buf)

    def flush(self) -> None:
        """Nothing is held back here."""

    def slept(self, for_s: float) -> None:
        """Count no silence while nobody listened: a machine that stood still is not a reader that is away."""
        if for_s > _OWN_SLEEP_S:
            self.heard = {address: heard_s + for_s for address, heard_s in self.heard.items()}
