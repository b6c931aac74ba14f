"""When somebody comes, read from a form: on one day, or on some weekdays between two dates. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.web.visitor_portal import fields
from services.web.visitor_portal.fields import Wrong
from services.web.visitor_portal.questions import WEEKDAYS


class Span(NamedTuple):
    """From when until when, and on which weekdays (None: on the one day)."""

    begins: datetime
    ends: datetime
    weekdays: list[int] | None = None


def day_of(form: Mapping[str, str], offset_min: int, now: datetime) -> Span | dict[str, Wrong]:
    """Read a day with begin and end, or give what is wrong by field."""
    read = _read(form, "date")
    wrong = {name: value for name, value in read.items() if isinstance(value, Wrong)}
    if wrong:
        return wrong
    begins, ends = fields.moments(str(read["date"]), str(read["from"]), str(read["until"]), offset_min)
    told = fields.wrong_times(begins, ends, now)
    return {told[0]: told[1]} if told else Span(begins, ends)


def span_of(form: Mapping[str, str], ticked: Sequence[str], offset_min: int, now: datetime) -> Span | dict[str, Wrong]:
    """Read a day, or days where weekdays are ticked, or give what is wrong by field."""
    weekdays = fields.ticks(tuple(day for day, _ in WEEKDAYS), None)(",".join(ticked))
    if isinstance(weekdays, Wrong):
        return {"weekdays": weekdays}
    if not weekdays:
        return day_of(form, offset_min, now)
    read = _read(form, "date", "last")
    wrong = {name: value for name, value in read.items() if isinstance(value, Wrong)}
    if wrong:
        return wrong
    days = [int(day) for day in weekdays.split(",")]
    dates = str(read["date"]), str(read["last"])
    times = str(read["from"]), str(read["until"])
    told = fields.wrong_days(days, dates, times, offset_min, now)
    moments = None if told else fields.regular_moments(days, dates, *times, offset_min)
    if told or moments is None:
        return {told[0]: told[1]} if told else {"weekdays": Wrong("visit.wrong.no_day")}
    return Span(*moments, days)


def _read(form: Mapping[str, str], *dates: str) -> dict[str, fields.Read]:
    days = {name: fields.day(form.get(name, "")) for name in dates}
    return days | {name: fields.clock(form.get(name, "")) for name in ("from", "until")}
