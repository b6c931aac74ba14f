"""Names of one person in several spellings are a possible match; names of two people are none."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.names import POSSIBLE, ManyNames, is_possible_match, likeness, one_spelling

FILE = Path(__file__).parents[2] / "vectors" / "names.json"


class Pair(msgspec.Struct, frozen=True):
    """Two names, and whether somebody should look at them side by side; ``why`` names the case."""

    one: str
    other: str
    possible: bool
    why: str


PAIRS = msgspec.json.decode(FILE.read_bytes(), type=list[Pair])
NAMES = st.sampled_from([name for pair in PAIRS for name in (pair.one, pair.other)])


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.one} - {pair.other}: {pair.why}")
def test_pair(pair: Pair) -> None:
    assert is_possible_match(pair.one, pair.other) is pair.possible, likeness(pair.one, pair.other)


def test_there_are_enough_pairs_of_both_kinds() -> None:
    possible = sum(pair.possible for pair in PAIRS)
    assert possible >= 60
    assert len(PAIRS) - possible >= 40


@given(NAMES, NAMES)
def test_which_name_comes_first_is_no_matter(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1


@given(st.permutations(["Нұрлан", "Серікұлы", "Ахметов"]))
def test_the_order_of_the_words_is_no_matter(words: list[str]) -> None:
    assert likeness(" ".join(words), "Ахметов Нурлан Сериковулы") >= POSSIBLE
    assert likeness(" ".join(words), "Akhmetov Nurlan") == 1


@given(st.text(), st.text())
def test_whatever_a_form_takes_is_compared(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) <= 1


def test_a_name_of_ten_kilobytes_is_cut() -> None:
    long = "Ахметов " + "Серик " * 2000
    assert 0 <= likeness(long, long) <= 1
    assert likeness("я" * 10_000, "я" * 9_000) == 1


@pytest.mark.parametrize("name", ["", " ", "...", "👋🏽", "\u200f", "12345"])
def test_no_letters_match_nobody(name: str) -> None:
    assert likeness(name, "Ахметов Серик") == 0
    assert likeness(name, name) == 0


def test_initials_without_a_whole_name_in_common_are_no_match() -> None:
    assert not is_possible_match("Қасымов С.", "Сатпаев Қ.")
    assert is_possible_match("Қасымов С.", "Касымов Серик")


@given(NAMES)
def test_a_long_list_is_compared_as_name_by_name(name: str) -> None:
    listed = [other for pair in PAIRS for other in (pair.one, pair.other)]
    one_by_one = {place: likeness(name, other) for place, other in enumerate(listed)}
    assert ManyNames(listed).like(name) == {place: found for place, found in one_by_one.items() if found >= POSSIBLE}


def test_the_ways_of_writing_one_name_are_remembered_as_one() -> None:
    assert one_spelling("Нұрланов Ерлан") == one_spelling("ерлан нурланов") == one_spelling("Nurlanov Yerlan")
    assert one_spelling("Нұрланов Ерлан") != one_spelling("Нұрланов Ержан")
