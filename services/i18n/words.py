"""Every text a person sees, in Kazakh, Russian and English: one catalogue a language, looked up by a stable key.

A catalogue is read from its ``.po`` file when a process starts, so a fresh clone has nothing to build. Keys
(``reason.revoked.why``) stand for a text instead of the English sentence: the codes in records lead to them by name,
and mending an English sentence does not silently drop its Kazakh one.
"""

import io
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

from babel.messages import Catalog
from babel.messages.pofile import read_po

UNKNOWN_VALUE = "—"


class Language(StrEnum):
    """The three languages, Kazakh first and the one that is shown when nobody has chosen."""

    KK = "kk"
    RU = "ru"
    EN = "en"


NAMES: dict[Language, str] = {Language.KK: "Қазақша", Language.RU: "Русский", Language.EN: "English"}
"""What each language calls itself, for the switch."""


class _Values(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return UNKNOWN_VALUE


class Words:
    """The texts of one language, for pages and messages."""

    def __init__(self, language: Language, texts: Mapping[str, str]) -> None:
        """Take a language and its texts by key."""
        self.language = language
        self._texts = texts

    def __contains__(self, key: str) -> bool:
        """Tell whether there is a text under a key."""
        return key in self._texts

    def say(self, key: str, **values: object) -> str:
        """Give a text with its placeholders filled; a value that was not given shows as a dash, an unknown key is
        our fault and a KeyError.
        """
        return self._texts[key].format_map(_Values(values))

    def first(self, *keys: str, **values: object) -> str:
        """Give the text of the first of these keys that there is: the special one before the general one."""
        return self.say(next((key for key in keys if key in self._texts), keys[-1]), **values)


def read_catalogue(language: Language) -> Catalog:
    """Read a language's catalogue file as translators left it."""
    path = files("services.i18n") / "locale" / language / "LC_MESSAGES" / "qaqpa.po"
    return read_po(io.BytesIO(path.read_bytes()), locale=language)


@cache
def words_in(language: Language) -> Words:
    """Give the texts of a language; read once a process."""
    return Words(language, {str(message.id): str(message.string) for message in read_catalogue(language) if message.id})


def language_of(text: str | None) -> Language:
    """Give the language that a cookie, a form or an account names; Kazakh for anything else."""
    try:
        return Language(text or "")
    except ValueError:
        return Language.KK
