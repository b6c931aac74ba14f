"""The simulated school as its own process: JSON lines in, JSON lines out."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.parts.waiting import eventually
from tests.turnstile_bridge.gate_home import GateHome
from turnstile_bridge.simulated_school.turnstile import Turnstile


class SchoolProcess:
    """A running ``python -m turnstile_bridge.simulated_school``."""

    def __init__(self, home: GateHome) -> None:
        """Start it."""
        command = [sys.executable, "-m", "turnstile_bridge.simulated_school", "--settings", str(home.settings)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._heard: list[dict[str, Any]] = []

    def order(self, **said: object) -> None:
        """Give it an order."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(said) + "\n")
        self.process.stdin.flush()

    def told(self, event: str) -> dict[str, Any]:
        """Read on until it has told an event; what it told before is not forgotten."""
        while True:
            for told in self._heard:
                if told["event"] == event:
                    self._heard.remove(told)
                    return told
            assert self.process.stdout is not None
            line = self.process.stdout.readline()
            assert line, f"it ended before it told {event}"
            self._heard.append(json.loads(line))


@pytest.fixture
def school_process(home: GateHome) -> Iterator[SchoolProcess]:
    """Give a school of its own process."""
    school = SchoolProcess(home)
    yield school
    if school.process.poll() is None:
        school.process.kill()
    school.process.wait()
    assert school.process.stdin is not None
    assert school.process.stdout is not None
    school.process.stdin.close()
    school.process.stdout.close()


def test_a_card_a_lamp_a_way_out_and_a_press(home: GateHome, school_process: SchoolProcess) -> None:
    assert school_process.told("ready")["port"] == str(home.folder / "line")
    home.bridge().ready()
    school_process.order(do="walk_through", direction="exit", within_s=10)
    school_process.order(do="show_card", reader="exit", bits=26, data="a1b2c340")
    shown = school_process.told("card_shown")
    closed = school_process.told("relay_closed")
    assert closed["direction"] == "exit"
    assert closed["s"] > shown["s"]
    assert school_process.told("walked")["direction"] == "exit"
    assert school_process.told("lamp")["look"] == "granted"
    school_process.order(do="press_panic", button="post")
    assert school_process.told("panic_pressed")["button"] == "post"


def test_a_pass_is_shown_and_a_scanner_is_unplugged_and_plugged(home: GateHome, school_process: SchoolProcess) -> None:
    school_process.told("ready")
    bridge = home.bridge().ready()
    school_process.order(do="unplug_scanner", scanner="qr-entry")
    eventually(lambda: not (home.folder / "qr-entry").is_symlink())
    school_process.order(do="plug_scanner", scanner="qr-entry")
    eventually((home.folder / "qr-entry").is_symlink)
    school_process.order(do="scanner_noise", scanner="qr-exit", size=2000)
    eventually(lambda: bridge.said("scan_dropped"))
    school_process.order(do="show_pass", scanner="qr-exit", text="no pass", times=2, terminator="cr")
    assert school_process.told("pass_shown")["times"] == 2
    assert school_process.told("relay_closed")["direction"] == "exit", "the way out is never shut"


def test_an_order_that_it_cannot_obey_is_refused_and_the_next_is_obeyed(school_process: SchoolProcess) -> None:
    for wrong in (
        {"do": "dance"},
        {"do": "show_card", "reader": "nobody", "bits": 1, "data": "00"},
        {"do": "press_panic", "button": "x"},
        {"do": "show_pass", "scanner": "nobody", "text": "x"},
        {"do": "show_pass", "scanner": "qr-exit", "text": "x", "terminator": "tab"},
    ):
        school_process.order(**wrong)
        school_process.told("refused")
    assert school_process.process.stdin is not None
    school_process.process.stdin.write("not json\n")
    school_process.order(do="force", direction="entry")
    assert school_process.told("forced")
    school_process.order(do="stop")
    assert school_process.process.wait(10) == 0


def test_the_end_of_its_input_ends_it_and_clears_the_port_away(home: GateHome, school_process: SchoolProcess) -> None:
    school_process.told("ready")
    assert (home.folder / "line").exists()
    assert school_process.process.stdin is not None
    school_process.process.stdin.close()
    assert school_process.process.wait(10) == 0
    assert not (home.folder / "line").is_symlink()


def test_a_pulse_lets_one_person_through_or_ends_after_the_wait() -> None:
    turnstile = Turnstile("pulse", wait_s=5.0)
    turnstile.relay("entry", closed_for_s=0.2, now_s=10.0)
    assert turnstile.is_open("entry", 14.9)
    assert not turnstile.is_open("exit", 11.0)
    assert not turnstile.is_open("entry", 15.1)
    turnstile.relay("entry", closed_for_s=0.2, now_s=20.0)
    turnstile.went_through("entry", 20.1)
    assert not turnstile.is_open("entry", 20.6)


def test_a_held_relay_keeps_it_open_and_stop_locks_it() -> None:
    turnstile = Turnstile("potential", wait_s=5.0)
    turnstile.relay("entry", closed_for_s=5.0, now_s=10.0)
    turnstile.went_through("entry", 11.0)
    assert not turnstile.is_open("entry", 11.1), "it is still turning for the first"
    assert turnstile.is_open("entry", 13.9)
    turnstile.relay("entry", closed_for_s=0.0, now_s=14.0)
    assert not turnstile.is_open("entry", 14.0)
    pulse = Turnstile("pulse", wait_s=5.0)
    pulse.relay("exit", closed_for_s=0.2, now_s=10.0)
    pulse.stop()
    assert not pulse.is_open("exit", 10.5)
