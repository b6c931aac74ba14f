"""Tests of the tests: none skips, none expects its own failure, none sleeps in place of a condition."""

import ast
import re

import pytest

from tests.repository.tree import dotted, python_files

BANNED = re.compile(r"(^|\.)(skip|skipif|xfail|importorskip|sleep|flaky|unittest\.skip.*)$")
MAY_SLEEP = "tests/parts/waiting.py"


def banned_names(tree: ast.Module) -> list[tuple[int, str]]:
    """Return the lines that name what a test may not do; `sleep(0)` only lets the event loop run, and is none."""
    turns = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call) and is_zero(node.args)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.Name) and node not in turns]
    named = [(node.lineno, dotted(node)) for node in names]
    return sorted({(line, name) for line, name in named if BANNED.search(name)})


def is_zero(arguments: list[ast.expr]) -> bool:
    """Return whether a call's only argument is the number 0."""
    return len(arguments) == 1 and isinstance(arguments[0], ast.Constant) and arguments[0].value == 0


def test_tests_run_and_wait_for_conditions() -> None:
    found = [
        f"{path}:{line} {name}"
        for path, tree in python_files("tests")
        if str(path) != MAY_SLEEP
        for line, name in banned_names(tree)
    ]
    assert found == []


@pytest.mark.parametrize(
    "planted", ["import time\ntime.sleep(1)", "import pytest\n@pytest.mark.skip\ndef test_a(): ..."]
)
def test_a_planted_one_is_seen(planted: str) -> None:
    assert banned_names(ast.parse(planted))
