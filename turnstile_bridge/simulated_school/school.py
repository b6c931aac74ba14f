"""A simulated school at one gate: people with cards, a turnstile that turns, buttons that are pressed, and a line
that goes wrong.

It is wired as the gate's own settings say, and stands outside the bridge: the two meet only on the pty. Everything
that happens is told to ``tell`` and kept in ``told``, with the wall clock (``at``) and the machine's own (``s``).
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial
from typing import Any

from osdp import Command, CommandLEDColor

from schemas.credential_read import Direction
from turnstile_bridge.settings import GateConfiguration, Input, Terminator
from turnstile_bridge.simulated_school.line import SimulatedLine
from turnstile_bridge.simulated_school.scanner import SHOWN_EVERY_S, SimulatedScanner
from turnstile_bridge.simulated_school.turnstile import PASS_PULSE_S, TURN_S, Turnstile

PRESS_S = 0.05
_TICK_S = 0.1
_LOOKS = {CommandLEDColor.Green: "granted", CommandLEDColor.Red: "denied", CommandLEDColor.Amber: "wait"}

Told = dict[str, Any]


class SimulatedSchool:
    """One gate's surroundings. Its methods may be called from any thread."""

    def __init__(self, configuration: GateConfiguration, tell: Callable[[Told], None] | None = None) -> None:
        """Wire the school as the gate's settings say; ``start`` puts it on the line."""
        self._settings = configuration.settings
        wired = self._settings.turnstile
        self._turnstile = Turnstile(wired.mode, wired.wait_s)
        self._passes: dict[Direction, Input] = {"entry": wired.pass_entry, "exit": wired.pass_exit}
        self._relays: dict[tuple[str, int], Direction] = {
            (wired.unlock_entry.reader, wired.unlock_entry.number): "entry",
            (wired.unlock_exit.reader, wired.unlock_exit.number): "exit",
        }
        self._tell = tell
        self.told: list[Told] = []
        self.changed = threading.Condition()
        self._waiting: list[tuple[Direction, float, Future[bool]]] = []
        readers = [(reader.address, reader.name) for reader in self._settings.osdp.readers]
        self.line = SimulatedLine(
            configuration.path(self._settings.osdp.port), configuration.scbk(), readers, self._obey
        )
        self.scanners = {
            said.name: SimulatedScanner(configuration.path(said.port), said.terminator)
            for said in self._settings.scanners
        }
        self._idle()

    def start(self) -> None:
        """Begin to answer on the line."""
        self.line.start()

    def stop(self) -> None:
        """Leave the line and clear it away."""
        self.line.stop()
        for scanner in self.scanners.values():
            scanner.unplug()

    def show_pass(self, scanner: str, text: str, times: int = 5, terminator: Terminator | None = None) -> None:
        """Hold a phone with a QR code before a scanner: it is read so many times, each time sent in fragments; a
        scanner that is not there is a KeyError.
        """
        shown = self.scanners[scanner]
        pieces = [*shown.fragments(text, terminator)]

        def show() -> None:
            self._say("pass_shown", scanner=scanner, times=times)
            for number in range(times):
                for delay_s, piece in pieces:
                    self.line.later(number * SHOWN_EVERY_S + delay_s, partial(shown.send, piece))

        self.line.call(show)

    def unplug_scanner(self, scanner: str) -> None:
        """Pull a scanner's plug."""
        self.line.call(self.scanners[scanner].unplug)

    def plug_scanner(self, scanner: str) -> None:
        """Put a scanner's plug in again: the system gives it another name, its stable name points there."""
        self.line.call(self.scanners[scanner].plug)

    def scanner_noise(self, scanner: str, size: int = 64) -> None:
        """Let a scanner's line carry rubbish."""
        shown = self.scanners[scanner]
        self.line.call(lambda: shown.noise(size))

    def show_card(self, reader: str, bits: int, data: bytes) -> None:
        """Hold a card before a reader; a reader that is not there is a KeyError."""
        self.line.devices[reader]

        def show() -> None:
            self._say("card_shown", reader=reader, bits=bits, data=data.hex())
            self.line.devices[reader].card(bits, data)

        self.line.call(show)

    def walk_through(self, direction: Direction, within_s: float = 5.0) -> "Future[bool]":
        """Go through as soon as the turnstile is open; the future tells whether it was, within a time."""
        walked: Future[bool] = Future()

        def walk() -> None:
            self._waiting.append((direction, time.monotonic() + within_s, walked))
            self._try_walkers()
            self.line.later(within_s, self._try_walkers)

        self.line.call(walk)
        return walked

    def force(self, direction: Direction) -> None:
        """Go through a locked turnstile, as soon as it has turned for the one before."""

        def force() -> None:
            self.line.later(self._turnstile.busy_s(time.monotonic()), lambda: self._pass(direction, "forced"))

        self.line.call(force)

    def stand_in(self, direction: Direction, *, on: bool) -> None:
        """Stand in the mechanism (or step out of it)."""
        self._hold(self._passes[direction], "stood", on=on)

    def press_panic(self, button: str) -> None:
        """Press a panic button for 50 ms."""
        wire = next(known.input for known in self._settings.panic_buttons if known.name == button)

        def press() -> None:
            self._say("panic_pressed", button=button)
            self._pulse(wire, PRESS_S)

        self.line.call(press)

    def fire(self, *, on: bool) -> None:
        """Open the fire contact (or close it again)."""
        self._hold(self._settings.turnstile.fire, "fire", on=on)

    def tamper(self, *, on: bool) -> None:
        """Open a housing (or close it)."""
        self._hold(self._settings.turnstile.tamper, "tamper", on=on)

    def power_cut(self) -> None:
        """Cut the mechanism's power for a moment: both PASS contacts fall at once."""

        def cut() -> None:
            self._say("power_cut")
            wires = list(self._passes.values())
            for wire in wires:
                self._set(wire, idle=False)
            self._report(*wires)
            self.line.later(PASS_PULSE_S, back)

        def back() -> None:
            for wire in self._passes.values():
                self._set(wire, idle=True)
            self._report(*self._passes.values())
            self._say("power_back")

        self.line.call(cut)

    def cut(self, for_s: float) -> None:
        """Cut the line for a time."""

        def cut() -> None:
            self._say("line_cut", for_s=for_s)
            self.line.faults.cut_until_s = time.monotonic() + for_s

        self.line.call(cut)

    def unplug(self, reader: str) -> None:
        """Take one reader off the line for good."""
        self.line.call(lambda: self.line.unplugged.add(reader))

    def noise(self, size: int = 64) -> None:
        """Put rubbish on the line."""
        self.line.call(lambda: self.line.noise(size))

    def flip_bits(self, replies: int = 1) -> None:
        """Spoil one bit in each of the next replies."""
        self.line.call(lambda: setattr(self.line.faults, "flips", replies))

    def use_key(self, scbk: bytes) -> None:
        """Swap the readers for ones with another Secure Channel base key."""

        def swap() -> None:
            self._say("readers_swapped")
            self.line.use_key(scbk)
            self._idle()

        self.line.call(swap)

    def wait_for(self, event: str, timeout_s: float = 5.0, after: int = 0, **fields: object) -> Told:
        """Wait until something was told (from place ``after`` of ``told``); raises TimeoutError that says what was
        told instead.
        """

        def found() -> Told | None:
            return next(
                (told for told in self.told[after:] if told["event"] == event and fields.items() <= told.items()), None
            )

        with self.changed:
            self.changed.wait_for(found, timeout_s)
            told = found()
        if told is None:
            message = f"no {event} {fields} within {timeout_s} s, but {self.told[after:]}"
            raise TimeoutError(message)
        return told

    def _obey(self, reader: str, command: dict[str, object]) -> None:
        match command:
            case {
                "command": Command.Output,
                "output_no": int(number),
                "control_code": int(code),
                "timer_count": int(ticks),
            }:
                self._relay(reader, number, ticks * _TICK_S if code in {2, 5} else 0.0)
            case {"command": Command.LED, "on_color": int(color)}:
                self._say("lamp", reader=reader, look=_LOOKS.get(color, str(color)))
            case {"command": Command.Text, "data": str(text)}:
                self._say("text", reader=reader, text=text)

    def _relay(self, reader: str, number: int, closed_for_s: float) -> None:
        direction = self._relays.get((reader, number))
        if direction is None:
            self._turnstile.stop()
            return
        self._say("relay_closed" if closed_for_s else "relay_opened", direction=direction, for_s=closed_for_s)
        self._turnstile.relay(direction, closed_for_s=closed_for_s, now_s=time.monotonic())
        self._try_walkers()

    def _try_walkers(self) -> None:
        now_s = time.monotonic()
        kept = []
        for direction, until_s, walked in self._waiting:
            if self._turnstile.is_open(direction, now_s):
                self._turnstile.went_through(direction, now_s)
                self.line.later(TURN_S, self._try_walkers)
                self._pass(direction, "walked")
                walked.set_result(True)
            elif now_s >= until_s:
                self._say("gave_up", direction=direction)
                walked.set_result(False)
            else:
                kept.append((direction, until_s, walked))
        self._waiting = kept

    def _pass(self, direction: Direction, how: str) -> None:
        self._say(how, direction=direction)
        self._pulse(self._passes[direction], PASS_PULSE_S)

    def _hold(self, wire: Input | None, event: str, *, on: bool) -> None:
        if wire is None:
            message = f"this gate has no {event} contact"
            raise ValueError(message)

        def hold() -> None:
            self._say(event, on=on)
            self._set(wire, idle=not on)
            self._report(wire)

        self.line.call(hold)

    def _pulse(self, wire: Input, for_s: float) -> None:
        self._set(wire, idle=False)
        self._report(wire)
        self.line.later(for_s, lambda: self._back(wire))

    def _back(self, wire: Input) -> None:
        self._set(wire, idle=True)
        self._report(wire)

    def _set(self, wire: Input, *, idle: bool) -> None:
        self.line.devices[wire.reader].levels[wire.number] = (wire.normally == "closed") == idle

    def _report(self, *wires: Input) -> None:
        for reader in {wire.reader for wire in wires}:
            self.line.devices[reader].report()

    def _idle(self) -> None:
        wired = self._settings.turnstile
        buttons = [button.input for button in self._settings.panic_buttons]
        for wire in (*self._passes.values(), wired.fire, wired.tamper, *buttons):
            if wire is not None:
                self._set(wire, idle=True)

    def _say(self, event: str, **fields: object) -> None:
        told: Told = {"event": event, "at": datetime.now(UTC).isoformat(), "s": time.monotonic(), **fields}
        with self.changed:
            self.told.append(told)
            self.changed.notify_all()
        if self._tell is not None:
            self._tell(told)
