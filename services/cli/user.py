"""``qaqpa user``: who may sign in to the pages."""

import sys
from typing import Annotated

import typer

from services.cli.console import Refusal, SettingsFile, SiteName, operator, out
from services.cli.opened import opened_store
from services.cli.seed_file import LANGUAGES
from services.store import users
from services.store.users import UserRole

app = typer.Typer(name="user", no_args_is_help=True, help="Who may sign in to the pages.")

Login = Annotated[str, typer.Argument(help="The login name.")]


@app.command()
def add(  # noqa: PLR0913, PLR0917  an option each
    settings: SettingsFile,
    site: SiteName,
    login: Login,
    name: Annotated[str, typer.Option(help="The name shown on the pages.")],
    role: Annotated[UserRole, typer.Option(help="What the user may do.")],
    language: Annotated[str, typer.Option(help="kk, ru or en.")] = "kk",
    post: Annotated[str | None, typer.Option(help="Where a guard sits, as `entrance`.")] = None,
    email: Annotated[str | None, typer.Option(help="Where the user is told what cannot wait.")] = None,
    phone: Annotated[str | None, typer.Option(help="For SMS, as +77011234567.")] = None,
) -> None:
    """Add a user, or change one. The password is asked for, or read from stdin: never an argument."""
    if language not in LANGUAGES:
        message = f"no language {language}: use one of {', '.join(LANGUAGES)}"
        raise Refusal(message)
    password = (
        typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        if sys.stdin.isatty()
        else sys.stdin.readline().rstrip("\n")
    )
    with opened_store(settings) as store:
        try:
            changed = store.write_now(
                lambda session: users.put(
                    session,
                    site=site,
                    login=login,
                    name=name,
                    role=role,
                    language=language,
                    password=password,
                    by=operator(),
                    post=post,
                    email=email,
                    phone=phone,
                )
            )
        except ValueError as error:
            raise Refusal(str(error)) from error
    out.print(f"{site}: user {login} {'saved' if changed else 'is there already'}")


@app.command()
def disable(settings: SettingsFile, site: SiteName, login: Login) -> None:
    """Keep a user from signing in, from now on."""
    with opened_store(settings) as store:
        if not store.write_now(lambda session: users.disable(session, site=site, login=login, by=operator())):
            message = f"site {site} has no user {login}"
            raise Refusal(message)
    out.print(f"{site}: user {login} disabled")
