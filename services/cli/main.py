"""``qaqpa``: the five service processes and the tools of an operator. A wrong setting is one line and exit status 2,
never a traceback.

A command's module is imported when it is asked for: a process holds only its own room in memory, and an operator does
not wait for what the command does not need.
"""

import importlib
import sys
from collections.abc import Iterator, MutableMapping
from typing import Any

import typer
from typer.core import TyperGroup

from schemas.setting import EXIT_STATUS, WrongSetting
from services.cli.console import Refusal

COMMANDS: dict[str, str] = {
    "admission": "processes:admission",
    "alarming": "processes:alarming",
    "recorder": "processes:recorder",
    "web": "processes:web",
    "police-link": "processes:police_link",
    "seed": "seed:app",
    "policy": "policy:app",
    "explain": "explain:app",
    "screening": "screening:app",
    "credential": "credential:app",
    "mode": "mode:app",
    "user": "user:app",
    "host": "host:app",
    "directory": "directory:app",
    "list": "people_list:app",
    "entitled": "entitled_people:app",
    "keys": "keys:app",
    "topics": "topics:app",
    "store": "store:app",
    "dead-letters": "dead_letters:app",
    "schemas": "schema_files:app",
}
"""Where each command is, as ``module:app`` in this room."""


class CommandsOnDemand(MutableMapping[str, Any]):
    """The commands by name, each imported when it is looked up."""

    def __init__(self) -> None:
        self._found: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._found:
            module, _, app_name = COMMANDS[name].partition(":")
            found = getattr(importlib.import_module(f"services.cli.{module}"), app_name)
            self._found[name] = typer.main.get_command(found)
            self._found[name].name = name
        return self._found[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._found[name] = command

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class GroupOnDemand(TyperGroup):
    """The top of the command line."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = CommandsOnDemand()


app = typer.Typer(
    cls=GroupOnDemand,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Qaqpa: access control for schools.",
)


@app.callback()
def top() -> None:
    """Qaqpa: access control for schools."""


def main() -> None:
    """Run the command line; what the operator can mend is told in one line."""
    try:
        app()
    except (WrongSetting, Refusal) as error:
        sys.stderr.write(f"qaqpa: {error}\n")
        sys.exit(EXIT_STATUS)
