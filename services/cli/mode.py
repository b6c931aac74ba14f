"""``qaqpa mode``: put a site into a mode."""

from typing import Annotated, get_args

import typer

from schemas.site_mode import Mode
from services.cli.console import Refusal, SettingsFile, SiteName, operator, opened_store, out
from services.store import administration

app = typer.Typer(name="mode", no_args_is_help=True, help="The mode of a site.")


@app.callback()
def group() -> None:
    """Keep `set` a subcommand."""


@app.command("set")
def set_mode(
    settings: SettingsFile,
    site: SiteName,
    mode: Annotated[str, typer.Argument(help="normal, free, lockdown or evacuation.")],
    drill: Annotated[bool, typer.Option("--drill", help="Only a drill.")] = False,
    because: Annotated[str | None, typer.Option(help="Why, for the record.")] = None,
) -> None:
    """Put a site into a mode, or into the drill of one."""
    if mode not in get_args(Mode):
        message = f"no mode {mode}: use one of {', '.join(get_args(Mode))}"
        raise Refusal(message)
    with opened_store(settings) as store:
        version = store.write_now(
            lambda session: administration.set_mode(session, site=site, mode=mode, drill=drill, by=[operator()], because=because)
        )
    told = f"{mode} (drill)" if drill else mode
    out.print(f"{site}: {told}, version {version}" if version else f"{site}: {told} already")
