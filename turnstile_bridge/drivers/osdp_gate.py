"""A gate whose turnstile hangs on its OSDP readers' own relays and contacts: the gate's orders into OSDP commands,
OSDP reports into the gate's events.

The end of an unlock is a timer in the device (OUT, control code 5), so a dead bridge leaves no gate open; freedom
is renewed while it lasts.
"""

import time
from collections import deque

from schemas.credential_read import Direction
from turnstile_bridge.drivers import contacts
from turnstile_bridge.drivers.held_watch import HeldWatch
from turnstile_bridge.drivers.interface import (
    CardRead,
    DeviceBack,
    DeviceLost,
    HardwareEvent,
    HardwareState,
    Look,
    PassageCompleted,
    PassageHeld,
    UnlockFailed,
)
from turnstile_bridge.drivers.osdp_line import Card, Inputs, LineEvent, NotSent, OsdpLine, ReaderDown, ReaderUp
from turnstile_bridge.settings import Output, PanicButton, TurnstileSettings

_OFF, _ON_FOR = 1, 5
_TICK_MS = 100
_LOOK_TICKS = 20
_FREE_TICKS, _FREE_AGAIN_S = 100, 5.0
_GRANTS_KEPT = 64
_LAST_POLLS, _LAST_POLL_S = 30, 0.002

_LAMPS: dict[Look, tuple[str, int]] = {
    "granted": ("Green", 1),
    "denied": ("Red", 3),
    "wait": ("Amber", 2),
    "off": ("Black", 0),
}


class OsdpGate:
    """The hardware of one gate, for the line's thread (``drivers.interface.GateHardware``)."""

    def __init__(
        self, line: OsdpLine, readers: list[str], turnstile: TurnstileSettings, buttons: list[PanicButton]
    ) -> None:
        """Take the line and its readers, and how the mechanism and the buttons are wired to it."""
        self._line = line
        self._readers = readers
        self._turnstile = turnstile
        self._wires = contacts.wiring(turnstile, buttons)
        self._relays: dict[Direction, Output] = {"entry": turnstile.unlock_entry, "exit": turnstile.unlock_exit}
        held_ms = turnstile.pulse_ms if turnstile.mode == "pulse" else turnstile.wait_s * 1000
        self._ticks = max(1, round(held_ms / _TICK_MS))
        self._levels: dict[contacts.Contact, bool] = {}
        self._reported: set[str] = set()
        self._held = HeldWatch(turnstile.held_after_s)
        self._granted: deque[str] = deque(maxlen=_GRANTS_KEPT)
        self._free_until_s: float | None = None

    def open(self, now_s: float) -> None:
        """Open the line; raises WrongSetting when another program has it."""
        self._line.open(now_s)

    def close(self) -> None:
        """Let both relays go, as far as the line still carries it, and give the port back."""
        self.set_free(on=False)
        for _ in range(_LAST_POLLS):
            self._line.wait(_LAST_POLL_S, -1)
            self._line.poll(time.monotonic())
        self._line.close()

    def wait(self, timeout_s: float, wake_fd: int) -> None:
        """Sleep until the line or ``wake_fd`` has something, at most so long."""
        self._line.wait(timeout_s, wake_fd)

    def poll(self, now_s: float) -> list[HardwareEvent]:
        """Let the line work and give what happened at the gate."""
        events: list[HardwareEvent] = []
        for told in self._line.poll(now_s):
            events += self._event(told, now_s)
        events += [PassageHeld(way) for way in self._held.held(now_s)]
        if self._free_until_s is not None and now_s >= self._free_until_s:
            self._hold_free(now_s)
        return events

    def unlock(self, direction: Direction, grant: str) -> bool:
        """Open one way for one passage, once for a grant."""
        if grant in self._granted:
            return True
        relay = self._relays[direction]
        if not self._line.output(relay.reader, relay.number, _ON_FOR, self._ticks, grant):
            return False
        self._granted.append(grant)
        return True

    def relock(self, direction: Direction) -> None:
        """Take an opening back: let the relay go, and pulse the stop input where one is wired. A pulse that the
        mechanism times itself is over with the passage.
        """
        if self._free_until_s is not None:
            return
        relay = self._relays[direction]
        if self._turnstile.mode == "potential":
            self._line.output(relay.reader, relay.number, _OFF, 0)
        if self._turnstile.stop is not None:
            self._line.output(self._turnstile.stop.reader, self._turnstile.stop.number, _ON_FOR, self._ticks)

    def set_free(self, on: bool) -> None:  # noqa: FBT001  the contact's two states
        """Hold both ways open, or let go."""
        if on:
            self._hold_free(None)
            return
        self._free_until_s = None
        for relay in self._relays.values():
            self._line.output(relay.reader, relay.number, _OFF, 0)

    def indicate(self, reader: str, look: Look, text: str | None = None) -> None:
        """Show what became of a card: green, red or amber, with one, three or two tones."""
        lamp, beeps = _LAMPS[look]
        self._line.lamp(reader, lamp, _LOOK_TICKS)
        if beeps:
            self._line.tone(reader, beeps)
        if text is not None:
            self._line.text(reader, text)

    def read_state(self) -> HardwareState:
        """Give which readers' cards are taken now, and the contacts they have reported."""
        return HardwareState({reader: self._line.is_believed(reader) for reader in self._readers}, dict(self._levels))

    def _hold_free(self, now_s: float | None) -> None:
        for relay in self._relays.values():
            self._line.output(relay.reader, relay.number, _ON_FOR, _FREE_TICKS)
        self._free_until_s = float("-inf") if now_s is None else now_s + _FREE_AGAIN_S

    def _event(self, told: LineEvent, now_s: float) -> list[HardwareEvent]:
        match told:
            case Card():
                return [CardRead(told.reader, told.bits, told.data)]
            case Inputs():
                events = self._inputs(told)
                self._held.seen(contacts.open_ways(self._wires, self._levels), now_s)
                return events
            case NotSent():
                return [UnlockFailed(told.token)]
            case ReaderDown():
                self._held.seen((), now_s)
                return [DeviceLost(told.reader, told.answers)]
            case ReaderUp():
                self._reported.discard(told.reader)
                return [DeviceBack(told.reader, told.gap_s)] if told.told else []

    def _inputs(self, told: Inputs) -> list[HardwareEvent]:
        before = self._levels
        after = before | {(told.reader, number): level for number, level in enumerate(told.levels)}
        first = told.reader not in self._reported
        self._reported.add(told.reader)
        self._levels = after
        events = contacts.events(self._wires, before, after, first=first)
        if told.fresh:
            return events
        return [
            PassageCompleted(event.direction, unseen=True) if isinstance(event, PassageCompleted) else event
            for event in events
        ]
