"""Gate event: what is not ordinary at a gate, and its heartbeat, which is."""

from typing import Literal

import msgspec

GateEventKind = Literal[
    "started",
    "heartbeat",
    "device_silent",
    "device_back",
    "secure_channel_lost",
    "tamper",
    "power_fault",
    "link_lost",
    "link_restored",
    "forced",
    "held_open",
    "fire_contact",
    "mode_changed",
    "journal_filling",
    "clock_wrong",
]


class GateEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something to know about a gate; only ``forced`` and some later kinds raise an alarm.

    ``device`` names the reader or mechanism, ``gap_s`` how long a restored link had been down, ``detail`` the values of
    the kind (no personal data).
    """

    gate: str
    kind: GateEventKind
    device: str | None
    gap_s: float | None
    detail: dict[str, str]
