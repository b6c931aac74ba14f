"""An OSDP line (IEC 60839-11-5): our Control Panel on a serial port, Secure Channel enforced, by libosdp.

Our own loop calls ``wait`` and ``poll``; nothing here starts a thread. The supervisor cures what libosdp alone
would answer with 300 seconds of silence: a reader that is down is
taken off and put on again. What a reader sends in the first second after a connection was shown before it: cards of
that second are dropped, contacts are marked.
"""

import select
from collections import deque
from collections.abc import Sequence

import msgspec
import osdp_sys
from osdp import Command, CommandLEDColor, CompletionStatus, Event, LibFlag, LogLevel, PDInfo, StatusReportType

from turnstile_bridge.drivers.reader_watch import ReaderWatch, WatchAct
from turnstile_bridge.drivers.serial_port import READ_BYTES, SerialPort

FIRST_SECOND_S = 1.0
SILENT_S = 1.5
"""A reader that has not answered for so long is away, whatever libosdp still hopes (it would for eight seconds)."""

_READS_A_TURN = 16


class Card(msgspec.Struct, frozen=True):
    """Raw card bits from a reader."""

    reader: str
    bits: int
    data: bytes


class Inputs(msgspec.Struct, frozen=True):
    """A reader's report of all its contact inputs. ``fresh`` is False in the first second after a connection."""

    reader: str
    levels: tuple[bool, ...]
    fresh: bool


class ReaderUp(msgspec.Struct, frozen=True):
    """A reader is in Secure Channel; ``gap_s`` since it was, ``told`` when its absence had been."""

    reader: str
    gap_s: float
    told: bool


class ReaderDown(msgspec.Struct, frozen=True):
    """A reader has been away for so long that it is told; ``answers`` when something answers at its address."""

    reader: str
    answers: bool


class NotSent(msgspec.Struct, frozen=True):
    """An order was taken back before it was sent; ``token`` is what it was given with."""

    token: str


LineEvent = Card | Inputs | ReaderUp | ReaderDown | NotSent


