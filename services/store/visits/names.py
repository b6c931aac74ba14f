"""Names as they are searched: one key for one name, whoever typed it on whichever keyboard. The name itself stays as
it was typed.

It is not the spelling of ``services/rules/spelling.py``: a search compares first letters within a column, so a key is
one text in the letters that were typed, word for word, and a guard's "жұ" must not find Юлия. That spelling is for
asking whether two whole names may be one person's: it gives several readings of each word, in a Latin that drops what
spellings differ in.
"""

import unicodedata
from collections.abc import Iterable

_LOOK_ALIKE = str.maketrans("aceopxykmthbi", "асеорхукмтнві")
"""Latin letters that look like Cyrillic ones, in small letters; ``b`` stands for ``в`` as a capital does."""
_ONE_OF_EACH = str.maketrans("әғқңөұүһіёйъь", "агкноуухиеи  ", "")
"""Kazakh letters and the Russian ones that a keyboard without them gives; marks without a sound go."""

_NUMBER_SIGN = "№"
"""Kept as it is: its composed form is two Latin letters."""


def plain(text: str) -> str:
    """Give a text in its one composed form, without marks that steer writing and without double spaces."""
    composed = _NUMBER_SIGN.join(unicodedata.normalize("NFKC", part) for part in text.split(_NUMBER_SIGN))
    kept = "".join(" " if unicodedata.category(letter) in {"Zs", "Zl", "Zp", "Cc"} else letter for letter in composed)
    return " ".join("".join(letter for letter in kept if unicodedata.category(letter) != "Cf").split())


def name_key(name: str) -> str:
    """Give the key under which a name is searched: small letters, Kazakh ones as Russian, look-alikes as what they
    look like when the word is Cyrillic otherwise.
    """
    return " ".join(_word_key(word) for word in plain(name).replace("-", " ").casefold().split())


def begins_so(key: str, asked: Iterable[str]) -> bool:
    """Tell whether a name with this key has, for each of some keys of first letters, a word that begins so."""
    words = key.split()
    return all(any(word.startswith(letters) for word in words) for letters in asked)


def _word_key(word: str) -> str:
    is_cyrillic = any("Ѐ" <= letter <= "ӿ" for letter in word)
    said = word.translate(_LOOK_ALIKE) if is_cyrillic else word
    letters = said.translate(_ONE_OF_EACH).replace(" ", "")
    return "".join(letter for letter in letters if letter.isalnum())
