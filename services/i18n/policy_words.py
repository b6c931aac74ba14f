"""A policy in words: its values, what a change does to it, what is wrong with it; for pages and the command line."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.site_policy import Days, PassKey, Threat, Window
from services.i18n.words import Words
from services.rules.policy_changes import ABSENT, Change
from services.rules.policy_faults import Fault
from services.rules.policy_times import clock_of, duration_of, offset_text, weekdays_text

_KEY_CHARACTERS = 8


def change_text(words: Words, change: Change, offset_min: int) -> str:
    """Say which rule changes, what it was and what it becomes; moments on the school's wall."""
    before, after = (value_text(words, change.field, value, offset_min) for value in (change.before, change.after))
    return f"{words.say(f'policy.field.{change.field}')}: {before} → {after}"


def about_text(words: Words, about: str) -> str:
    """Name what a change is about."""
    kind, _, name = about.partition("/")
    if kind == "category":
        return words.say(f"category.{name}")
    if kind == "gate":
        return words.say("policy.about.gate", gate=name)
    if kind == "measure":
        level, _, category = name.partition("/")
        return words.say(
            "policy.about.measure", level=words.say(f"policy.level.{level}"), category=words.say(f"category.{category}")
        )
    return words.say("policy.about.site")


def fault_text(words: Words, fault: Fault) -> str:
    """Say what is wrong and what to do."""
    values = dict(fault.values)
    if "category" in values:
        values["category"] = words.say(f"category.{values['category']}")
    return words.say(f"policy.fault.{fault.code}", **values)


def value_text(words: Words, field: str, value: object, offset_min: int) -> str:
    """Say a value of a field of the policy."""
    if value is ABSENT:
        return words.say("policy.value.absent")
    if isinstance(value, bool):
        return words.say("policy.value.yes" if value else "policy.value.no")
    told = _FIELDS.get(field)
    if told is not None:
        return told(words, value, offset_min)
    return words.say("policy.value.absent") if value is None else str(value)


def windows_text(words: Words, windows: Sequence[Window]) -> str:
    """Say windows, or that there are none."""
    return "; ".join(window_text(words, window) for window in windows) or words.say("policy.value.closed")


def window_text(words: Words, window: Window) -> str:
    """Say one window: days, times, the shift and from when on one is late."""
    names = tuple(words.say(f"weekday.{number}") for number in range(1, 8))
    told = f"{weekdays_text(window.weekdays, names)} {clock_of(window.opens_min)}-{clock_of(window.closes_min)}"
    if window.shift is not None:
        told = words.say("policy.value.shift", window=told, shift=window.shift)
    if window.late_from_min is not None:
        told = words.say("policy.value.late", window=told, late=clock_of(window.late_from_min))
    return told


def duration_text(words: Words, seconds: float) -> str:
    """Say a length of time."""
    number, unit = duration_of(seconds)
    return words.say(f"policy.unit.{unit}", number=number)


def moment_text(moment: datetime, offset_min: int) -> str:
    """Say a moment as the school's wall shows it: 24.11.2026 14:30."""
    return (moment.astimezone(UTC) + timedelta(minutes=offset_min)).strftime("%d.%m.%Y %H:%M")


def days_text(words: Words, days: Days) -> str:
    """Say days of the calendar."""
    first, last = f"{days.first:%d.%m.%Y}", f"{days.last:%d.%m.%Y}"
    span = first if first == last else f"{first} – {last}"
    return words.say(f"policy.days.{days.kind}", days=span, name=days.name)


def threat_text(words: Words, threat: Threat | None, offset_min: int) -> str:
    """Say the threat level, from when, until when, and by whom."""
    if threat is None:
        return words.say("policy.level.none")
    return words.say(
        "policy.threat",
        level=words.say(f"policy.level.{threat.level}"),
        begins=moment_text(threat.valid_from, offset_min),
        ends=moment_text(threat.valid_until, offset_min),
        source=threat.source,
    )


def _chosen(kind: str) -> Callable[[Words, Any, int], str]:
    def told(words: Words, value: Any, _: int) -> str:
        return words.say("policy.value.unchanged") if value is None else words.say(f"policy.{kind}.{value}")

    return told


def _length(none: str) -> Callable[[Words, Any, int], str]:
    def told(words: Words, value: Any, _: int) -> str:
        return words.say(f"policy.value.{none}") if value is None else duration_text(words, value)

    return told


def _pass_keys(words: Words, keys: Sequence[PassKey], offset_min: int) -> str:
    told = "; ".join(f"{key.kid} ({moment_text(key.valid_until, offset_min)})" for key in keys)
    return told or words.say("policy.value.absent")


def _keys(words: Words, keys: Sequence[str], _: int) -> str:
    return ", ".join(f"{key[:_KEY_CHARACTERS]}…" for key in keys) or words.say("policy.value.absent")


def _entrances(words: Words, gates: Sequence[str] | None, _: int) -> str:
    return words.say("policy.value.all_entrances") if gates is None else ", ".join(gates)


_FIELDS: dict[str, Callable[[Words, Any, int], str]] = {
    "utc_offset_min": lambda _words, value, _offset: offset_text(value),
    "answer_within_ms": lambda words, value, _: words.say("policy.unit.ms", number=value),
    "screening_share": lambda _words, value, _offset: f"{100 * value:g} %",
    "question_after_s": _length("never"),
    "reserve_s": _length("never"),
    "visitor_capacity": lambda words, value, _: words.say("policy.value.unlimited") if value is None else str(value),
    "calendar": lambda words, value, _: (
        "; ".join(days_text(words, days) for days in value) or words.say("policy.value.absent")
    ),
    "threat": threat_text,
    "pass_keys": _pass_keys,
    "public_keys": _keys,
    "windows": lambda words, value, _: windows_text(words, value),
    "lessons": lambda words, value, _: windows_text(words, value) if value else words.say("policy.value.absent"),
    "anti_passback": _chosen("anti_passback"),
    "passback_within_s": _length("while_inside"),
    "admit_staleness_s": _length("never"),
    "refuse_staleness_s": _length("never"),
    "entrances": _entrances,
    "escort": _chosen("escort"),
    "screening": _chosen("screening"),
    "entry": _chosen("entry"),
    "walk_in": _chosen("walk_in"),
}
"""How each field is said; a field that is not here is said as it is."""
