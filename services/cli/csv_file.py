"""A school's own list as a CSV file, read as the pages read it: every mistake is told with its line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.cli.console import Refusal
from services.i18n.words import Language, words_in
from services.web.shared.csv_lines import WrongLine


def content_of(path: Path) -> bytes:
    """Read a file; one that cannot be read is a Refusal."""
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise Refusal(message) from error


@contextmanager
def lines_told(path: Path) -> Iterator[None]:
    """Let what is wrong with a file's line be a Refusal that names it."""
    try:
        yield
    except WrongLine as wrong:
        told = words_in(Language.EN).say(wrong.key, format="UTF-8", **wrong.values)
        message = f"{path}:{wrong.line}: {told}"
        raise Refusal(message) from wrong
