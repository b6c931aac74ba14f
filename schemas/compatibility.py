"""What may change within a version of an event: optional fields and further values of an enumeration may be added, and
nothing else.

Both ways matter: today's readers must read what was written last year, and a gate that is a year behind must read what
is written today.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_WORDS = frozenset({"title", "description", "$id", "$schema", "$defs", "$ref"})
_COMPARED_APART = frozenset({"properties", "required", "enum", "items", "anyOf", "additionalProperties"})


def broken(old: Schema, new: Schema) -> list[str]:
    """Give what a change from one JSON Schema to another breaks, each as ``path: what``; an empty list is a
    compatible change.
    """
    return list(_broken(_Side(old, old), _Side(new, new), ""))


class _Side:
    """A schema within its document, with references followed."""

    def __init__(self, document: Schema, schema: Schema) -> None:
        self._document = document
        while "$ref" in schema:
            schema = document["$defs"][schema["$ref"].rpartition("/")[2]]
        self.schema = schema

    def part(self, schema: Schema) -> "_Side":
        return _Side(self._document, schema)


def _broken(old: _Side, new: _Side, path: str) -> Iterator[str]:
    where = path or "data"
    plain = (set(old.schema) | set(new.schema)) - _WORDS - _COMPARED_APART
    for keyword in sorted(plain):
        if old.schema.get(keyword) != new.schema.get(keyword):
            yield f"{where}: {keyword} was {old.schema.get(keyword)}, is {new.schema.get(keyword)}"
    yield from _broken_enum(old.schema, new.schema, where)
    yield from _broken_fields(old, new, path)
    yield from _broken_choices(old, new, path)
    for keyword in ("items", "additionalProperties"):
        before, after = old.schema.get(keyword), new.schema.get(keyword)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _broken(old.part(before), new.part(after), f"{path}[]")
        elif before != after:
            yield f"{where}: {keyword} was {before}, is {after}"


def _broken_enum(old: Schema, new: Schema, where: str) -> Iterator[str]:
    if ("enum" in old) != ("enum" in new):
        yield f"{where}: values were {old.get('enum')}, are {new.get('enum')}"
    for value in sorted(set(old.get("enum", ())) - set(new.get("enum", ())), key=str):
        if "enum" in new:
            yield f"{where}: value {value} was taken away"


def _broken_fields(old: _Side, new: _Side, path: str) -> Iterator[str]:
    before, after = old.schema.get("properties", {}), new.schema.get("properties", {})
    required_before, required_after = set(old.schema.get("required", ())), set(new.schema.get("required", ()))
    for name in before:
        field = f"{path}.{name}".lstrip(".")
        if name not in after:
            yield f"{field}: was taken away"
            continue
        if name in required_before and name not in required_after:
            yield f"{field}: is no longer written by everyone"
        yield from _broken(old.part(before[name]), new.part(after[name]), field)
    for name in sorted(required_after - required_before):
        yield f"{path}.{name}".lstrip(".") + ": became required"


def _broken_choices(old: _Side, new: _Side, path: str) -> Iterator[str]:
    """Compare unions choice by choice, in their order: ours are ``something | None`` and nothing else."""
    before, after = old.schema.get("anyOf", ()), new.schema.get("anyOf", ())
    if len(before) != len(after):
        yield f"{path or 'data'}: had {len(before)} kinds of value, has {len(after)}"
        return
    for left, right in zip(before, after, strict=True):
        yield from _broken(old.part(left), new.part(right), path)
