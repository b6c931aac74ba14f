"""The list of items: found in the words that a guard types, in three languages and on whichever keyboard; whole and
with its marks.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from services.store.screenings.items import Item, item_list

WORDS: dict[str, list[str]] = json.loads(
    (Path(__file__).resolve().parents[2] / "vectors" / "items.json").read_text(encoding="utf-8")
)
ITEMS = item_list()
FIRST = 3
"""How far down a guard looks."""


def found(words: str) -> list[str]:
    return [item.code for item in ITEMS.find(words)]


@pytest.mark.parametrize(("code", "word"), [(code, word) for code, words in WORDS.items() for word in words])
def test_a_guards_word_finds_the_item_among_the_first(code: str, word: str) -> None:
    assert code in found(word)[:FIRST], found(word)[:6]


def test_the_words_are_many_and_of_three_languages() -> None:
    words = [word for words in WORDS.values() for word in words]
    assert len(words) >= 100
    assert len({word for word in words if word.isascii()}) >= 20
    assert len({word for word in words if set(word) & set("әғқңөұүһі")}) >= 20


@pytest.mark.parametrize(
    "words", ["тетрадь", "дәптер", "lunch", "ыфвфыв", "🔪", "'; DROP TABLE items --", "x" * 10_000]
)
def test_what_is_on_no_list_finds_nothing_that_asks_whether_it_is_real(words: str) -> None:
    assert not [item for item in ITEMS.find(words)[:FIRST] if item.weapon]


def test_every_item_has_its_category_words_and_source() -> None:
    codes = [item.code for item in ITEMS.items]
    assert [code for code, count in Counter(codes).items() if count > 1] == []
    for item in ITEMS.items:
        assert ITEMS.category_of(item.code) is not None, item.code
        assert item.kk
        assert item.ru
        assert item.en
        assert (item.mark == "unverified") == (not item.source), item.code
    exempted = {code for exemption in ITEMS.exceptions for code in exemption.items}
    assert exempted <= set(codes)


def test_what_is_restricted_in_lessons_keeps_nobody_out_and_what_is_on_no_list_does() -> None:
    for item in ITEMS.items:
        assert ITEMS.prohibited(item.code) == (item.category != "R1"), item.code
    assert ITEMS.prohibited("X9.unknown")


@pytest.mark.parametrize(
    "item", [item for item in ITEMS.items if item.category == "W1" or item.code in {"W3.cartridges", "W3.explosive"}]
)
def test_whatever_may_be_a_weapon_is_asked_about_first(item: Item) -> None:
    assert ITEMS.asks_real(item.code)
