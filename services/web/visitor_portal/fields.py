"""What a visitor may type: each reader takes a field as it came and gives what is kept, or what is wrong with it, as
the key of a sentence. Pure.
"""

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone

from services.rules.contacts import is_email
from services.rules.iin import is_iin
from services.store.visits.names import plain
from services.store.visits.regular import any_day

FURTHEST_AHEAD = timedelta(days=30)
"""A pass is signed today and must still be believed then: less than the overlap of its keys."""

LONGEST_VISIT = timedelta(hours=12)
COMPANIONS = 30
NAME, TEXT, LONG_TEXT, EMAIL, PLATE, DOCUMENT, TELEPHONE = 100, 200, 400, 254, 15, 30, 30
_LATE = timedelta(minutes=10)
_NAME_MARKS = frozenset(" -'’.ʼ")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SPOKEN_DATE = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_TIME = re.compile(r"([01]?\d|2[0-3])[:.\- ]?([0-5]\d)(?::\d\d)?")
_SPOKEN_TELEPHONE = re.compile(r"\+?[\d\s()-]+")
_MOBILE = re.compile(r"(?:[78])?(7\d{9})")
_TAIL = 4


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a field: the key of a sentence that says what to do, and its values."""

    key: str
    values: dict[str, object] = field(default_factory=dict)


Read = str | Wrong
Reader = Callable[[str], Read]


def person_name(raw: str) -> Read:
    """Read a person's name: letters of any alphabet, as it is written in the document."""
    name = plain(raw)
    if not name:
        return Wrong("visit.wrong.name.empty")
    if len(name) > NAME:
        return Wrong("visit.wrong.long", {"most": NAME})
    letters = sum(letter.isalpha() for letter in name)
    if letters < 2 or not all(_is_of_a_name(letter) for letter in name):  # noqa: PLR2004  one letter is no name
        return Wrong("visit.wrong.name")
    return name


def companions(raw: str) -> Read:
    """Read the names of those who come along, one a line."""
    lines = [line for line in raw.splitlines() if plain(line)]
    if not lines:
        return Wrong("visit.wrong.companions.empty")
    if len(lines) > COMPANIONS:
        return Wrong("visit.wrong.companions", {"most": COMPANIONS})
    names = [person_name(line) for line in lines]
    wrong = next((name for name in names if isinstance(name, Wrong)), None)
    return wrong if wrong is not None else "\n".join(str(name) for name in names)


def needed_text(empty: str, most: int = TEXT) -> Reader:
    """Give the reader of a text that must not be empty; ``empty`` is the key of what is said when it is."""

    def read(raw: str) -> Read:
        text = plain(raw)
        if not any(letter.isalnum() for letter in text):
            return Wrong(empty)
        return text if len(text) <= most else Wrong("visit.wrong.long", {"most": most})

    return read


def any_text(raw: str) -> Read:
    """Read a text that may be empty."""
    text = plain(raw)
    return text if len(text) <= TEXT else Wrong("visit.wrong.long", {"most": TEXT})


def iin(raw: str) -> Read:
    """Read an identity number, if there is one. Only the checksum is judged, never the birth date in it."""
    digits = plain(raw).replace(" ", "").replace("-", "")
    return digits if not digits or is_iin(digits) else Wrong("visit.wrong.iin")


def document_tail(raw: str) -> Read:
    """Read a document's number, if there is one, and keep its last four characters."""
    number = plain(raw).replace(" ", "").upper()
    if not number:
        return ""
    if len(number) > DOCUMENT or not number.replace("-", "").isalnum() or len(number) < _TAIL:
        return Wrong("visit.wrong.document")
    return number[-_TAIL:]


def plate(raw: str) -> Read:
    """Read a vehicle's number plate."""
    text = plain(raw).replace(" ", "").upper()
    if not text:
        return Wrong("visit.wrong.vehicle.empty")
    if len(text) > PLATE or not all(letter.isalnum() or letter == "-" for letter in text):
        return Wrong("visit.wrong.vehicle")
    return text


def email(raw: str) -> Read:
    """Read an e-mail address, in Latin letters."""
    text = plain(raw)
    if not text:
        return Wrong("visit.wrong.email.empty")
    if not is_email(text):
        return Wrong("visit.wrong.email")
    local, _, domain = text.rpartition("@")
    return f"{local}@{domain.lower()}"


def telephone(raw: str) -> Read:
    """Read a mobile number of Kazakhstan, with +7, 8 or 7 before it, as +77xxxxxxxxx."""
    text = plain(raw)
    found = _MOBILE.fullmatch("".join(letter for letter in text if letter.isdecimal()))
    spoken = len(text) <= TELEPHONE and text.isascii() and _SPOKEN_TELEPHONE.fullmatch(text)
    return f"+7{found[1]}" if found and spoken else Wrong("visit.wrong.telephone")


