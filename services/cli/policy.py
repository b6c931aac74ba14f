"""``qaqpa policy``: publish a site's rules."""

from pathlib import Path
from typing import Annotated

import typer

from schemas.setting import WrongSetting, parse
from services.cli.console import SettingsFile, operator, out
from services.cli.opened import opened_store
from services.cli.seed_file import PolicyFile
from services.store import administration

app = typer.Typer(name="policy", no_args_is_help=True, help="The rules of a site.")


@app.callback()
def group() -> None:
    """Keep the command below it a subcommand."""


@app.command()
def publish(
    settings: SettingsFile, file: Annotated[Path, typer.Argument(help="A file with `site` and `[policy]` (TOML).")]
) -> None:
    """Publish a site's policy as its next version, when it differs from the one that holds."""
    try:
        told = parse(file.read_text(encoding="utf-8"), PolicyFile)
    except OSError as error:
        message = f"{file}: {error.strerror}"
        raise WrongSetting(message) from error
    policy = told.policy.said(file.resolve().parent)
    with opened_store(settings) as store:
        version = store.write_now(
            lambda session: administration.publish_policy(session, site=told.site, policy=policy, by=operator())
        )
    out.print(
        f"{told.site}: policy version {version} published" if version else f"{told.site}: the policy already holds"
    )
