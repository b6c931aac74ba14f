"""The frozen form of what is said: a JSON Schema for each event version, kept in ``json_schema/`` so that a change
of the code cannot pass unseen.
"""

from typing import Any

import msgspec

from schemas.catalogue import EVENTS, EventKind
from schemas.envelope import Envelope

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def file_name(kind: EventKind) -> str:
    """Name the file of an event version, such as ``credential_read.v1.json``; its schema and its examples have the
    same.
    """
    return f"{kind.noun}.v{kind.version}.json"


def data_schema(kind: EventKind) -> dict[str, Any]:
    """Give the JSON Schema of an event's data."""
    return {"$schema": DIALECT, "$id": f"urn:qaqpa:{kind.type}", "title": kind.type} | _schema(kind.shape)


def envelope_schema() -> dict[str, Any]:
    """Give the JSON Schema of the envelope, with ``data`` left open."""
    return {"$schema": DIALECT, "$id": "urn:qaqpa:envelope", "title": "envelope"} | _schema(Envelope)


def frozen() -> dict[str, bytes]:
    """Give every frozen file by its name, as it has to lie in ``schemas/json_schema``."""
    files = {file_name(kind): data_schema(kind) for kind in EVENTS} | {"envelope.json": envelope_schema()}
    return {name: pretty(schema) for name, schema in sorted(files.items())}


def pretty(document: object) -> bytes:
    """Write JSON as it is kept in the repository."""
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2) + b"\n"


def _schema(shape: type[Any]) -> dict[str, Any]:
    found: dict[str, Any] = _reflowed(msgspec.json.schema(shape, ref_template="#/$defs/{name}"))
    return found


def _reflowed(part: Any) -> Any:
    """Write every description on one line, so that a docstring's line breaks are nobody's concern."""
    if isinstance(part, list):
        return [_reflowed(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: " ".join(value.split()) if key == "description" and isinstance(value, str) else _reflowed(value)
        for key, value in part.items()
    }
