"""A school's own list as a CSV file: a line of names, then a line for each person. Every mistake is told with its line,
and a file with one is not taken at all. Pure.
"""

import csv
from collections.abc import Collection, Mapping

LINES_AT_MOST = 10_000
Line = tuple[int, dict[str, str]]
"""A line's number and what stands in its columns."""


class WrongLine(Exception):  # noqa: N818  said of a file, not of us
    """What is wrong with a file: in which line (1 is that of the names), and the key of a sentence with its values."""

    def __init__(self, line: int, key: str, values: Mapping[str, object] | None = None) -> None:
        """Keep what is said."""
        super().__init__(key)
        self.line, self.key, self.values = line, key, values or {}


def lines_of(content: bytes, needed: Collection[str], known: Collection[str], most: int = LINES_AT_MOST) -> list[Line]:
    """Read a file in UTF-8 whose first line names the columns, commas or semicolons part them. Raises WrongLine."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongLine(1, "file.wrong.text") from error
    first = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=";" if first.count(";") > first.count(",") else ",")
    columns = {name.strip() for name in _names_of(reader)}
    if not set(needed) <= columns <= set(known):
        told = {"known": ", ".join(sorted(known)), "needed": ", ".join(sorted(needed))}
        raise WrongLine(1, "file.wrong.columns", told)
    try:
        return [(reader.line_num, _read(reader, line, most)) for line in reader]
    except csv.Error as error:
        raise WrongLine(reader.line_num + 1, "file.wrong.line", {"most": most}) from error


def check_codes(line: Line, codes: Mapping[str, Collection[str]]) -> None:
    """See that columns which have one of some words have one. Raises WrongLine."""
    number, told = line
    for column, allowed in codes.items():
        if told.get(column, "") not in allowed:
            values = {"column": column, "known": ", ".join(word for word in allowed if word)}
            raise WrongLine(number, "file.wrong.code", values)


def _names_of(reader: "csv.DictReader[str]") -> Collection[str]:
    try:
        return reader.fieldnames or ()
    except csv.Error as error:
        raise WrongLine(1, "file.wrong.text") from error


def _read(reader: "csv.DictReader[str]", line: dict[str, str], most: int) -> dict[str, str]:
    if reader.line_num > most or None in line:
        raise WrongLine(reader.line_num, "file.wrong.line", {"most": most})
    return {name.strip(): (value or "").strip() for name, value in line.items()}
