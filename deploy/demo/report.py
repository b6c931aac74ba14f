"""The demo's figures and its verdict: what must have happened, and what did not."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from deploy.demo.observed import Observed

LIMITS_MS: dict[str, dict[str, float]] = {
    "card_to_unlock_ms": {"p50": 100, "p99": 250},
    "alarm_to_page_ms": {"p99": 500},
    "alarm_to_ack_ms": {"p99": 1000},
    "approve_to_pass_ms": {"p99": 2000},
    "pass_to_unlock_ms": {"p99": 1000},
}
READY_LIMIT_S = 25.0
RESIDENT_LIMIT_MB = 1200.0


class Quantiles(msgspec.Struct, frozen=True):
    """Median, 99th percentile (nearest rank) and count of a list of milliseconds."""

    p50: float
    p99: float
    n: int


class Measured(msgspec.Struct, kw_only=True):
    """What the morning measured, in milliseconds, seconds and MB."""

    card_to_unlock_ms: list[float] = []
    alarm_to_page_ms: list[float] = []
    alarm_to_ack_ms: list[float] = []
    approve_to_pass_ms: list[float] = []
    pass_to_unlock_ms: list[float] = []
    ready_s: float = 0.0
    resident_mb: dict[str, float] = {}


def quantiles(values: Sequence[float]) -> Quantiles:
    """Give the quantiles of a list; of an empty one they are infinite, so that no limit holds by absence."""
    ordered = sorted(values)
    return Quantiles(_rank(ordered, 0.5), _rank(ordered, 0.99), len(ordered))


def _rank(ordered: Sequence[float], share: float) -> float:
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1) if ordered else math.inf


def broken_promises(observed: Observed) -> list[str]:
    """Tell every promise of the way that the morning broke, in a person's words; what is under way counts as broken."""
    told = []
    for read in observed.reads:
        if len({act.id for act in observed.acts[read]}) != 1:
            told.append(f"read {read} has {len(observed.acts[read])} effective decisions, not one")
        if len({event.id for event in observed.decisions[read]}) != 1:
            told.append(f"read {read} has {len(observed.decisions[read])} online decisions, not one")
    grants = {act.data.grant for acts in observed.acts.values() for act in acts} - {None}
    told += [
        f"{grant} has {len(observed.passages_of[grant])} passages or time-outs, not one"
        for grant in grants
        if grant is not None and len(observed.passages_of[grant]) != 1
    ]
    for alarm, versions in observed.alarms.items():
        raises = {
            bytes(event.envelope.data) for event in versions if event.data.version == 1 and event.envelope is not None
        }
        if len(raises) != 1:
            told.append(f"{alarm} was raised {len(raises)} times, not once")
    told += [
        f"{event.source} could not take a record of {event.data.topic}: {event.data.reason}, {event.data.detail}"
        for event in observed.dead_letters
    ]
    if observed.unreadable:
        told.append(f"{observed.unreadable} unreadable records")
    return told


def over_limits(measured: Measured) -> list[str]:
    """Tell every figure that is over its limit."""
    told = []
    for name, limits in LIMITS_MS.items():
        found = quantiles(getattr(measured, name))
        told += [
            f"{name} {quantile} is {getattr(found, quantile)} ms, at most {limit:.0f} promised"
            for quantile, limit in limits.items()
            if getattr(found, quantile) > limit
        ]
    if measured.ready_s > READY_LIMIT_S:
        told.append(f"ready after {measured.ready_s} s, at most {READY_LIMIT_S:.0f} promised")
    total = sum(measured.resident_mb.values())
    if total > RESIDENT_LIMIT_MB:
        told.append(f"{total:.0f} MB resident, at most {RESIDENT_LIMIT_MB:.0f} promised")
    return told


def report(observed: Observed, measured: Measured, failed: list[str]) -> dict[str, Any]:
    """Give the report as it is written."""
    return {
        "ok": not failed,
        "failed": failed,
        "reads": len(observed.reads),
        "decisions": sum(len({act.id for act in acts}) for acts in observed.acts.values()),
        "unlocks": len(
            {act.data.grant for acts in observed.acts.values() for act in acts if act.data.grant is not None}
        ),
        "passages": len(observed.passages),
        "alarms": len(observed.alarms),
        **{name: msgspec.to_builtins(quantiles(getattr(measured, name))) for name in LIMITS_MS},
        "ready_s": measured.ready_s,
        "resident_mb": {**measured.resident_mb, "total": round(sum(measured.resident_mb.values()), 1)},
    }


def write(path: Path, content: dict[str, Any]) -> None:
    """Write the report where the README says it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
