"""Times as people write them in a policy: ``07:30-20:00``, ``mon-fri``, ``15 min``; read for the file and the page,
and written back the same way.
"""

import re
from collections.abc import Collection
from datetime import date

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN = 24 * 60
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")
_MINUTE_S, _HOUR_S, _DAY_S = 60.0, 3600.0, 86_400.0
_UNITS: dict[str, float] = {
    "ms": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "min": _MINUTE_S,
    "minute": _MINUTE_S,
    "h": _HOUR_S,
    "hour": _HOUR_S,
    "day": _DAY_S,
    "week": 7 * _DAY_S,
}
WHOLE_UNITS: tuple[tuple[str, float], ...] = (("day", _DAY_S), ("h", _HOUR_S), ("min", _MINUTE_S), ("s", 1.0))
"""The units in which a duration is told, the largest that leaves no rest first."""


def minute_of(clock: str) -> int:
    """Read a time of day, up to 24:00, as minutes after midnight; a ValueError says what it should look like."""
    found = _CLOCK.fullmatch(clock.strip())
    minute = int(found[1]) * 60 + int(found[2]) if found else DAY_MIN + 1
    if minute > DAY_MIN:
        message = f"{clock!r} is not a time of day; write it like 07:30"
        raise ValueError(message)
    return minute


def clock_of(minute: int) -> str:
    """Write minutes after midnight as a time of day."""
    hours, minutes = divmod(minute, 60)
    return f"{hours:02d}:{minutes:02d}"


def span_of(text: str) -> tuple[int, int]:
    """Read ``07:30-20:00`` as the minutes of its ends."""
    opens, dash, closes = text.replace("–", "-").partition("-")
    if not dash:
        message = f"{text!r} is not a time from and until; write it like 07:30-20:00"
        raise ValueError(message)
    return minute_of(opens), minute_of(closes)


def weekdays_of(text: str) -> list[int]:
    """Read ``mon-fri``, ``mon,wed`` or ``daily`` as ISO weekdays (1 = Monday)."""
    if text.strip() == "daily":
        return list(range(1, 8))
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = (name.strip().lower() for name in part.partition("-"))
        begin, end = _weekday(first), _weekday(last if dash else first)
        if begin > end:
            message = f"{part.strip()!r} runs backwards; a week is mon to sun"
            raise ValueError(message)
        found |= set(range(begin, end + 1))
    return sorted(found)


def weekdays_text(weekdays: Collection[int], names: tuple[str, ...] = WEEKDAYS) -> str:
    """Write ISO weekdays as ranges, by these names of the days."""
    runs: list[list[int]] = []
    for day in sorted(weekdays):
        if runs and runs[-1][1] == day - 1:
            runs[-1][1] = day
        else:
            runs.append([day, day])
    return ",".join(
        names[first - 1] if first == last else f"{names[first - 1]}-{names[last - 1]}" for first, last in runs
    )


def seconds_of(text: str) -> float:
    """Read a duration such as ``15 min`` or ``7 days`` as seconds."""
    found = _DURATION.fullmatch(text.strip().lower())
    unit = found[2] if found else ""
    seconds = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    if found is None or seconds is None:
        message = f"{text!r} is not a length of time; write it like 30 s, 15 min, 12 hours or 7 days"
        raise ValueError(message)
    return float(found[1]) * seconds


def duration_of(seconds: float) -> tuple[str, str]:
    """Give a duration as a number and its unit (``day``, ``h``, ``min``, ``s``)."""
    for unit, size in WHOLE_UNITS:
        if seconds >= size and seconds % size == 0:
            return str(int(seconds // size)), unit
    return f"{seconds:g}", "s"


def days_of(text: str) -> tuple[date, date]:
    """Read a day, ``2026-12-31``, or days, ``2026-12-28..2027-01-07``, both ends within."""
    first, dots, last = (part.strip() for part in text.partition(".."))
    try:
        return date.fromisoformat(first), date.fromisoformat(last if dots else first)
    except ValueError as error:
        message = f"{text!r} is not a day; write it like 2026-12-31, or 2026-12-28..2027-01-07"
        raise ValueError(message) from error


def offset_min_of(text: str) -> int:
    """Read ``+05:00`` as minutes."""
    sign, clock = text.strip()[:1], text.strip()[1:]
    if sign not in {"+", "-"} or not _CLOCK.fullmatch(clock):
        message = f"{text!r} is not an offset from UTC; write it like +05:00"
        raise ValueError(message)
    return minute_of(clock) * (1 if sign == "+" else -1)


def offset_text(minutes: int) -> str:
    """Write minutes as an offset from UTC."""
    return f"{'-' if minutes < 0 else '+'}{clock_of(abs(minutes))}"


def _weekday(name: str) -> int:
    if name not in WEEKDAYS:
        message = f"{name!r} is not a day of the week; write {', '.join(WEEKDAYS)}, or a range like mon-fri"
        raise ValueError(message)
    return WEEKDAYS.index(name) + 1
