"""Regular visits: on certain weekdays between two dates, each time between the same two times of day. Pure."""

from collections.abc import Collection
from datetime import date, datetime, timedelta, timezone

from schemas.site_policy import Window

DAY = timedelta(days=1)


def any_day(weekdays: Collection[int], first: date, last: date) -> date | None:
    """Give the first of the weekdays (1 = Monday) between two dates, both within; None when there is none."""
    days = (first + DAY * count for count in range(min((last - first).days + 1, 7)))
    return next((day for day in days if day.isoweekday() in weekdays), None)


def windows(
    weekdays: Collection[int], begins: datetime, ends: datetime, early: timedelta, offset_min: int
) -> list[Window]:
    """Give the times of day in which a pass for a regular visit opens; ``early`` is how long before the agreed time."""
    if not weekdays:
        return []
    opens_min = _minute(begins, offset_min) - int(early.total_seconds()) // 60
    return [Window(weekdays=sorted(weekdays), opens_min=max(0, opens_min), closes_min=_minute(ends, offset_min))]


def moved(
    weekdays: Collection[int],
    was: tuple[datetime, datetime],
    to: tuple[datetime, datetime],
    offset_min: int,
) -> tuple[datetime, datetime]:
    """Give begin and end of a regular visit that somebody has moved: the times of day are the new ones, the last date
    stays, and the first one is the new one as long as a day remains.
    """
    zone = timezone(timedelta(minutes=offset_min))
    first, last = (moment.astimezone(zone).date() for moment in was)
    begins, ends = (moment.astimezone(zone) for moment in to)
    wanted = any_day(weekdays, begins.date(), last)
    return (
        datetime.combine(wanted or first, begins.timetz()),
        datetime.combine(last, ends.timetz()),
    )


def _minute(moment: datetime, offset_min: int) -> int:
    local = moment.astimezone(timezone(timedelta(minutes=offset_min)))
    return local.hour * 60 + local.minute
