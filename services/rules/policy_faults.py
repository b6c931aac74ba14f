"""What is wrong with a policy before it is published: one code a fault, with where it stands, for the file and for the
director's page. Every fault is told at once.
"""

from collections.abc import Iterator
from datetime import UTC
from enum import StrEnum
from itertools import combinations

import msgspec

from schemas.site_policy import CategoryRules, SitePolicy, Window
from schemas.trust import check_gate_key
from services.rules.policy_times import DAY_MIN, clock_of

_MOST_OFFSET_MIN = 14 * 60
_SUNDAY = 7
Path = tuple[str | int, ...]


class FaultCode(StrEnum):
    """What is wrong; a page words each in three languages (``policy.fault.<code>``)."""

    CATEGORY_MISSING = "category_missing"
    CATEGORY_CLOSED_UNSAID = "category_closed_unsaid"
    WINDOW_BACKWARDS = "window_backwards"
    WINDOW_DAYS = "window_days"
    WINDOWS_OVERLAP = "windows_overlap"
    LATE_OUTSIDE = "late_outside"
    NO_ENTRANCE = "no_entrance"
    ENTRANCE_UNKNOWN = "entrance_unknown"
    PASSBACK_OFF = "passback_off"
    REFUSE_BEFORE_ASK = "refuse_before_ask"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    NAME_EMPTY = "name_empty"
    DAYS_BACKWARDS = "days_backwards"
    DAYS_OVERLAP = "days_overlap"
    THREAT_BACKWARDS = "threat_backwards"
    THREAT_WITHOUT_END = "threat_without_end"
    THREAT_WITHOUT_SOURCE = "threat_without_source"
    MEASURES_OF_NONE = "measures_of_none"
    GATE_KEY = "gate_key"
    PASS_KEY_TWICE = "pass_key_twice"  # noqa: S105  a code, not a secret
    PASS_KEY_BACKWARDS = "pass_key_backwards"  # noqa: S105  a code, not a secret
    PASS_KEY = "pass_key"  # noqa: S105  a code, not a secret
    UNREADABLE = "unreadable"


class Fault(msgspec.Struct, frozen=True):
    """One fault: its code, where in the policy it stands, and the values that fill its words."""

    code: FaultCode
    path: Path
    values: dict[str, str] = {}


def faults_in(policy: SitePolicy) -> list[Fault]:
    """Give everything that is wrong with a policy, in the order in which it is written; nothing for a good one."""
    found = list(_numbers(policy))
    for category, rules in policy.categories.items():
        found += _category(policy, ("categories", category), rules)
    return [*found, *_calendar(policy), *_threat(policy), *_gates(policy), *_pass_keys(policy)]


def _numbers(policy: SitePolicy) -> Iterator[Fault]:
    if not policy.name.strip():
        yield Fault(FaultCode.NAME_EMPTY, ("name",))
    for name, value, least, most in (
        ("utc_offset_min", policy.utc_offset_min, -_MOST_OFFSET_MIN, _MOST_OFFSET_MIN),
        ("answer_within_ms", policy.answer_within_ms, 50, 10_000),
        ("visitor_capacity", policy.visitor_capacity, 0, 100_000),
        ("screening_share", policy.screening_share, 0, 1),
        ("question_after_s", policy.question_after_s, 1, 3600),
        ("reserve_s", policy.reserve_s, 1, 3600),
    ):
        if value is not None and not least <= value <= most:
            said = {"value": f"{value:g}", "least": f"{least:g}", "most": f"{most:g}"}
            yield Fault(FaultCode.NUMBER_OUT_OF_RANGE, (name,), said)