def contact(raw: str) -> Read:
    """Read where an answer goes: an e-mail address, or a mobile number where the school can write to one."""
    text = plain(raw)
    if not text:
        return Wrong("visit.wrong.contact.empty")
    return telephone(raw) if _SPOKEN_TELEPHONE.fullmatch(text) else email(raw)


def ticks(allowed: tuple[str, ...], wrong: str | None) -> Reader:
    """Give the reader of several of some values, joined by commas in their order; ``wrong`` is the key of what is said
    when there is none, if that is not well too.
    """

    def read(raw: str) -> Read:
        told = set(raw.split(",")) if raw else set()
        if not told <= set(allowed) or (not told and wrong is not None):
            return Wrong(wrong or "visit.wrong.role")
        return ",".join(value for value in allowed if value in told)

    return read


def choice(allowed: frozenset[str], wrong: str) -> Reader:
    """Give the reader of one of some values."""
    return lambda raw: raw if raw in allowed else Wrong(wrong)


def day(raw: str) -> Read:
    """Read a date as a browser sends it (2026-11-24) or as people type it (24.11.2026)."""
    text = plain(raw)
    iso, spoken = _ISO_DATE.fullmatch(text), _SPOKEN_DATE.fullmatch(text)
    parts = (iso[1], iso[2], iso[3]) if iso else (spoken[3], spoken[2], spoken[1]) if spoken else None
    try:
        return date(*(int(part) for part in parts)).isoformat() if parts else Wrong("visit.wrong.date")
    except ValueError:
        return Wrong("visit.wrong.date")


def clock(raw: str) -> Read:
    """Read a time of day: 14:30, 14.30 or 1430."""
    found = _TIME.fullmatch(plain(raw))
    return f"{int(found[1]):02}:{found[2]}" if found else Wrong("visit.wrong.time")


def moments(day_text: str, begin: str, end: str, offset_min: int) -> tuple[datetime, datetime]:
    """Give begin and end of a visit from fields that were read, by the site's local time."""
    zone = timezone(timedelta(minutes=offset_min))
    on = date.fromisoformat(day_text)
    first, last = (datetime.combine(on, time.fromisoformat(at), zone) for at in (begin, end))
    return first, last


def wrong_times(begins: datetime, ends: datetime, now: datetime) -> tuple[str, Wrong] | None:
    """Tell which field is wrong about a visit's time, and how; None when it can be asked for."""
    if begins < now - _LATE:
        return "date", Wrong("visit.wrong.past")
    return _wrong_length(begins, ends, now)


def regular_moments(
    weekdays: Collection[int], dates: tuple[str, str], begin: str, end: str, offset_min: int
) -> tuple[datetime, datetime] | None:
    """Give when the first of some regular visits begins and the last one ends; None when none of the weekdays lies
    between the dates.
    """
    first, last = (date.fromisoformat(told) for told in dates)
    day_of_first = any_day(weekdays, first, last)
    if day_of_first is None:
        return None
    begins, _ = moments(day_of_first.isoformat(), begin, end, offset_min)
    return begins, moments(last.isoformat(), begin, end, offset_min)[1]


def wrong_days(
    weekdays: Collection[int], dates: tuple[str, str], times: tuple[str, str], offset_min: int, now: datetime
) -> tuple[str, Wrong] | None:
    """Tell which field is wrong about regular visits, and how; None when they can be asked for."""
    zone = timezone(timedelta(minutes=offset_min))
    first, last = (date.fromisoformat(told) for told in dates)
    if first < now.astimezone(zone).date():
        return "date", Wrong("visit.wrong.past")
    if last < first:
        return "last", Wrong("visit.wrong.last")
    span = regular_moments(weekdays, dates, *times, offset_min)
    if span is None:
        return "weekdays", Wrong("visit.wrong.no_day")
    if span[1] > now + FURTHEST_AHEAD:
        return "last", Wrong("visit.wrong.far", {"days": FURTHEST_AHEAD.days})
    return _wrong_length(*moments(dates[0], *times, offset_min), now)


def _wrong_length(begins: datetime, ends: datetime, now: datetime) -> tuple[str, Wrong] | None:
    if begins > now + FURTHEST_AHEAD:
        return "date", Wrong("visit.wrong.far", {"days": FURTHEST_AHEAD.days})
    if ends <= begins:
        return "until", Wrong("visit.wrong.order")
    if ends - begins > LONGEST_VISIT:
        return "until", Wrong("visit.wrong.long_visit", {"hours": int(LONGEST_VISIT.total_seconds()) // 3600})
    return None


def _is_of_a_name(letter: str) -> bool:
    return letter.isalpha() or letter in _NAME_MARKS or unicodedata.category(letter) == "Mn"
