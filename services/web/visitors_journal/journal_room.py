"""What every page of the journal begins with: the school's day, the words of its columns, who may do what."""

from datetime import date, datetime, time, timedelta

from fastapi import HTTPException, status

from services.store.journal_book.columns import Columns
from services.web.guard_console.room import Room, may_decide
from services.web.shared.visitors import User
from services.web.visitors_journal.book import Wording

PATH = "/post/journal"
LARGEST_NUMBER = 2**31 - 1
_YEARS = range(2000, 2100)


def day_of(text: str, room: Room) -> date | None:
    """Read a day of a form or an address; today for nothing, None for what is no day."""
    if not text.strip():
        return room.now.astimezone(room.sight.zone).date()
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def begin_of(day: date, room: Room) -> datetime:
    """Give the midnight with which a day begins on the school's wall."""
    return datetime.combine(day, time(), room.sight.zone)


def end_of(day: date, room: Room) -> datetime:
    """Give the midnight with which a day ends."""
    return begin_of(day + timedelta(days=1), room)


def wording(room: Room, columns: Columns, names: dict[str, str]) -> Wording:
    """Give the words for entries, for whoever is in the room."""
    return Wording(room.words, room.sight.zone, columns, names)


def deciding(user: User) -> None:
    """Let only the duty administrator, the director and the administrator go on."""
    if not may_decide(user):
        raise HTTPException(status.HTTP_403_FORBIDDEN)


def known(number: int) -> int:
    """Refuse a number that no database holds."""
    if not 0 < number <= LARGEST_NUMBER:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return number
