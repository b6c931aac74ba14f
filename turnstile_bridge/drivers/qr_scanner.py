"""A QR scanner on a serial port of its own: whole scans out of what it sends, and whether it is there.

The gate's thread asks it every turn and never waits for it. An unplugged scanner is looked for by its stable name
(``/dev/serial/by-id``), whatever the system calls it when it is back.
"""

import select

from turnstile_bridge.drivers.interface import DeviceBack, DeviceLost, HardwareEvent, ScanDropped, ScanRead
from turnstile_bridge.drivers.scan_frames import Framed, Scan, ScanFrames
from turnstile_bridge.drivers.serial_port import READ_BYTES, SerialPort
from turnstile_bridge.settings import Terminator

TOLD_AFTER_S = 1.5
"""How long a scanner may be away before it is told: one that the system only names anew is back sooner."""

_READS_A_TURN = 32


class QrScanner:
    """One scanner, used by the gate's thread."""

    def __init__(self, name: str, port: SerialPort, terminator: Terminator) -> None:
        """Take what it is called, its port and what it sends after each code; opens nothing yet."""
        self._name = name
        self._port = port
        self._frames = ScanFrames(terminator)
        self._away_since_s: float | None = None
        self._told = False

    def open(self, now_s: float) -> None:
        """Open the port, or try again later; raises WrongSetting when another program has it."""
        self._port.open(now_s)

    def close(self) -> None:
        """Give the port back."""
        self._port.close()

    def poll(self, now_s: float) -> list[HardwareEvent]:
        """Give what was scanned, and whether the scanner went or came."""
        if self._port.fd < 0:
            self._port.reopen(now_s)
        arrived = self._arrived()
        found = self._frames.fed(arrived, now_s) if arrived else self._frames.due(now_s)
        return [*self._watched(now_s), *(self._told_as(one) for one in found)]

    def _arrived(self) -> bytes:
        """Read what is there now, so much at most that a scanner gone mad cannot hold the gate up."""
        data = b""
        for _ in range(_READS_A_TURN):
            if self._port.fd < 0 or not select.select([self._port.fd], [], [], 0)[0]:
                break
            self._port.readable = True
            data += self._port.read(READ_BYTES)
        return data

    def _watched(self, now_s: float) -> list[HardwareEvent]:
        if self._port.fd >= 0:
            since_s, told = self._away_since_s, self._told
            self._away_since_s, self._told = None, False
            return [DeviceBack(self._name, round(now_s - since_s, 3))] if told and since_s is not None else []
        if self._away_since_s is None:
            self._away_since_s = now_s
            self._frames.cut_off()
        if self._told or now_s - self._away_since_s < TOLD_AFTER_S:
            return []
        self._told = True
        return [DeviceLost(self._name, answers=False)]

    def _told_as(self, one: Framed) -> HardwareEvent:
        if isinstance(one, Scan):
            return ScanRead(self._name, one.data)
        return ScanDropped(self._name, one.trouble, one.size)
