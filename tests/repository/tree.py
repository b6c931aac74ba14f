"""The files of this repository, as a commit would take them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS_OF_CODE = ("schemas", "services", "turnstile_bridge", "deploy", "bench", "tests")


@cache
def files() -> tuple[Path, ...]:
    """Return every file that git has or would take, relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(path for name in sorted(set(said.split("\0")) - {""}) if (ROOT / (path := Path(name))).is_file())


def python_files(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    """Yield the Python files of `rooms` (folders, or all of them), parsed."""
    for path in files():
        inside = not rooms or any(path.is_relative_to(room) for room in rooms)
        if path.suffix == ".py" and inside:
            yield path, ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for a name or an attribute of one, with a question mark for anything that is no name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and the dotted name of everything that a file calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, dotted(node.func)
