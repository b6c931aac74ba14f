"""``qaqpa host``: the staff of a site who may be visited, and where they are asked."""

from typing import Annotated

import typer

from schemas.ids import is_slug
from services.cli.console import Refusal, SettingsFile, SiteName, operator, out
from services.cli.opened import opened_store
from services.cli.seed_file import LANGUAGES
from services.store.visits import hosts

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
    if not is_slug(host) or "@" not in email or language not in LANGUAGES:
        message = f"host {host}: needs a reference such as teacher-12, an e-mail address, and a language of {LANGUAGES}"
        raise Refusal(message)
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
                    by=operator(),
                    delegate=delegate,
                )
            )
        except LookupError as error:
            raise Refusal(str(error)) from error
    out.print(f"{site}: host {host} saved")


@app.command(name="list")
def show(settings: SettingsFile, site: SiteName) -> None:
    """List a site's hosts."""
    with opened_store(settings) as store:
        for row in store.read_now(lambda session: hosts.all_of(session, site)):
            delegate = f", asks {row.delegate}" if row.delegate else ""
            out.print(f"{row.host}  {row.name}  {row.email}{delegate}")
