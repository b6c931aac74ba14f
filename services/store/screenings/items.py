"""The list of items that may not be brought in, as data with its edition: read once a process, found in the guard's own
words.
"""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
from rapidfuzz import fuzz

from services.store.visits.names import name_key

Mark = Literal["seen", "draft", "unverified"]
CategoryStatus = Literal["prohibited", "restricted_in_lessons"]

_FILE = "order_235.toml"
_NEAR_ENOUGH = 74
_MOST_FOUND = 12
_BEGINS = 100.0
_ALONE = 0.9
_SHORTEST_ALONE = 3


class _Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of the list in three languages, with how far it is known and from where."""

    code: str
    mark: Mark
    source: str
    kk: str
    ru: str
    en: str

    def name(self, language: str) -> str:
        """Give the words of a language."""
        return str(getattr(self, language))


class Category(_Line, frozen=True, kw_only=True):
    """A category of the order. What is restricted in lessons may be brought in: it refuses nobody. ``custody_hours``
    is how long a thing of it may lie at the post, where that is shorter than the list's own limit.
    """

    status: CategoryStatus
    custody_hours: int | None = None


class Exemption(_Line, frozen=True, kw_only=True):
    """Why an item may be brought in all the same; somebody still has to accept it."""

    items: list[str]


class Item(_Line, frozen=True, kw_only=True):
    """One thing that a guard may find; ``weapon`` asks first whether it is real or a look-alike."""

    words: list[str]
    weapon: bool = False

    @property
    def category(self) -> str:
        """Give the code of its category."""
        return self.code.partition(".")[0]


class Edition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which act the list is of, of which day, and when its lines were put together."""

    order: str
    edition: date
    act: str
    compiled: date


class CustodyLimit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days a thing may lie at the post after that of its leaving, until midnight of the last."""

    adults_days: int
    pupils_days: int


class ItemList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole list."""

    edition: Edition
    custody: CustodyLimit
    categories: list[Category]
    exceptions: list[Exemption]
    items: list[Item]

    def item(self, code: str) -> Item | None:
        """Give an item by its code."""
        return next((item for item in self.items if item.code == code), None)

    def category_of(self, code: str) -> Category | None:
        """Give the category of an item's or a category's own code."""
        return next((known for known in self.categories if known.code == code.partition(".")[0]), None)

    def exceptions_of(self, code: str) -> list[Exemption]:
        """Give the exceptions that somebody may claim for an item."""
        return [exception for exception in self.exceptions if code in exception.items]

    def prohibited(self, code: str) -> bool:
        """Tell whether an item keeps anybody out; a code that is not on the list does, until somebody has looked."""
        category = self.category_of(code)
        return category is None or category.status == "prohibited"

    def asks_real(self, code: str) -> bool:
        """Tell whether the first question is whether it is real or a look-alike."""
        item = self.item(code)
        return item is not None and item.weapon

    def due_at(self, code: str, *, of_pupil: bool, at: datetime, midnight: datetime) -> datetime:
        """Give until when a thing left at a moment may lie at the post; ``midnight`` began that day at the school."""
        days = self.custody.pupils_days if of_pupil else self.custody.adults_days
        category = self.category_of(code)
        until = midnight + timedelta(days=days + 1)
        hours = category.custody_hours if category is not None else None
        return until if hours is None else min(until, at + timedelta(hours=hours))

    def find(self, wanted: str) -> Sequence[Item]:
        """Give the items that a guard's words mean, the nearest first; everything for no words at all. Of several
        words one that means an item is enough, behind what they mean together.
        """
        asked = name_key(wanted)
        if not asked:
            return [] if wanted.strip() else self.items
        near = sorted(((_nearness(asked, item), item) for item in self.items), key=lambda found: -found[0])
        return [item for nearness, item in near if nearness >= _NEAR_ENOUGH][:_MOST_FOUND]


@cache
def item_list() -> ItemList:
    """Give the list of the edition that is in use."""
    text = (files("services.store.screenings") / "items" / _FILE).read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), ItemList)


def _nearness(asked: str, item: Item) -> float:
    """Tell how near words are to an item's names, each name and each word of it alone: 100 where one begins so."""
    names = [name_key(name) for name in (item.kk, item.ru, item.en, *item.words)]
    told = {part for name in names for part in (name, *name.split())}
    alone = [word for word in asked.split() if len(word) >= _SHORTEST_ALONE] if " " in asked else []
    return max([_likeness(asked, told), *(_ALONE * _likeness(word, told) for word in alone)])


def _likeness(asked: str, told: Iterable[str]) -> float:
    return max(_BEGINS if part.startswith(asked) else fuzz.ratio(asked, part) for part in told)
