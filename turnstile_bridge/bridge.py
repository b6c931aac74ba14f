"""The bridge: hardware, state machine, journal and uplink put together, and the one thread in which the gate happens.

An act is in the journal before the gate opens, so that a kill at any moment repeats nothing and forgets nothing.
"""

import contextlib
import logging
import os
import queue
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from schemas.gate_event import GateEvent, GateEventKind
from schemas.keyed_hash import credential_hash
from schemas.panic import Panic
from schemas.topics import GATE_EVENTS, PANICS
from turnstile_bridge import gate, reads
from turnstile_bridge.alone import decided_alone
from turnstile_bridge.clock import instant
from turnstile_bridge.clock_watch import ClockWatch
from turnstile_bridge.drivers import interface as hardware
from turnstile_bridge.drivers.gate_devices import GateDevices
from turnstile_bridge.facts import FactsOnDisk
from turnstile_bridge.gate_words import (
    Answered,
    DecideAlone,
    Effect,
    GateInput,
    GateState,
    GuardAnswered,
    Indicate,
    Instant,
    ModeKnown,
    OwnDecision,
    Relock,
    Say,
    SetFree,
    Setup,
    Shown,
    Tick,
    Unlock,
)
from turnstile_bridge.journal import FILLING_OVER_SHARE, FILLING_SHARE, Journal, Written
from turnstile_bridge.log import log
from turnstile_bridge.panic_watch import AlarmsTaken, PanicWatch, Press
from turnstile_bridge.settings import GateConfiguration
from turnstile_bridge.shown_pass import shown_pass
from turnstile_bridge.uplink import Uplink, UplinkEvent

LINE_WAIT_S = 0.002
READY_ANYWAY_S = 3.0
_WATCH_EVERY_S = 0.25
_CALL_102 = "102"


