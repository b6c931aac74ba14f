"""When a category may enter: the school's calendar, the windows of the day with their shifts, and who comes late."""

from collections.abc import Sequence
from datetime import date, datetime

from schemas.credential import Credential
from schemas.reasons import Reason, Verdict
from schemas.site_policy import Days, SitePolicy, Window
from services.rules.asked import Asked, Finding, clock_of, minute_of

DUTY_ADMINISTRATOR = "duty_administrator"
"""The value ``who`` of a question that the guard cannot answer alone."""


def closed_day(policy: SitePolicy, day: date) -> Days | None:
    """Give the holiday that a day is, or None. A working day among closed ones is none, in whatever order they are
    written.
    """
    found = [days for days in policy.calendar if days.first <= day <= days.last]
    if any(days.kind == "working" for days in found):
        return None
    return found[0] if found else None


def windows_of(windows: Sequence[Window], weekday: int, shift: str | None) -> list[Window]:
    """Give the windows of a weekday (1 = Monday) for somebody of a shift: those of no shift, and those of theirs."""
    return [window for window in windows if weekday in window.weekdays and window.shift in {None, shift}]


def is_within(windows: Sequence[Window], local: datetime, shift: str | None) -> bool:
    """Tell whether one of the windows is open at a time of the school's day, for somebody of a shift."""
    minute = minute_of(local)
    return any(w.opens_min <= minute < w.closes_min for w in windows_of(windows, local.isoweekday(), shift))


def closes_min(windows: Sequence[Window], local: datetime) -> int | None:
    """Give the minute of the school's day at which the last window closes that is not over at a time of it; None when
    there is none.
    """
    closing = [w.closes_min for w in windows_of(windows, local.isoweekday(), None) if w.closes_min > minute_of(local)]
    return max(closing, default=None)


def holiday(asked: Asked) -> Finding | None:
    """Refuse on the calendar's closed days whoever the policy keeps out on them."""
    if asked.rules.open_on_holidays or asked.facts.clock_doubted:
        return None
    day = closed_day(asked.policy, asked.today)
    return (Verdict.REFUSE, Reason.HOLIDAY, {"name": day.name}) if day else None


def outside_window(asked: Asked) -> Finding | None:
    """Refuse outside the category's windows, and outside a pass's own where it has some."""
    if asked.facts.clock_doubted and asked.rules.windows:
        return None
    today = _today(asked)
    minute = asked.minute
    if any(opens <= minute < closes for opens, closes in today):
        return None
    told = ", ".join(f"{clock_of(opens)}-{clock_of(closes)}" for opens, closes in today)
    return Verdict.REFUSE, Reason.OUTSIDE_WINDOW, {"windows": told}


def late(asked: Asked) -> Finding | None:
    """Ask the duty administrator about whoever comes for the first time today after their window's time for it."""
    presence = asked.facts.presence
    if asked.facts.clock_doubted or (presence and asked.on_the_wall(presence.at).date() == asked.today):
        return None
    minute = asked.minute
    today = windows_of(asked.rules.windows, asked.local.isoweekday(), _shift(asked))
    limits = [window.late_from_min for window in today if window.opens_min <= minute < window.closes_min]
    passed = [limit for limit in limits if limit is not None and limit <= minute]
    if not passed or len(passed) < len(limits):
        return None
    return Verdict.ASK, Reason.LATE, {"from": clock_of(max(passed)), "who": DUTY_ADMINISTRATOR}


def _today(asked: Asked) -> list[tuple[int, int]]:
    """Give today's times as pairs of minutes: the category's windows, narrowed by the pass's own."""
    weekday = asked.local.isoweekday()
    today = [(w.opens_min, w.closes_min) for w in windows_of(asked.rules.windows, weekday, _shift(asked))]
    visit = asked.facts.visitor_pass
    if visit is None or not visit.windows:
        return today
    narrowed = [(w.opens_min, w.closes_min) for w in windows_of(visit.windows, weekday, None)]
    both = ((max(ours[0], theirs[0]), min(ours[1], theirs[1])) for ours in today for theirs in narrowed)
    return sorted({(opens, closes) for opens, closes in both if opens < closes})


def _shift(asked: Asked) -> str | None:
    person = asked.person
    return person.shift if isinstance(person, Credential) else None
