"""``qaqpa mode``: put a site into a mode."""

from typing import Annotated

import typer

from schemas.site_mode import Mode
from services.cli.console import SettingsFile, SiteName, operator, out
from services.cli.opened import opened_store
from services.store import administration

app = typer.Typer(name="mode", no_args_is_help=True, help="The mode of a site.")


@app.callback()
def group() -> None:
    """Keep `set` a subcommand."""


@app.command("set")
def set_mode(
    *,
    settings: SettingsFile,
    site: SiteName,
    mode: Annotated[Mode, typer.Argument(help="normal, free, lockdown or evacuation.")],
    drill: Annotated[bool, typer.Option("--drill", help="Only a drill.")] = False,
    together_with: Annotated[
        list[str] | None, typer.Option("--with", help="Who does it with you: two end a lockdown or an evacuation.")
    ] = None,
    because: Annotated[str | None, typer.Option(help="Why, for the record.")] = None,
) -> None:
    """Put a site into a mode, or into the drill of one."""
    with opened_store(settings) as store:
        version = store.write_now(
            lambda session: administration.set_mode(
                session, site=site, mode=mode, drill=drill, by=[operator(), *(together_with or [])], because=because
            )
        )
    told = f"{mode} (drill)" if drill else mode
    out.print(f"{site}: {told}, version {version}" if version else f"{site}: {told} already")
