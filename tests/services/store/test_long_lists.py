"""A long list: looking somebody up in it costs a share of what comparing name by name does."""

import itertools
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from services.rules import names
from services.store.database import Store
from services.store.lists import entries, matching
from services.store.lists.entries import Entry
from services.store.lists.matching import Person
from tests.schemas.examples import AT

SITE = "school-1"
VISITOR = "Жұмабаев Нұрлан Серікұлы"
SAMPLE = 100


def two_thousand_names() -> list[str]:
    """Make names of mostly different surnames, with the first names of the vectors."""
    pairs = json.loads((Path(__file__).parents[2] / "vectors" / "names.json").read_text(encoding="utf-8"))
    first = sorted({word for pair in pairs for word in pair["one"].split()})
    syllables = ("ах", "бек", "ғал", "дәу", "жұ", "зей", "қай", "ма", "нұр", "ора", "сей", "тө", "үм", "шә")
    surnames = [f"{''.join(three)}ов" for three in itertools.product(syllables, repeat=3)][:2000]
    return [
        f"{surname} {first[number % len(first)]} {first[number * 7 % len(first)]}ұлы"
        for number, surname in enumerate(surnames)
    ]


def test_a_long_list_is_looked_through_in_half_of_the_time_that_pairs_take(store: Store) -> None:
    listed = two_thousand_names()

    def fill(session: Session) -> None:
        until = AT + timedelta(days=365)
        for number, name in enumerate(listed):
            told: dict[str, Any] = {"names": [name], "basis": "1", "basis_on": AT.date(), "until": until}
            entry = Entry(entry=f"entry-{number}", kind="ban", iin_hash=None, pupil=None, **told)
            entries.enter(session, site=SITE, told=entry, by="t", at=AT)

    def look(session: Session) -> float:
        began = time.thread_time()
        matching.on_lists(session, SITE, Person(name=VISITOR), AT)
        return time.thread_time() - began

    def by_pairs() -> float:
        began = time.thread_time()
        for name in listed[:SAMPLE]:
            names.is_possible_match(VISITOR, name)
        return (time.thread_time() - began) * len(listed) / SAMPLE

    store.write_now(fill)
    store.read_now(look)  # makes the names ready, once for as long as the list stays as it is
    took = sorted(store.read_now(look) / by_pairs() for _ in range(9))
    assert took[len(took) // 2] < 0.5, took
