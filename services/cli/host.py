"""``qaqpa host``: the staff of a site who may be visited, and where they are asked."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from schemas.ids import is_slug
from services.cli.console import Refusal, SettingsFile, SiteName, operator, out
from services.cli.csv_file import content_of, lines_told
from services.cli.opened import opened_store
from services.cli.seed_file import LANGUAGES
from services.rules.contacts import is_email
from services.store.visits import hosts, leaving
from services.web.administration.host_fields import hosts_in

app = typer.Typer(name="host", no_args_is_help=True, help="Who may be visited.")


@app.command()
def add(  # noqa: PLR0917  an option each
    settings: SettingsFile,
    site: SiteName,
    host: Annotated[str, typer.Argument(help="A reference of small Latin letters, digits and hyphens.")],
    name: Annotated[str, typer.Option(help="The name, as visitors know it.")],
    email: Annotated[str, typer.Option(help="Where the host is asked.")],
    language: Annotated[str, typer.Option(help="kk, ru or en.")] = "kk",
    delegate: Annotated[str | None, typer.Option(help="The host who is asked instead.")] = None,
) -> None:
    """Add a host, or change one."""
    _check(host, name, email, language)
    with opened_store(settings) as store:
        try:
            store.write_now(
                lambda session: hosts.put(
                    session,
                    site=site,
                    host=host,
                    name=name,
                    email=email,
                    language=language,
                    delegate=delegate,
                    by=operator(),
                )
            )
        except LookupError as error:
            raise Refusal(str(error)) from error
    out.print(f"{site}: host {host} saved")


@app.command()
def remove(
    settings: SettingsFile,
    site: SiteName,
    host: Annotated[str, typer.Argument(help="The host's reference.")],
) -> None:
    """Take a host off the list; visits that wait for them go to the duty administrator."""
    with opened_store(settings) as store:
        if not store.write_now(
            lambda session: leaving.leave(session, site=site, host=host, by=operator(), at=datetime.now(UTC))
        ):
            message = f"site {site} has no host {host}"
            raise Refusal(message)
    out.print(f"{site}: host {host} removed")


@app.command(name="import")
def enter_all(
    settings: SettingsFile,
    site: SiteName,
    file: Annotated[Path, typer.Argument(help="CSV with the columns name, email and, if you like, host, language.")],
) -> None:
    """Add or change the hosts of a file, all or none; nobody who is not in it is removed."""
    with lines_told(file):
        listed = hosts_in(content_of(file))
    with opened_store(settings) as store:
        changed = store.write_now(
            lambda session: hosts.take(session, site=site, listed=listed, by=operator(), at=datetime.now(UTC))
        )
    out.print(f"{site}: {len(listed)} hosts in {file.name}, {changed} new or changed")


def _check(host: str, name: str, email: str, language: str) -> None:
    if not is_slug(host) or not name or not is_email(email) or language not in LANGUAGES:
        message = (
            f"host {host}: needs a reference such as teacher-12, a name, an e-mail address, and a language "
            f"of {LANGUAGES}"
        )
        raise Refusal(message)


@app.command(name="list")
def show(settings: SettingsFile, site: SiteName) -> None:
    """List a site's hosts."""
    with opened_store(settings) as store:
        for row in store.read_now(lambda session: hosts.all_of(session, site)):
            until = f" until {row.delegate_until:%Y-%m-%d %H:%M} UTC" if row.delegate_until else ""
            delegate = f", asks {row.delegate}{until}" if row.delegate else ""
            out.print(f"{row.host}  {row.name}  {row.email}{delegate}")
