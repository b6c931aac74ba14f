"""The pure rooms ask no clock, mint no ids, open nothing and print nothing; and nobody asks a clock without a zone."""

import ast
import re

import pytest

from tests.repository.tree import calls, python_files

PURE = ("schemas", "services/rules")
IMPURE = re.compile(
    r"(^|\.)(datetime\.now|datetime\.utcnow|datetime\.today|date\.today|utcnow|time_ns|monotonic|perf_counter"
    r"|uuid1|uuid4|urandom|token_hex|token_bytes|getenv|read_text|write_text|read_bytes|write_bytes)$"
    r"|^(open|print|input|exec|eval|time\.time|io\.open|random\..*)$"
)


def impure_calls(source: ast.Module) -> list[tuple[int, str]]:
    """Return the line and name of each call that a pure room may not make."""
    return [(line, name) for line, name in calls(source) if IMPURE.search(name)]


def test_pure_rooms_are_handed_what_they_need() -> None:
    found = [f"{path}:{line} calls {name}" for path, tree in python_files(*PURE) for line, name in impure_calls(tree)]
    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "import datetime\ndatetime.datetime.now(datetime.UTC)",
        "from datetime import datetime, UTC\nx = datetime.now(UTC)",
        "from datetime import datetime\nx = datetime.utcnow()",
        "from uuid import uuid4\nx = str(uuid4())",
        "import uuid\nx = uuid.uuid4()",
        "import time\nx = time.time()",
        "x = open('a')",
        "from pathlib import Path\nx = Path('a').read_text()",
        "print('a')",
    ],
)
def test_an_impure_call_is_seen(planted: str) -> None:
    assert impure_calls(ast.parse(planted))


def test_a_pure_call_is_let_be() -> None:
    assert impure_calls(ast.parse("x = decide(read, facts, now)\ny = printed(now.time())\nz = reopen(x)")) == []


def test_every_clock_says_its_zone() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in python_files()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "fromtimestamp"}
        and getattr(node.func.value, "id", "") == "datetime"
        and not zone_is_said(node)
    ]
    assert found == []


def zone_is_said(call: ast.Call) -> bool:
    """Return whether `datetime.now(zone)` or `datetime.fromtimestamp(moment, zone)` is handed a zone."""
    wanted = 1 if isinstance(call.func, ast.Attribute) and call.func.attr == "now" else 2
    return len(call.args) >= wanted or any(keyword.arg == "tz" for keyword in call.keywords)
