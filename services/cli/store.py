"""``qaqpa store``: the database's tables."""

import typer

from services.cli.console import SettingsFile, out
from services.settings import Configuration
from services.store import schema_version
from services.store.database import Store

app = typer.Typer(name="store", no_args_is_help=True, help="Prepare the database.")


@app.callback()
def group() -> None:
    """Keep the command below it a subcommand."""


@app.command()
def upgrade(settings: SettingsFile) -> None:
    """Bring the database's tables to this version. Safe to repeat."""
    store = Store.of(Configuration.load(settings))
    try:
        before, after = schema_version.upgrade(store)
    finally:
        store.close()
    out.print(f"store at {after}" if before == after else f"store upgraded: {before or 'empty'} -> {after}")
