"""A QR scanner on a real pty: whole scans, rubbish, a pulled plug, and a name that another program has."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from schemas.setting import WrongSetting
from tests.parts.waiting import eventually
from turnstile_bridge.clock import instant
from turnstile_bridge.drivers.interface import DeviceBack, DeviceLost, HardwareEvent, ScanDropped, ScanRead
from turnstile_bridge.drivers.qr_scanner import QrScanner
from turnstile_bridge.drivers.serial_port import SerialPort
from turnstile_bridge.settings import Terminator
from turnstile_bridge.simulated_school.scanner import SimulatedScanner

EventT = TypeVar("EventT", bound=HardwareEvent)


class Bench:
    """A scanner's driver in a test's hands, with the scanner that it reads."""

    def __init__(self, port: Path, terminator: Terminator = "cr") -> None:
        """Plug a scanner in and open it."""
        self.far = SimulatedScanner(port, terminator)
        self.near = QrScanner("qr", SerialPort(str(port), 9600, "scanners[0]"), terminator)
        self.near.open(instant().s)
        self.happened: list[HardwareEvent] = []

    def close(self) -> None:
        """Give everything back."""
        self.near.close()
        self.far.unplug()

    def turned(self) -> list[HardwareEvent]:
        """Ask the scanner once, as the gate's thread does each turn."""
        began_s = instant().s
        self.happened += self.near.poll(began_s)
        assert instant().s - began_s < 0.5, "the gate's thread waits for nobody"
        return self.happened

    def until(self, condition: Callable[[list[HardwareEvent]], object]) -> None:
        """Ask it until something holds."""
        eventually(lambda: condition(self.turned()), saying=f"{self.happened}")

    def heard(self, shape: type[EventT]) -> EventT:
        """Ask it until an event of a kind came, and take it with all before it."""
        self.until(lambda happened: any(isinstance(event, shape) for event in happened))
        place, found = next((place, one) for place, one in enumerate(self.happened) if isinstance(one, shape))
        del self.happened[: place + 1]
        return found

    def shows(self, text: str) -> None:
        """Send a code in the pieces in which a port brings it, the gate looking in between."""
        for _, piece in self.far.fragments(text):
            self.far.send(piece)
            self.turned()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Give a scanner that ends its codes with CR."""
    bench = Bench(tmp_path / "qr")
    yield bench
    bench.close()


@pytest.mark.parametrize("terminator", ["cr", "lf", "crlf", "stx-etx", "none"])
def test_a_long_code_is_one_scan_whatever_ends_it(terminator: Terminator, tmp_path: Path) -> None:
    bench = Bench(tmp_path / "qr", terminator)
    text = "eyJ" + "x" * 280
    bench.shows(text)
    assert bench.heard(ScanRead) == ScanRead("qr", text.encode())
    bench.shows("next")
    assert bench.heard(ScanRead) == ScanRead("qr", b"next")
    assert not [event for event in bench.happened if isinstance(event, ScanDropped)]
    bench.close()


def test_rubbish_is_dropped_and_told_and_the_next_code_is_read(bench: Bench) -> None:
    bench.far.send(b"\xff\xfe\0rubbish" * 300)
    assert bench.heard(ScanDropped).trouble == "too_long"
    bench.far.send(b"half a co")
    assert bench.heard(ScanDropped) == ScanDropped("qr", "no_terminator", 9)
    for _ in range(20):
        bench.far.noise(200)
    bench.far.send(b"\r")
    bench.shows("after the noise")
    bench.until(lambda happened: ScanRead("qr", b"after the noise") in happened)


def test_a_pulled_plug_is_told_and_a_scanner_that_is_back_under_another_name_is_read(
    bench: Bench, tmp_path: Path
) -> None:
    first = (tmp_path / "qr").readlink()
    bench.shows("before")
    bench.heard(ScanRead)
    bench.far.send(b"half")
    bench.turned()
    bench.far.unplug()
    assert bench.heard(DeviceLost) == DeviceLost("qr", answers=False)
    holder = SimulatedScanner(tmp_path / "another-plug", "cr")  # takes the name that has become free
    bench.far.plug()
    assert (tmp_path / "qr").readlink() != first
    assert bench.heard(DeviceBack).gap_s >= 1.5
    bench.shows("whole")
    assert bench.heard(ScanRead) == ScanRead("qr", b"whole"), "the half of before is not its beginning"
    holder.unplug()


def test_a_scanner_that_is_only_named_anew_is_not_told(bench: Bench) -> None:
    bench.far.unplug()
    bench.turned()
    bench.far.plug()
    began_s = instant().s
    bench.until(lambda _: instant().s - began_s > 2.0)
    bench.shows("after")
    assert bench.heard(ScanRead) == ScanRead("qr", b"after")
    assert not [event for event in bench.happened if not isinstance(event, ScanRead)]


def test_a_scanner_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    near = QrScanner("qr", SerialPort(str(tmp_path / "qr"), 9600, "scanners[0]"), "cr")
    near.open(instant().s)
    happened: list[HardwareEvent] = []

    def turned() -> int:
        happened.extend(near.poll(instant().s))
        return len(happened)

    eventually(lambda: turned() == 1)
    far = SimulatedScanner(tmp_path / "qr", "cr")
    eventually(lambda: turned() == 2)
    assert [type(event) for event in happened] == [DeviceLost, DeviceBack]
    near.close()
    far.unplug()


def test_the_port_of_another_program_is_named(bench: Bench, tmp_path: Path) -> None:
    other = QrScanner("qr", SerialPort(str(tmp_path / "qr"), 9600, "scanners[3]"), "cr")
    with pytest.raises(WrongSetting, match=r"scanners\[3\]\.port.*in use"):
        other.open(instant().s)