class Bridge:
    """One gate. ``run`` is its thread; ``stop`` and the uplink's threads may call in from others."""

    def __init__(self, configuration: GateConfiguration) -> None:
        """Open everything that the settings name; raises WrongSetting, or sqlite3.Error when the disk refuses."""
        settings = configuration.settings
        self._settings = settings
        self._card_key = configuration.card_key()
        self._devices = GateDevices(configuration)
        self._hardware = self._devices.gate
        self._silent = {button.name: button.silent for button in settings.panic_buttons}
        folder: Path = configuration.data_dir
        self._journal = Journal(
            folder / "journal.sqlite",
            site=settings.site,
            signer=configuration.signer(),
            placement=configuration.placement,
            max_rows=settings.journal.max_rows,
            max_bytes=settings.journal.max_mb * 1024 * 1024,
        )
        self._facts = FactsOnDisk(folder / "facts.sqlite", settings.site)
        self._uplink = Uplink(configuration, self._journal, self._tell)
        turnstile = settings.turnstile
        self._setup = Setup(
            gate=settings.gate,
            relay_reader={"entry": turnstile.unlock_entry.reader, "exit": turnstile.unlock_exit.reader},
            wait_s=turnstile.wait_s,
            margin_s=turnstile.margin_s,
        )
        self._state = GateState()
        self._presses = PanicWatch()
        self._clock = ClockWatch(instant())
        self._inbox: queue.SimpleQueue[UplinkEvent] = queue.SimpleQueue()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._running = True
        self._ready = False
        self._filling = False
        self._heartbeat_s = self._watch_s = 0.0

    def run(self) -> None:
        """Serve the gate until ``stop``; locks and closes everything at the end."""
        began = instant()
        self._devices.open(began.s)
        self._resume(began)
        self._uplink.start()
        self._heartbeat_s = began.s
        try:
            while self._running:
                self._hardware.wait(self._patience_s(instant().s), self._wake)
                self._turn(began)
        finally:
            self._uplink.stop()
            self._devices.close()
            self._facts.close()
            self._journal.close()
            log("stopped", process="bridge", gate=self._settings.gate)

    def stop(self) -> None:
        """Have ``run`` end; safe in a signal handler."""
        self._running = False
        os.eventfd_write(self._wake, 1)

    def _tell(self, event: UplinkEvent) -> None:
        self._inbox.put(event)
        os.eventfd_write(self._wake, 1)

    def _patience_s(self, now_s: float) -> float:
        due_s = gate.next_deadline_s(self._state)
        return LINE_WAIT_S if due_s is None else max(0.0, min(LINE_WAIT_S, due_s - now_s))

    def _turn(self, began: Instant) -> None:
        now = instant()
        for event in self._devices.poll(now.s):
            self._happened(event, now)
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wake)
        while not self._inbox.empty():
            self._heard(self._inbox.get(), instant())
        due_s = gate.next_deadline_s(self._state)
        if due_s is not None and now.s >= due_s:
            self._step(Tick(), now)
        if now.s >= self._watch_s:
            self._watch_s = now.s + _WATCH_EVERY_S
            self._look_after(began, now)

    def _heard(self, told: UplinkEvent, now: Instant) -> None:
        match told:
            case AlarmsTaken():
                self._confirmed(told)
            case GuardAnswered():
                self._step(msgspec.structs.replace(told, own_id=self._journal.next_id()), now)
            case Answered(at=datetime() as said_at):
                self._clock.agreed(said_at, now)
                self._step(told, now)
            case _:
                self._step(told, now)

    def _happened(self, event: hardware.HardwareEvent, now: Instant) -> None:
        match event:
            case hardware.PanicPressed():
                self._panic(event.button, now)
            case hardware.CardRead():
                credential = credential_hash(self._card_key, event.bits, event.data)
                self._shown(event.reader, credential, now, bits=event.bits)
            case hardware.ScanRead():
                self._scanned(event, now)
            case hardware.ScanDropped():
                log("scan_dropped", logging.WARNING, scanner=event.scanner, trouble=event.trouble, size=event.size)
            case _:
                self._step(event, now)

    def _shown(self, device: str, credential: str, now: Instant, **of_technology: Any) -> None:
        policy = self._facts.policy()
        within_ms = policy.answer_within_ms if policy else self._settings.answer_within_ms
        self._step(
            Shown(
                id=self._journal.next_id(),
                reader=device,
                direction=self._devices.ways[device],
                credential=credential,
                answer_within_s=within_ms / 1000,
                **of_technology,
            ),
            now,
        )

    def _scanned(self, scan: hardware.ScanRead, now: Instant) -> None:
        found = shown_pass(scan.data, self._settings.site, self._facts.policy(), self._card_key, now.at)
        if found.spoiled_by_layout:
            log("scan_spoiled_by_layout", logging.WARNING, scanner=scan.scanner)
            self._gate_event("device_back", now, scan.scanner, keyboard_layout="cyrillic")
        self._shown(scan.scanner, found.credential, now, bits=0, technology="qr", pass_fault=found.fault)

    def _step(self, event: GateInput, now: Instant) -> None:
        self._state, effects = gate.step(self._setup, self._state, event, now)
        self._do(effects, now)

    def _do(self, effects: list[Effect], now: Instant) -> None:
        said = [effect for effect in effects if isinstance(effect, Say)]
        self._say(said, now)
        for effect in effects:
            match effect:
                case Unlock():
                    if not self._hardware.unlock(effect.grant.direction, effect.grant.id):
                        self._step(hardware.UnlockFailed(effect.grant.id), now)
                case Relock():
                    self._hardware.relock(effect.direction)
                case SetFree():
                    self._hardware.set_free(effect.on)
                case Indicate():
                    self._devices.indicate(effect.reader, effect.look)
                case DecideAlone():
                    self._decide_alone(effect, now)
                case Say():
                    pass

    def _decide_alone(self, effect: DecideAlone, now: Instant) -> None:
        read = effect.read
        doubted = self._clock.doubted(now, self._facts.newest_said_at())
        decided = decided_alone(read.data, self._facts, self._journal, now.at, clock_doubted=doubted)
        self._step(OwnDecision(read.id, decided), now)

    def _say(self, said: list[Say], now: Instant) -> list[Written]:
        if not said:
            return []
        written = self._journal.write([(say, now.at) for say in said])
        for say, one in zip(said, written, strict=True):
            log("said", logging.DEBUG if one.kept else logging.ERROR, topic=say.topic.name, id=one.id, kept=one.kept)
        return written

    def _gate_event(self, kind: GateEventKind, now: Instant, device: str | None = None, **detail: str) -> None:
        event = GateEvent(gate=self._settings.gate, kind=kind, device=device, gap_s=None, detail=detail)
        self._say([Say(GATE_EVENTS, event)], now)

    def _panic(self, button: str, now: Instant) -> None:
        silent = self._silent[button]
        written = self._say(
            [Say(PANICS, Panic(gate=self._settings.gate, button=button, silent=silent, test=None))], now
        )
        self._presses.pressed(Press(written[0].id, button, silent), now.s)
        log("panic", logging.WARNING, id=written[0].id)

    def _confirmed(self, taken: AlarmsTaken) -> None:
        for event_id in taken.event_ids:
            if self._presses.confirmed(event_id) is not None:
                log("panic_confirmed", id=event_id)

    def _look_after(self, began: Instant, now: Instant) -> None:
        self._uplink.watch(now.s)
        for press in self._presses.unconfirmed(now.s):
            log("panic_unconfirmed", logging.ERROR, id=press.event_id)
            if not press.silent:
                self._devices.call_out(_CALL_102)
        share = self._journal.backlog().share
        if (share >= FILLING_SHARE) != self._filling and (share >= FILLING_SHARE or share < FILLING_OVER_SHARE):
            self._filling = share >= FILLING_SHARE
            if self._filling:
                log("journal_filling", logging.WARNING, share=round(share, 2))
                self._gate_event("journal_filling", now, share=f"{share:.2f}")
        if self._clock.told(doubted=self._clock.doubted(now, self._facts.newest_said_at())):
            log("clock_wrong", logging.ERROR)
            self._gate_event("clock_wrong", now)
        if now.s >= self._heartbeat_s:
            self._heartbeat_s = now.s + self._settings.heartbeat_s
            self._heartbeat(now)
        if not self._ready and (all(self._hardware.read_state().online.values()) or now.s - began.s >= READY_ANYWAY_S):
            self._ready = True
            log("ready", process="bridge", gate=self._settings.gate)

    def _heartbeat(self, now: Instant) -> None:
        backlog = self._journal.backlog()
        alone = "yes" if reads.is_alone(self._state) else "no"
        detail = {
            "waiting": backlog.rows,
            "alone": alone,
            "dropped": self._journal.dropped,
            "refused": self._uplink.refused,
        }
        self._gate_event("heartbeat", now, **{name: str(value) for name, value in detail.items()})

    def _resume(self, now: Instant) -> None:
        found = self._journal.unfinished(now.at)
        unfinished = len(found.reads) + len(found.grants)
        self._gate_event("started", now, boot=str(self._journal.boot), unfinished=str(unfinished))
        mode = self._facts.mode()
        if mode is not None:
            self._step(ModeKnown(mode.mode, mode.drill), now)
        self._step(found, now)


def serve(configuration: GateConfiguration, on_made: Callable[[Bridge], None]) -> None:
    """Make a bridge, hand it to ``on_made`` (who may stop it), and run it."""
    bridge = Bridge(configuration)
    on_made(bridge)
    bridge.run()
