"""``qaqpa directory``: the offices whose people come on duty, with the numbers that the school found out itself."""

from typing import Annotated

import typer

from schemas.ids import is_slug
from services.cli.console import Refusal, SettingsFile, SiteName, operator, out
from services.cli.opened import opened_store
from services.store import directory

app = typer.Typer(name="directory", no_args_is_help=True, help="The offices that the post rings back.")

Office = Annotated[str, typer.Argument(help="A reference of small Latin letters, digits and hyphens.")]


@app.command()
def add(
    settings: SettingsFile,
    site: SiteName,
    office: Office,
    name: Annotated[str, typer.Option(help="The office, as a guard would look for it.")],
    phone: Annotated[str, typer.Option(help="The number to ring.")],
    source: Annotated[str, typer.Option(help="Where the school has the number from.")],
) -> None:
    """Add an office, or correct one."""
    if not is_slug(office) or not name.strip() or not directory.is_phone(phone) or not source.strip():
        message = f"office {office}: needs a reference such as akimat-2, a name, a telephone number and its source"
        raise Refusal(message)
    with opened_store(settings) as store:
        store.write_now(
            lambda session: directory.put(
                session, site=site, office=office, name=name, phone=phone, source=source, by=operator()
            )
        )
    out.print(f"{site}: office {office} saved")


@app.command()
def remove(settings: SettingsFile, site: SiteName, office: Office) -> None:
    """Take an office out."""
    with opened_store(settings) as store:
        if not store.write_now(lambda session: directory.remove(session, site=site, office=office, by=operator())):
            message = f"site {site} has no office {office}"
            raise Refusal(message)
    out.print(f"{site}: office {office} removed")


@app.command(name="list")
def show(settings: SettingsFile, site: SiteName) -> None:
    """List a site's offices."""
    with opened_store(settings) as store:
        for row in store.read_now(lambda session: directory.all_of(session, site)):
            out.print(f"{row.office}  {row.name}  {row.phone}  ({row.source})")
