"""The demo school's people: invented names, cards counted up from one, a class or a room for each. Nobody real."""

from dataclasses import dataclass
from datetime import datetime, timedelta

CARD_BITS = 26

_GIVEN = (
    "Айша", "Арман", "Әлия", "Бекзат", "Гүлнар", "Дана", "Ерасыл", "Жанель", "Зере", "Ислам",
    "Қарақат", "Көркем", "Мәдина", "Мирас", "Нұрай", "Олжас", "Өміржан", "Раяна", "Санжар", "Томирис", "Үміт",
)  # fmt: skip
_FAMILY = ("Ахмет", "Базар", "Дәулет", "Ермек", "Жақсылық", "Иманғали", "Қасым", "Мұрат", "Оспан", "Сәрсен", "Төле")


@dataclass(frozen=True)
class Person:
    """Somebody with a card, as administration knows them. ``card`` is the number on it; ``days`` its validity
    counted from today.
    """

    holder: str
    name: str
    note: str
    category: str
    card: int
    revoked: bool = False
    days: tuple[int, int] = (-30, 300)

    @property
    def data(self) -> bytes:
        """Give the card's raw bits as a reader sends them: left-aligned in whole bytes."""
        padding = -CARD_BITS % 8
        return (self.card << padding).to_bytes((CARD_BITS + padding) // 8, "big")

    def seed_toml(self, now: datetime) -> str:
        """Give the person and the card as a seed file has them."""
        first, last = (now + timedelta(days=days) for days in self.days)
        revoked = f"revoked_at = {_moment(now - timedelta(days=1))}\n" if self.revoked else ""
        return f"""
[[people]]
holder = "{self.holder}"
name = "{self.name}"
group = "{self.note}"
[[credentials]]
holder = "{self.holder}"
category = "{self.category}"
card = {{ bits = {CARD_BITS}, data = "{self.data.hex()}" }}
valid_from = {_moment(first)}
valid_until = {_moment(last)}
{revoked}"""


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def pupils(count: int) -> list[Person]:
    """Give so many pupils, each with a name of its own and a class."""
    names = [f"{family} {given}" for family in _FAMILY for given in _GIVEN]
    return [
        Person(
            f"pupil-{number:04d}",
            names[number % len(names)],
            f"{5 + number % 7} «{'АӘБ'[number % 3]}»",
            "pupil",
            1_000 + number,
        )
        for number in range(count)
    ]


STAFF = [
    Person("staff-0001", "Ахметова Гүлсім", "Қазақ тілі, 214", "staff", 10),
    Person("staff-0002", "Жұмабек Серік", "Физика, 305", "staff", 11),
    Person("staff-0003", "Тілеу Баян", "Асхана", "staff", 12),
]
VISITOR = Person("visitor-0001", "Ерланова Мәдина", "7 «Б» сынып жетекшісіне", "visitor", 20, days=(0, 1))
REVOKED = Person("staff-0099", "Сағат Дәурен", "Жұмыстан шыққан", "contractor", 30, revoked=True)
EXPIRED = Person("contractor-0001", "Бақыт Нұрлан", "Жөндеу, мерзімі өткен", "contractor", 31, days=(-60, -1))
UNKNOWN_CARDS = (900_001, 900_002, 900_003)
