"""The far end of the serial line: a pty, OSDP Peripheral Devices (libosdp) on it, and what can go wrong between two
ends of a wire.

One thread owns all of it; others hand it calls. The bridge opens the pty's other end by a stable path and cannot
tell it from a serial port.
"""

import os
import pty
import queue
import random
import select
import threading
import time
import tty
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import osdp_sys
from osdp import Capability, CardFormat, Channel, Event, LibFlag, LogLevel, PDInfo, StatusReportType

INPUTS = 8
OUTPUTS = 4
_READ_BYTES = 4096
_IDLE_S = 0.005
_REFRESHES_A_FRAME = 3
_CAPABILITIES = [
    (Capability.OutputControl, 2, OUTPUTS),
    (Capability.ContactStatusMonitoring, 1, INPUTS),
    (Capability.LEDControl, 1, 1),
    (Capability.AudibleControl, 1, 1),
    (Capability.TextOutput, 1, 1),
    (Capability.CardDataFormat, 1, 0),
]


class _Wire(Channel):
    """One device's end of the wire: it hears every frame, and what it writes may be spoiled on the way."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        super().__init__()
        self._send = send
        self.arrived = bytearray()

    def read(self, max_bytes: int) -> bytes:
        data = bytes(self.arrived[:max_bytes])
        del self.arrived[:max_bytes]
        return data

    def write(self, buf: bytes) -> int:
        self._send(bytes(buf))
        return len(buf)

    def flush(self) -> None:
        self.arrived.clear()


class _Device:
    """A simulated reader: libosdp's Peripheral Device and the levels of its contact inputs."""

    def __init__(
        self,
        address: int,
        name: str,
        scbk: bytes,
        send: Callable[[bytes], None],
        obey: Callable[[dict[str, object]], None],
    ) -> None:
        self.wire = _Wire(send)
        self.levels = [False] * INPUTS
        self.was_secure = False
        self._obey = obey
        info = PDInfo(address, self.wire, scbk=scbk, flags=[LibFlag.EnforceSecure], name=name)
        capabilities = [
            {"function_code": code, "compliance_level": level, "num_items": items}
            for code, level, items in _CAPABILITIES
        ]
        self._device = osdp_sys.PeripheralDevice(info.get(), capabilities=capabilities)
        self._device.set_command_callback(self._command)

    def work(self) -> bool:
        """Let libosdp work; True when the Secure Channel has just come up."""
        for _ in range(_REFRESHES_A_FRAME):
            self._device.refresh()
        secure = bool(self._device.is_sc_active())
        came, self.was_secure = secure and not self.was_secure, secure
        return came

    def card(self, bits: int, data: bytes) -> None:
        event = {
            "event": Event.CardRead,
            "reader_no": 0,
            "format": CardFormat.Unspecified,
            "direction": 0,
            "length": bits,
            "data": data,
        }
        self._device.submit_event(event)

    def report(self) -> None:
        self._device.submit_event({"event": Event.Status, "type": StatusReportType.Input, "report": bytes(self.levels)})

    def _command(self, command: dict[str, object]) -> tuple[int, None]:
        self._obey(command)
        return 0, None


class Faults(msgspec.Struct):
    """What is wrong with the wire now: cut until a time, and how many replies yet to spoil."""

    cut_until_s: float = 0.0
    flips: int = 0


class SimulatedLine:
    """A serial line with readers. ``obey(reader, command)`` is told every command that a reader gets, in the line's
    thread.
    """

    def __init__(
        self,
        port: Path,
        scbk: bytes,
        readers: Sequence[tuple[int, str]],
        obey: Callable[[str, dict[str, object]], None],
    ) -> None:
        """Make the pty and let ``port`` point to it; the readers answer from ``start`` on."""
        osdp_sys.set_loglevel(LogLevel.Emergency)
        self.port = port
        self.faults = Faults()
        self.unplugged: set[str] = set()
        self._readers = list(readers)
        self._obey = obey
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._random = random.Random(1)  # noqa: S311  noise, not a secret
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._wake = os.eventfd(0, os.EFD_NONBLOCK)
        self._running = True
        self.use_key(scbk)
        point(port, os.ttyname(self._slave))
        self._thread = threading.Thread(target=self._run, name="simulated-line", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, close the pty and remove the path."""
        self._running = False
        self.call(lambda: None)
        self._thread.join(5)
        self.port.unlink(missing_ok=True)
        for fd in (self._master, self._slave, self._wake):
            os.close(fd)

    def call(self, what: Callable[[], None]) -> None:
        """Have something done in the line's thread."""
        self._calls.put(what)
        os.eventfd_write(self._wake, 1)

    def later(self, delay_s: float, what: Callable[[], None]) -> None:
        """Have something done in the line's thread after a time; to be called there."""
        self._later.append((time.monotonic() + delay_s, what))

    def use_key(self, scbk: bytes) -> None:
        """Power the readers up with this Secure Channel base key (in the line's thread, or before ``start``)."""
        self.devices = {
            name: _Device(address, name, scbk, self._send, self._obeyer(name)) for address, name in self._readers
        }

    def noise(self, size: int) -> None:
        """Put rubbish on the wire towards the bridge."""
        self._write(self._random.randbytes(size))

    def _obeyer(self, name: str) -> Callable[[dict[str, object]], None]:
        return lambda command: self._obey(name, command)

    def _run(self) -> None:
        while self._running:
            readable, _, _ = select.select([self._master, self._wake], [], [], _IDLE_S)
            if self._wake in readable:
                os.eventfd_read(self._wake)
            while not self._calls.empty():
                self._calls.get()()
            now_s = time.monotonic()
            due = [what for at_s, what in self._later if at_s <= now_s]
            self._later = [(at_s, what) for at_s, what in self._later if at_s > now_s]
            for what in due:
                what()
            if self._master in readable:
                self._arrived(os.read(self._master, _READ_BYTES), now_s)
            for device in self.devices.values():
                if device.work():
                    device.report()

    def _arrived(self, data: bytes, now_s: float) -> None:
        if now_s >= self.faults.cut_until_s:
            for name, device in self.devices.items():
                if name not in self.unplugged:
                    device.wire.arrived += data

    def _send(self, data: bytes) -> None:
        if time.monotonic() < self.faults.cut_until_s:
            return
        if self.faults.flips > 0:
            self.faults.flips -= 1
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 0x10]) + data[middle + 1 :]
        self._write(data)

    def _write(self, data: bytes) -> None:
        try:
            os.write(self._master, data)
        except BlockingIOError:
            return  # nobody reads the other end: on a wire, too, it is gone


def point(port: Path, target: str) -> None:
    """Let a stable name point to a pty, as udev does for a plug."""
    port.parent.mkdir(parents=True, exist_ok=True)
    beside = port.with_name(f".{port.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(port)
