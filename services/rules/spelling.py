"""One spelling for all the ways in which a name is written in Kazakhstan: Kazakh Cyrillic, Russian, and Latin of
passports, of the alphabets of 2017 and 2021, and of people's own.

What is left is a coarse Latin for comparing, never for showing: letters that one spelling tells apart and another does
not become one (қ, к, q and k; ы, и, й, і and y). ``S``, ``C``, ``Z`` and ``T`` stand for sh, ch, zh and ts.

A search by first letters has a narrower key of its own (``services/store/visits/names.py``).
"""

import re
import unicodedata

_AT_MOST = 200
"""Characters of a name that are looked at; nobody's is longer, and a form takes 10 kB."""

_CYRILLIC = str.maketrans(
    {
        "а": "a",
        "ә": "a",
        "б": "b",
        "в": "v",
        "г": "g",
        "ғ": "g",
        "ґ": "g",
        "д": "d",
        "е": "e",
        "ё": "e",
        "є": "e",
        "ж": "Z",
        "з": "z",
        "и": "i",
        "й": "i",
        "і": "i",
        "ї": "i",
        "к": "k",
        "қ": "k",
        "л": "l",
        "м": "m",
        "н": "n",
        "ң": "n",
        "о": "o",
        "ө": "o",
        "п": "p",
        "р": "r",
        "с": "s",
        "т": "t",
        "у": "u",
        "ұ": "u",
        "ү": "u",
        "ф": "f",
        "х": "h",
        "һ": "h",
        "ц": "T",
        "ч": "C",
        "ш": "S",
        "щ": "S",
        "ъ": "",
        "ы": "i",
        "ь": "",
        "э": "e",
        "ю": "iu",
        "я": "ia",
    }
)
_MARKED_LATIN = str.maketrans({"ş": "sh", "š": "sh", "ç": "ch", "č": "ch", "ž": "zh", "ı": "i"})
_LOOK_ALIKES = dict(zip("ABCEHKMOPTXYaceopxyi", "АВСЕНКМОРТХУасеорхуі", strict=True))
_TO_CYRILLIC = str.maketrans(_LOOK_ALIKES)
_TO_LATIN = str.maketrans({cyrillic: latin for latin, cyrillic in _LOOK_ALIKES.items()})
_APOSTROPHES = re.compile("['’ʼ‘`´ʻʹ]")

_LATIN = (
    ("shch", "S"),
    ("sch", "S"),
    ("sh", "S"),
    ("tch", "C"),
    ("ch", "C"),
    ("zh", "Z"),
    ("kh", "h"),
    ("gh", "g"),
    ("ph", "f"),
    ("ck", "k"),
    ("ts", "T"),
    ("tz", "T"),
    ("q", "k"),
    ("y", "i"),
)
_READINGS = (
    (("j", "Z"), ("x", "ks"), ("w", "u"), ("c", "k")),
    (("j", "i"), ("x", "h"), ("w", "v"), ("c", "s"), ("C", "S"), ("z", "s"), ("Zu", "iu")),
)
"""Letters that are read in two ways: Jumabaev is Жұмабаев, and Julia is Юлия; Шыңғыс is Чингиз, Жүсіп is Юсуп."""

_FOLDS = (("dZ", "Z"), ("ng", "n"), ("ii", "i"), ("ie", "e"), ("io", "e"), ("ae", "a"))
_REPEATED = re.compile(r"(.)\1+")
_LAST_F = re.compile(r"f$")


def words_of(name: str) -> list[str]:
    """Give the words of a name as they were written, without marks that nobody sees; what is no letter parts them."""
    shown = unicodedata.normalize("NFC", name[:_AT_MOST])
    shown = "".join(letter for letter in _APOSTROPHES.sub("", shown) if unicodedata.category(letter) != "Cf")
    return "".join(letter if letter.isalpha() else " " for letter in shown).split()


def readings(word: str) -> frozenset[str]:
    """Give how a word may be read; its Latin look-alikes of Cyrillic letters, and the other way round, count as what
    they look like.
    """
    latin = [letter for letter in word if not "Ѐ" <= letter <= "ӿ"]
    if not latin:
        return _of_cyrillic(word)
    if all(letter in _LOOK_ALIKES for letter in latin):
        as_cyrillic = _of_cyrillic(word.translate(_TO_CYRILLIC))
        return as_cyrillic | _of_latin(word) if len(latin) == len(word) else as_cyrillic
    return _of_latin(word.translate(_TO_LATIN))


def _of_cyrillic(word: str) -> frozenset[str]:
    return _read(word.casefold().translate(_CYRILLIC))


def _of_latin(word: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFD", word.casefold().translate(_MARKED_LATIN))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _read(_replaced(plain, _LATIN).translate(_CYRILLIC))


def _read(letters: str) -> frozenset[str]:
    return frozenset(_folded(_replaced(letters, reading)) for reading in _READINGS)


def _folded(letters: str) -> str:
    return _REPEATED.sub(r"\1", _LAST_F.sub("v", _replaced(letters, _FOLDS)))


def _replaced(letters: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        letters = letters.replace(old, new)
    return letters
