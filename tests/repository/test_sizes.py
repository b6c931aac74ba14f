"""Small files, small functions: past 300 lines, or 40, is a question that reasons.toml answers in writing."""

import ast
import tomllib
from collections.abc import Iterator

from tests.repository.tree import ROOT, files, python_files

FILE_LINES, FUNCTION_LINES = 300, 40
WRITTEN_BY_HAND = {".py", ".js", ".css", ".html", ".md", ".sh"}
REASONS = tomllib.loads((ROOT / "tests" / "repository" / "reasons.toml").read_text(encoding="utf-8"))


def long_files() -> dict[str, int]:
    """Return the files past the limit, with their lines."""
    lines = {
        str(path): len((ROOT / path).read_bytes().splitlines()) for path in files() if path.suffix in WRITTEN_BY_HAND
    }
    return {path: count for path, count in lines.items() if count > FILE_LINES}


def long_functions() -> dict[str, int]:
    """Return the functions past the limit as `file:name`, with their lines; the docstring is not counted."""
    return {
        f"{path}:{name}": count
        for path, tree in python_files()
        for name, count in function_lengths(tree)
        if count > FUNCTION_LINES
    }


def function_lengths(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, int]]:
    """Yield each function's name, with what it is inside of, and its lines without the docstring."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{inside}{node.name}", own_lines(node)
        name = (
            f"{inside}{node.name}."
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            else inside
        )
        yield from function_lengths(node, name)


def own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function has from its `def` on, without its docstring."""
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    has_docstring = ast.get_docstring(function, clean=False) is not None
    return total - ((first.end_lineno or first.lineno) - first.lineno + 1 if has_docstring else 0)


def test_a_long_file_has_a_reason() -> None:
    assert {path: lines for path, lines in long_files().items() if path not in REASONS["files"]} == {}


def test_a_long_function_has_a_reason() -> None:
    assert {name: lines for name, lines in long_functions().items() if name not in REASONS["functions"]} == {}


def test_no_reason_outlives_what_it_was_for() -> None:
    assert set(REASONS["files"]) - set(long_files()) == set()
    assert set(REASONS["functions"]) - set(long_functions()) == set()


def test_lines_are_counted_without_the_docstring() -> None:
    source = (
        'class Gate:\n    def open(self):\n        """Open it.\n\n        At once.\n        """\n        return 1\n'
    )
    assert dict(function_lengths(ast.parse(source))) == {"Gate.open": 2}
