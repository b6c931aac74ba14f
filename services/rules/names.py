"""Whether two names may be one person's, for the lists of people who must not simply be let in.

A possible match is never a decision: it goes to the duty administrator with both records in view. Words are compared
in whatever order, by one spelling for all (``services/rules/spelling.py``), consonants above vowels, because it is
vowels that spellings differ in.
"""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from services.rules.spelling import readings, words_of

POSSIBLE = 0.83
"""From this score on, two names are a possible match (held by ``tests/vectors/names.json``)."""

_WORDS_AT_MOST = 5
_ONE_NAME_ONLY = 0.6
"""What a single name is worth at most beside a full one, and initials without a whole name in common: half the school
has them.
"""

_INITIAL_WORTH = 0.95
_STRONG, _LEAST = 0.71, 0.57
"""How alike the consonants of some two whole words of a possible match are at least, without initials and with them:
what ``POSSIBLE`` leaves for consonants when everything else is the same (held by a test against every pair).
"""

_HOPELESS = 2 * POSSIBLE - 1
"""A word that is less like every other one leaves no order in which the names are a possible match."""

_WORDS_KEPT = 50_000
_LOOKED_AT = 200
"""Characters of a name that are looked at: a form takes 10 kB, and names that were read are kept in memory."""
_CONSONANTS_COUNT = 0.6
_VOWELS = str.maketrans("", "", "aeiou")

Word = frozenset[str]


def is_possible_match(one: str, other: str) -> bool:
    """Tell whether somebody should look at the two records side by side."""
    return likeness(one, other) >= POSSIBLE


def likeness(one: str, other: str) -> float:
    """Give how alike two names are, from 0 to 1; the order of their words, a missing patronymic and initials in the
    place of names are no difference. Of an empty name it is 0; far below POSSIBLE it is the worst word's.
    """
    fewer, more = sorted((_words(one), _words(other)), key=len)
    if not fewer:
        return 0.0
    pairs = [(fewer, words) for words in (more, *_joined(more))]
    if len(fewer) == len(more):
        pairs += [(words, more) for words in _joined(fewer)]
    return round(max(_assigned(*pair) for pair in pairs), 3)


class ManyNames:
    """Names of a list, made ready once for being compared with one name after the other."""

    def __init__(self, names: Sequence[str]) -> None:
        """Take the names; a result names them by their places."""
        self._names = names
        self._whole: dict[str, list[int]] = defaultdict(list)
        self._short: dict[str, list[int]] = defaultdict(list)
        for place, name in enumerate(names):
            words = _words(name)
            index = self._short if any(map(_is_initial, words)) else self._whole
            for consonants in _skeletons(words):
                index[consonants].append(place)

    def like(self, name: str) -> dict[int, float]:
        """Give which names are a possible match with one, each with its likeness."""
        words = _words(name)
        enough = _LEAST if any(map(_is_initial, words)) else _STRONG
        near: set[int] = set()
        for consonants in _skeletons(words):
            for index, cutoff in ((self._whole, enough), (self._short, _LEAST)):
                found = process.extract(
                    consonants, index.keys(), scorer=OSA.normalized_similarity, score_cutoff=cutoff, limit=None
                )
                near.update(*(index[skeleton] for skeleton, _, _ in found))
        scored = {place: likeness(name, self._names[place]) for place in near}
        return {place: score for place, score in scored.items() if score >= POSSIBLE}


def one_spelling(name: str) -> str:
    """Give a name so that most ways of writing it give the same: for remembering whom somebody has looked at."""
    return " ".join(sorted(min(word) for word in _words(name)))


def _skeletons(words: list[Word]) -> set[str]:
    """Give the consonants of each whole word, and of each two neighbours written as one."""
    told = itertools.chain((word for word in words if not _is_initial(word)), *_joined(words))
    return {reading.translate(_VOWELS) for word in told for reading in word}


def _words(name: str) -> list[Word]:
    return list(_read(name[:_LOOKED_AT]))


@lru_cache(_WORDS_KEPT)
def _read(name: str) -> tuple[Word, ...]:
    return tuple(word for word in map(readings, words_of(name)[:_WORDS_AT_MOST]) if any(word))


def _joined(words: list[Word]) -> list[list[Word]]:
    """Give the words with two neighbours written as one, each pair in turn: Абдул Азиз is Абдулазиз."""
    pairs = range(len(words) - 1)
    return [[*words[:at], _together(words[at], words[at + 1]), *words[at + 2 :]] for at in pairs]


def _together(first: Word, second: Word) -> Word:
    return frozenset(one + other for one in first for other in second)


def _assigned(one: list[Word], other: list[Word]) -> float:
    """Give the best that any order of the words gives: the mean of their likeness by length, and of the least of
    them, so that one strange word is not outvoted by the others.
    """
    fewer, more = sorted((one, other), key=len)
    alike = [[(_alike(word, against), _length(word, against)) for against in more] for word in fewer]
    lines = [*alike, *zip(*alike, strict=True)] if len(fewer) == len(more) else alike
    worst = min(max(score for score, _ in line) for line in lines)
    if worst < _HOPELESS:
        return worst
    orders = itertools.permutations(range(len(more)), len(fewer))
    best, order = max((_weighed([alike[at][place] for at, place in enumerate(order)]), order) for order in orders)
    if len(fewer) == 1 and len(more) > 1:
        return min(best, _ONE_NAME_ONLY)
    if all(_is_initial(word) or _is_initial(more[place]) for word, place in zip(fewer, order, strict=True)):
        return min(best, _ONE_NAME_ONLY)
    is_short = any(_is_initial(word) for word in (*fewer, *more))
    return best * _INITIAL_WORTH if is_short else best


def _weighed(alike: list[tuple[float, int]]) -> float:
    mean = sum(score * length for score, length in alike) / sum(length for _, length in alike)
    return (mean + min(score for score, _ in alike)) / 2


def _length(one: Word, other: Word) -> int:
    return max(map(len, one | other))


@lru_cache(_WORDS_KEPT)
def _alike(one: Word, other: Word) -> float:
    if _is_initial(one) or _is_initial(other):
        return float(any(first[0] == second[0] for first in one for second in other if first and second))
    return max(_spelt_alike(first, second) for first in one for second in other)


def _spelt_alike(one: str, other: str) -> float:
    consonants = OSA.normalized_similarity(one.translate(_VOWELS), other.translate(_VOWELS))
    return _CONSONANTS_COUNT * consonants + (1 - _CONSONANTS_COUNT) * OSA.normalized_similarity(one, other)


def _is_initial(word: Word) -> bool:
    return max(map(len, word)) == 1
