"""A YAML text as a tree that knows its lines: whatever is wrong is told with line and column, and reading goes on."""

import difflib
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

import msgspec
import yaml

from services.rules.policy_faults import Path

T = TypeVar("T")
_MOST_CHARACTERS = 256 * 1024
_NEAR = 0.6


class Told(msgspec.Struct, frozen=True, order=True):
    """One mistake in a file: its line and column (from 1), and a sentence that says what to do."""

    line: int
    column: int
    text: str

    def __str__(self) -> str:
        """Say it as compilers do."""
        return f"line {self.line}, column {self.column}: {self.text}"


class Marks:
    """What is read from one text: its mistakes so far, and where each part of it stands."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.told: list[Told] = []
        self._places: dict[Path, yaml.Node] = {}

    def tree(self, text: str) -> yaml.Node | None:
        """Give the text's tree, or None when it is no YAML or nothing; all its values are texts."""
        if len(text) > _MOST_CHARACTERS:
            self.told.append(Told(1, 1, f"a policy is shorter than {_MOST_CHARACTERS} characters"))
            return None
        try:
            tree: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            where = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            self.told.append(Told(*where, f"this is not YAML: {error.problem}; look at the indentation and colons"))
            return None
        except (yaml.YAMLError, RecursionError) as error:
            self.told.append(Told(1, 1, f"this is not YAML: {str(error).splitlines()[0]}"))
            return None
        if tree is None:
            self.told.append(Told(1, 1, "the file is empty; `qaqpa policy show` prints one to begin from"))
        return tree

    def tell(self, node: yaml.Node, text: str) -> None:
        """Keep a mistake."""
        told = Told(node.start_mark.line + 1, node.start_mark.column + 1, text)
        if told not in self.told:
            self.told.append(told)

    def at(self, path: Path) -> yaml.Node | None:
        """Give the node of a part of the policy, or of the nearest part around it."""
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path)

    def place(self, path: Path, node: yaml.Node) -> None:
        """Remember where a part of the policy stands."""
        self._places[path] = node

    def mapping(
        self, node: yaml.Node, known: Collection[str], needed: Collection[str] = (), *, path: Path | None = None
    ) -> dict[str, yaml.Node]:
        """Give the values by key, each under its place; an unknown key is told with the nearest right one."""
        if not isinstance(node, yaml.MappingNode):
            self.tell(node, f"here stand names with values: {', '.join(sorted(known))}")
            return {}
        found: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = self.text(key_node)
            if key in found:
                self.tell(key_node, f"{key} is said twice; keep one")
            elif key not in known:
                self.tell(key_node, f"unknown key {key}{self._nearest(key, known)}")
            else:
                found[key] = value
                if path is not None:
                    self.place((*path, key), value)
        for name in needed:
            if name not in found:
                self.tell(node, f"{name} is missing")
        return found

    def named(self, node: yaml.Node) -> Mapping[str, yaml.Node]:
        """Give the values of names that are free, such as gates."""
        if not isinstance(node, yaml.MappingNode):
            self.tell(node, "here stand names with values")
            return {}
        return self.mapping(node, {str(key.value) for key, _ in node.value})

    def each(self, node: yaml.Node) -> list[yaml.Node]:
        """Give the items of a list; one item alone will do."""
        return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]

    def text(self, node: yaml.Node) -> str:
        """Give a text."""
        if not isinstance(node, yaml.ScalarNode):
            self.tell(node, "here stands one value, not a list or names with values")
            return ""
        return str(node.value)

    def value(self, node: yaml.Node | None, read: Callable[[str], T], default: T) -> T:
        """Read a value; what cannot be read is told and counts as the default, as does what is not there."""
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode):
            self.tell(node, "here stands one value, not a list or names with values")
            return default
        try:
            return read(str(node.value))
        except ValueError as error:
            self.tell(node, str(error))
            return default

    def _nearest(self, key: str, known: Collection[str]) -> str:
        near = difflib.get_close_matches(key, sorted(known), n=1, cutoff=_NEAR)
        return f": did you mean {near[0]}?" if near else f"; here may stand {', '.join(sorted(known))}"


def one_of(*words: str) -> Callable[[str], str]:
    """Give a reader of one of these words; another is a ValueError with the nearest."""

    def read(text: str) -> str:
        if text in words:
            return text
        near = difflib.get_close_matches(text, words, n=1, cutoff=_NEAR)
        told = f"did you mean {near[0]}?" if near else f"write one of {', '.join(words)}"
        message = f"{text!r} is not known here: {told}"
        raise ValueError(message)

    return read


def truth(text: str) -> bool:
    """Read yes or no."""
    if text.lower() not in {"yes", "no", "true", "false"}:
        message = f"{text!r} is neither yes nor no"
        raise ValueError(message)
    return text.lower() in {"yes", "true"}


def whole(text: str) -> int:
    """Read a whole number."""
    if not text.isascii() or not text.isdigit():
        message = f"{text!r} is not a whole number"
        raise ValueError(message)
    return int(text[:9])


def share(text: str) -> float:
    """Read a share such as ``10 %``."""
    number = text.strip().removesuffix("%").strip()
    try:
        found = float(number)
    except ValueError as error:
        message = f"{text!r} is not a share; write it like 10 %"
        raise ValueError(message) from error
    return round(found / 100, 6) if text.strip().endswith("%") else found
