"""``qaqpa schemas``: the frozen schemas and the AsyncAPI document, written from the code and held to it. For whoever
changes an event.
"""

import json
from pathlib import Path

import typer

import schemas
from schemas import asyncapi, compatibility, frozen
from services.cli.console import Refusal, out

app = typer.Typer(
    name="schemas", no_args_is_help=True, help="Freeze what is said, and check that the code still says it."
)


@app.command()
def freeze() -> None:
    """Write the JSON Schemas and the AsyncAPI document from the code. A change that would break a reader or an old
    record is refused.
    """
    refused = _broken()
    if refused:
        message = f"{'; '.join(refused)}. Make a new version of the event beside the old one (schemas/catalogue.py)"
        raise Refusal(message)
    for path, content in _files().items():
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            out.print(f"wrote {path.name}")


@app.command()
def check() -> None:
    """Refuse when a frozen file is not what the code says."""
    differing = [path.name for path, content in _files().items() if not path.exists() or path.read_bytes() != content]
    left = {path.name for path in (_folder() / "json_schema").glob("*.json")} - set(frozen.frozen())
    if differing or left:
        told = ", ".join(sorted({*differing, *left}))
        message = f"not as frozen: {told}. If the change is meant and compatible, run `qaqpa schemas freeze`"
        raise Refusal(message)
    out.print("the code says what is frozen")


def _folder() -> Path:
    return Path(schemas.__file__).parent


def _broken() -> list[str]:
    """Tell what the code would break of what is frozen."""
    told = []
    for name, content in frozen.frozen().items():
        path = _folder() / "json_schema" / name
        if path.exists():
            told += [
                f"{name}: {what}" for what in compatibility.broken(json.loads(path.read_bytes()), json.loads(content))
            ]
    return told


def _files() -> dict[Path, bytes]:
    folder = _folder()
    return {folder / "json_schema" / name: content for name, content in frozen.frozen().items()} | {
        folder / "asyncapi.json": asyncapi.document()
    }
