"""What every command shares: the settings option, the console, and how a refusal is said."""

import getpass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

SettingsFile = Annotated[
    Path, typer.Option("--settings", "-s", help="The settings file (TOML).", envvar="QAQPA_SETTINGS")
]
SiteName = Annotated[str, typer.Option("--site", help="The site, as in the policy.")]

out = Console(highlight=False, soft_wrap=True)


class Refusal(Exception):  # noqa: N818  said to the operator, in one line
    """A command cannot do what it was asked; the text says why and what to do."""


def operator() -> str:
    """Name who types, for the audit."""
    return f"operator/{getpass.getuser()}"


def moment_text(moment: datetime, offset_min: int) -> str:
    """Write a moment by the school's clock as files and commands take it: 2026-11-24 14:30."""
    return (moment.astimezone(UTC) + timedelta(minutes=offset_min)).strftime("%Y-%m-%d %H:%M")