def _category(policy: SitePolicy, at: Path, rules: CategoryRules) -> Iterator[Fault]:
    yield from _windows((*at, "windows"), rules.windows)
    yield from _windows((*at, "lessons"), rules.lessons)
    if rules.entrances is not None:
        if not rules.entrances:
            yield Fault(FaultCode.NO_ENTRANCE, (*at, "entrances"))
        for gate in rules.entrances:
            if gate not in policy.gates:
                said = {"gate": gate, "gates": ", ".join(sorted(policy.gates))}
                yield Fault(FaultCode.ENTRANCE_UNKNOWN, (*at, "entrances"), said)
    if rules.passback_within_s is not None and rules.anti_passback == "off":
        yield Fault(FaultCode.PASSBACK_OFF, (*at, "passback_within_s"))
    if rules.refuse_staleness_s is not None and rules.refuse_staleness_s < rules.admit_staleness_s:
        yield Fault(FaultCode.REFUSE_BEFORE_ASK, (*at, "refuse_staleness_s"))


def _windows(at: Path, windows: list[Window]) -> Iterator[Fault]:
    for number, window in enumerate(windows):
        said = {"window": _span(window)}
        if not 0 <= window.opens_min < window.closes_min <= DAY_MIN:
            yield Fault(FaultCode.WINDOW_BACKWARDS, (*at, number), said)
        if not window.weekdays or not all(1 <= day <= _SUNDAY for day in window.weekdays):
            yield Fault(FaultCode.WINDOW_DAYS, (*at, number), said)
        if window.late_from_min is not None and not window.opens_min <= window.late_from_min < window.closes_min:
            yield Fault(FaultCode.LATE_OUTSIDE, (*at, number), {**said, "late": clock_of(window.late_from_min)})
    for (_, first), (number, second) in combinations(enumerate(windows), 2):
        if _overlap(first, second):
            said = {"window": _span(second), "other": _span(first)}
            yield Fault(FaultCode.WINDOWS_OVERLAP, (*at, number), said)


def _overlap(first: Window, second: Window) -> bool:
    return (
        first.shift == second.shift
        and bool(set(first.weekdays) & set(second.weekdays))
        and first.opens_min < second.closes_min
        and second.opens_min < first.closes_min
    )


def _span(window: Window) -> str:
    return f"{clock_of(window.opens_min)}-{clock_of(window.closes_min)}"


def _calendar(policy: SitePolicy) -> Iterator[Fault]:
    for number, days in enumerate(policy.calendar):
        if days.last < days.first:
            yield Fault(
                FaultCode.DAYS_BACKWARDS, ("calendar", number), {"first": f"{days.first}", "last": f"{days.last}"}
            )
    for (_, one), (number, other) in combinations(enumerate(policy.calendar), 2):
        if one.kind == other.kind and one.first <= other.last and other.first <= one.last:
            yield Fault(FaultCode.DAYS_OVERLAP, ("calendar", number), {"name": other.name, "other": one.name})


def _threat(policy: SitePolicy) -> Iterator[Fault]:
    threat = policy.threat
    if threat is not None and threat.valid_until <= threat.valid_from:
        yield Fault(FaultCode.THREAT_BACKWARDS, ("threat",))
    if threat is not None and not threat.source.strip():
        yield Fault(FaultCode.THREAT_WITHOUT_SOURCE, ("threat",))
    if policy.measures.get("none"):
        yield Fault(FaultCode.MEASURES_OF_NONE, ("measures", "none"))


def _gates(policy: SitePolicy) -> Iterator[Fault]:
    for gate, trust in policy.gates.items():
        for key in trust.public_keys:
            try:
                check_gate_key(gate, key)
            except ValueError as error:
                yield Fault(FaultCode.GATE_KEY, ("gates", gate), {"told": str(error)})


def _pass_keys(policy: SitePolicy) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, key in enumerate(policy.pass_keys):
        at = ("pass_keys", number)
        if key.kid in seen:
            yield Fault(FaultCode.PASS_KEY_TWICE, at, {"kid": key.kid})
        seen.add(key.kid)
        if key.valid_until.astimezone(UTC) <= key.valid_from.astimezone(UTC):
            yield Fault(FaultCode.PASS_KEY_BACKWARDS, at, {"kid": key.kid})
        try:
            check_gate_key(key.kid, key.public_key)
        except ValueError:
            yield Fault(FaultCode.PASS_KEY, at, {"kid": key.kid})
