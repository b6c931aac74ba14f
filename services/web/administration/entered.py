"""What somebody has entered into a form, and how it is read: what cannot be read is a fault, and reading goes on."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import TypeVar

import msgspec

from schemas.site_policy import Window
from services.rules.policy_faults import Fault, FaultCode, Path
from services.rules.policy_times import clock_of, duration_of, minute_of

T = TypeVar("T")
UNITS: dict[str, float] = {"s": 1.0, "min": 60.0, "h": 3600.0, "day": 86_400.0}
NOT_ANSWERS = frozenset({"csrf", "step", "seen_version"})
_WRITTEN = ("opens", "closes", "first", "last", "name")
_EMPTY_ROWS = 2
_LONGEST = 200
_ROW = re.compile(r"(?P<prefix>[a-z]+)(?P<number>\d{1,3})\..+")
_NUMBER = re.compile(r"\d{1,7}")
_WEEKDAYS = {str(number) for number in range(1, 8)}


class Entered(msgspec.Struct, frozen=True):
    """The fields of a form, by name; a choice of several comes several times."""

    pairs: list[tuple[str, str]]

    def get(self, name: str) -> str:
        """Give a field; empty when it is not there."""
        return next((value for key, value in self.pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        """Give every value of a choice of several."""
        return [value for key, value in self.pairs if key == name]

    def rows(self, prefix: str) -> list[int]:
        """Give the numbers of the rows of a list, such as ``window0.opens``, in their order."""
        found = (_ROW.fullmatch(key) for key, _ in self.pairs)
        return sorted({int(row["number"]) for row in found if row and row["prefix"] == prefix})

    def rows_shown(self, prefix: str) -> int:
        """Give how many rows a page shows: up to the last that has something in it, and some empty ones to write in."""
        written = [row for row in self.rows(prefix) if any(self.get(f"{prefix}{row}.{part}") for part in _WRITTEN)]
        return max(written, default=-1) + 1 + _EMPTY_ROWS


def entered_of(pairs: Iterable[tuple[str, object]]) -> Entered:
    """Give a form's own answers, cut to a length that any true one has."""
    return Entered(
        [
            (name[:_LONGEST], value.strip()[:_LONGEST])
            for name, value in pairs
            if isinstance(value, str) and name not in NOT_ANSWERS
        ]
    )


class Reading:
    """Reads a form's fields for one part of the policy."""

    def __init__(self, entered: Entered, offset_min: int = 0) -> None:
        """Take the form, and the school's offset from UTC for moments on its wall."""
        self.entered = entered
        self.faults: list[Fault] = []
        self._zone = timezone(timedelta(minutes=offset_min))

    def read(self, name: str, at: Path, read: Callable[[str], T], example: str) -> T | None:
        """Read a field; None when it is empty or, with a fault, when it cannot be read."""
        text = self.entered.get(name)
        if not text:
            return None
        try:
            return read(text)
        except ValueError:
            self.faults.append(Fault(FaultCode.UNREADABLE, at, {"value": text[:40], "example": example}))
            return None

    def one_of(self, name: str, words: Iterable[str], at: Path) -> str | None:
        """Read a choice; None when nothing, or nothing that there is, was chosen."""
        known = list(words)
        return self.read(name, at, lambda text: known[known.index(text)], ", ".join(known))

    def duration(self, name: str, at: Path) -> float | None:
        """Read a number with its unit as seconds; None when the number is left empty."""

        def read(text: str) -> float:
            if not _NUMBER.fullmatch(text):
                raise ValueError(text)
            return int(text) * UNITS.get(self.entered.get(f"{name}.unit"), 1.0)

        return self.read(f"{name}.number", at, read, "15")

    def moment(self, name: str, at: Path) -> datetime | None:
        """Read a moment on the school's wall."""

        def read(text: str) -> datetime:
            return datetime.fromisoformat(text).replace(tzinfo=self._zone)

        return self.read(name, at, read, "2026-11-20T08:00")

    def windows(self, prefix: str, at: Path) -> list[Window]:
        """Read the rows of windows; one whose times are empty is gone."""
        found = (self._window(f"{prefix}{row}", (*at, number)) for number, row in enumerate(self.entered.rows(prefix)))
        return [window for window in found if window is not None]

    def _window(self, name: str, at: Path) -> Window | None:
        opens = self.read(f"{name}.opens", at, minute_of, "07:30")
        closes = self.read(f"{name}.closes", at, minute_of, "20:00")
        late = self.read(f"{name}.late", at, minute_of, "08:30")
        if opens is None and closes is None:
            return None
        if opens is None or closes is None:
            if self.entered.get(f"{name}.opens") == "" or self.entered.get(f"{name}.closes") == "":
                self.faults.append(Fault(FaultCode.UNREADABLE, at, {"value": "", "example": "07:30"}))
            return None
        days = sorted({int(day) for day in self.entered.all(f"{name}.days") if day in _WEEKDAYS})
        shift = self.entered.get(f"{name}.shift") or None
        return Window(weekdays=days, opens_min=opens, closes_min=closes, shift=shift, late_from_min=late)


def windows_entered(prefix: str, windows: Iterable[Window]) -> list[tuple[str, str]]:
    """Write windows as the rows of a form."""
    pairs: list[tuple[str, str]] = []
    for number, window in enumerate(windows):
        name = f"{prefix}{number}"
        pairs += [(f"{name}.days", str(day)) for day in window.weekdays]
        pairs += [(f"{name}.opens", clock_of(window.opens_min)), (f"{name}.closes", clock_of(window.closes_min))]
        pairs += [(f"{name}.shift", window.shift or "")]
        pairs += [(f"{name}.late", "" if window.late_from_min is None else clock_of(window.late_from_min))]
    return pairs


def duration_entered(name: str, seconds: float | None) -> list[tuple[str, str]]:
    """Write a length of time as its number and unit."""
    number, unit = ("", "min") if seconds is None else duration_of(seconds)
    return [(f"{name}.number", number), (f"{name}.unit", unit)]