class OsdpLine:
    """One serial line with its readers; used by one thread."""

    def __init__(self, port: str, baud: int, scbk: bytes, readers: Sequence[tuple[int, str]]) -> None:
        """Take the port's path, the Secure Channel base key (16 bytes) and the readers' addresses and names; opens
        nothing yet.
        """
        self._port = SerialPort(port, baud)
        self._names = [name for _, name in readers]
        self._addresses = [address for address, _ in readers]
        self._events: list[LineEvent] = []
        self._tokens: list[deque[str | None]] = [deque() for _ in readers]
        self._watches: list[ReaderWatch] = []
        self._now_s = 0.0
        osdp_sys.set_loglevel(LogLevel.Emergency)
        flags = [LibFlag.EnforceSecure]
        infos = [PDInfo(address, self._port, scbk=scbk, flags=flags, name=name).get() for address, name in readers]
        self._panel = osdp_sys.ControlPanel(infos)
        self._panel.set_event_callback(self._heard)
        self._panel.set_command_completion_callback(self._completed)

    def open(self, now_s: float) -> None:
        """Open the port, or try again later; raises WrongSetting when another program has it."""
        self._watches = [ReaderWatch.begun(now_s) for _ in self._names]
        self._port.open(now_s)

    def close(self) -> None:
        """Give the port back."""
        self._port.close()

    def wait(self, timeout_s: float, wake_fd: int) -> None:
        """Sleep until the line or ``wake_fd`` (none when negative) has something, at most so long."""
        readable, _, _ = select.select([fd for fd in (wake_fd, self._port.fd) if fd >= 0], [], [], timeout_s)
        self._port.readable = self._port.readable or (self._port.fd in readable)

    def poll(self, now_s: float) -> list[LineEvent]:
        """Let libosdp work, look after the readers, and give what happened."""
        self._port.slept(now_s - self._now_s)
        self._now_s = self._port.now_s = now_s
        if self._port.fd < 0:
            self._port.reopen(now_s)
        self._refresh()
        secure = self._panel.sc_status()
        for place, address in enumerate(self._addresses):
            answers = now_s - self._port.heard.get(address, now_s) < SILENT_S
            self._watch(place, bool(secure >> place & 1) and answers, now_s)
        events, self._events = self._events, []
        return events

    def _refresh(self) -> None:
        """Let libosdp take what has arrived. While it does not read (all readers taken off), what comes is noise:
        away with it.
        """
        self._port.was_read = False
        self._panel.refresh()
        for _ in range(_READS_A_TURN):
            if not self._port.readable:
                return
            self._panel.refresh()
        if not self._port.was_read:
            self._port.read(READ_BYTES)

    def is_up(self, reader: str) -> bool:
        """Tell whether a reader is in Secure Channel."""
        return bool(self._panel.sc_status() >> self._names.index(reader) & 1)

    def is_believed(self, reader: str) -> bool:
        """Tell whether a reader has been in Secure Channel for so long that its cards are taken."""
        return self._now_s - self._watches[self._names.index(reader)].up_s >= FIRST_SECOND_S

    def output(self, reader: str, number: int, code: int, ticks: int, token: str | None = None) -> bool:
        """Order a relay (OUT, control code 1 off, 5 on for ``ticks`` of 100 ms); False when the reader is away: the
        order is then void.
        """
        order = {"command": Command.Output, "output_no": number, "control_code": code, "timer_count": ticks}
        return self._submit(reader, order, token)

    def lamp(self, reader: str, color: str, ticks: int) -> bool:
        """Light the reader's lamp for ``ticks`` of 100 ms."""
        order = {"command": Command.LED, "reader": 0, "led_number": 0, "control_code": 2, "on_count": 1, "off_count": 0}
        shade = getattr(CommandLEDColor, color)
        return self._submit(
            reader, order | {"on_color": shade, "off_color": shade, "timer_count": ticks, "temporary": True}
        )

    def tone(self, reader: str, beeps: int) -> bool:
        """Sound the reader's buzzer so often."""
        return self._submit(
            reader,
            {
                "command": Command.Buzzer,
                "reader": 0,
                "control_code": 2,
                "on_count": 1,
                "off_count": 1,
                "rep_count": beeps,
            },
        )

    def text(self, reader: str, text: str) -> bool:
        """Show at most 32 characters on the reader's display, if it has one."""
        place = {"offset_row": 1, "offset_col": 1}
        return self._submit(
            reader,
            {"command": Command.Text, "reader": 0, "control_code": 1, "temp_time": 0, "data": text[:32], **place},
        )

    def _submit(self, reader: str, order: dict[str, object], token: str | None = None) -> bool:
        place = self._names.index(reader)
        if not self.is_up(reader):
            return False
        self._tokens[place].append(token)
        if self._panel.submit_command(place, order):
            return True
        self._tokens[place].pop()
        return False

    def _completed(self, place: int, _order: dict[str, object], status: int) -> None:
        token = self._tokens[place].popleft() if self._tokens[place] else None
        if token is not None and status == CompletionStatus.Flushed:
            self._events.append(NotSent(token))

    def _heard(self, place: int, event: dict[str, object]) -> int:
        reader = self._names[place]
        fresh = self.is_believed(reader)
        match event:
            case {"event": Event.CardRead, "length": int(bits), "data": bytes(data)} if fresh:
                self._events.append(Card(reader, bits, data))
            case {"event": Event.Status, "type": StatusReportType.Input, "report": bytes(report)}:
                self._events.append(Inputs(reader, tuple(level == 1 for level in report), fresh))
        return 0

    def _watch(self, place: int, secure: bool, now_s: float) -> None:  # noqa: FBT001  what the panel says of it
        watch = self._watches[place]
        reader = self._names[place]
        for act in watch.step(now_s, secure=secure):
            match act:
                case WatchAct.TOLD_UP:
                    self._events.append(ReaderUp(reader, round(watch.gap_s, 3), watch.told_before))
                case WatchAct.FELL:
                    self._panel.flush_commands(place)
                case WatchAct.TOLD_DOWN:
                    heard_s = self._port.heard.get(self._addresses[place], float("-inf"))
                    self._events.append(ReaderDown(reader, heard_s >= watch.down_s))
                case WatchAct.TAKE_OFF:
                    self._panel.disable_pd(place)
                case WatchAct.PUT_ON:
                    self._panel.enable_pd(place)
