"""``qaqpa entitled``: who may take a pupil out of the school, from the school's own file."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.console import SettingsFile, SiteName, operator, out
from services.cli.csv_file import content_of, lines_told
from services.cli.opened import opened_store
from services.store.clock import now
from services.web.administration.entitled_fields import people_in, take_people

app = typer.Typer(name="entitled", no_args_is_help=True, help="Who may take a pupil.")


@app.callback()
def top() -> None:
    """Who may take a pupil."""


@app.command(name="import")
def import_file(
    settings: SettingsFile,
    site: SiteName,
    file: Annotated[Path, typer.Argument(help="CSV with the columns pupil, name, relation, and what else is known.")],
) -> None:
    """Enter who may take pupils; whoever is known by the same name for the same pupil is changed."""
    with lines_told(file), opened_store(settings) as store:
        listed = people_in(content_of(file))
        store.write_now(lambda session: take_people(session, site=site, listed=listed, by=operator(), at=now()))
    out.print(f"{site}: {len(listed)} people entered or changed")
