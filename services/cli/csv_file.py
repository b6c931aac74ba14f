"""A school's own list as a CSV file: a line of names, then a line for each person; every mistake is told with its line,
and a file with one is not taken at all.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from services.cli.console import Refusal

LINES_AT_MOST = 10_000


def lines_of(path: Path, needed: frozenset[str], known: frozenset[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the lines of a file with their numbers, the first one names the columns; commas or semicolons part them."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read as UTF-8: {error}"
        raise Refusal(message) from error
    first = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=";" if first.count(";") > first.count(",") else ",")
    columns = frozenset(name.strip() for name in reader.fieldnames or ())
    if not needed <= columns <= known:
        message = f"{path}:1: columns are {', '.join(sorted(known))}; {', '.join(sorted(needed))} have to be there"
        raise Refusal(message)
    for line in reader:
        if reader.line_num > LINES_AT_MOST or None in line:
            message = f"{path}:{reader.line_num}: more than {LINES_AT_MOST} lines, or more values than columns"
            raise Refusal(message)
        yield reader.line_num, {name.strip(): (value or "").strip() for name, value in line.items() if name}
