"""What a change of contact inputs means: a passage, a press, fire, tampering, or a mechanism without power. Pure.

A contact that is normally closed is reported active while nothing happens. Edges on all passage contacts together
are a power cut, not two people.
"""

import msgspec

from schemas.credential_read import Direction
from turnstile_bridge.drivers.interface import (
    FireContact,
    HardwareEvent,
    PanicPressed,
    PassageCompleted,
    PowerFault,
    Tampered,
)
from turnstile_bridge.settings import Input, PanicButton, TurnstileSettings

Contact = tuple[str, int]


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """Which input is what."""

    passages: dict[Direction, Input]
    fire: Input | None
    tamper: Input | None
    buttons: dict[str, Input]


def wiring(turnstile: TurnstileSettings, buttons: list[PanicButton]) -> Wiring:
    """Take the wiring from a gate's settings."""
    return Wiring(
        passages={"entry": turnstile.pass_entry, "exit": turnstile.pass_exit},
        fire=turnstile.fire,
        tamper=turnstile.tamper,
        buttons={button.name: button.input for button in buttons},
    )


def events(
    wires: Wiring, before: dict[Contact, bool], after: dict[Contact, bool], *, first: bool
) -> list[HardwareEvent]:
    """Give what happened between two reports of the inputs, panic first.

    ``first`` marks the first report after a connection: what passed meanwhile is unknown and not told as passages;
    a button, the fire contact and a housing are told as they stand.
    """
    told: list[HardwareEvent] = [
        PanicPressed(name)
        for name, wire in wires.buttons.items()
        if _happening(wire, after) and not _happening(wire, before)
    ]
    if wires.fire is not None and _happening(wires.fire, after) != _happening(wires.fire, before):
        told.append(FireContact(_happening(wires.fire, after)))
    if wires.tamper is not None and _happening(wires.tamper, after) != _happening(wires.tamper, before):
        told.append(Tampered(wires.tamper.reader, _happening(wires.tamper, after)))
    passed: list[Direction] = [
        way for way, wire in wires.passages.items() if _happening(wire, after) and not _happening(wire, before)
    ]
    if len(passed) == len(wires.passages):
        told.append(PowerFault(wires.passages[passed[0]].reader))
    elif not first:
        told += [PassageCompleted(way) for way in passed]
    return told


def open_ways(wires: Wiring, levels: dict[Contact, bool]) -> list[Direction]:
    """Give the ways whose passage contact is away as the inputs stand."""
    return [way for way, wire in wires.passages.items() if _happening(wire, levels)]


def _happening(wire: Input, levels: dict[Contact, bool]) -> bool:
    idle = wire.normally == "closed"
    return levels.get((wire.reader, wire.number), idle) != idle
