"""``qaqpa``: the five service processes and the tools of an operator. A wrong setting is one line and exit status 2,
never a traceback.
"""

import sys

import typer

from schemas.setting import EXIT_STATUS, WrongSetting
from services.cli import (
    credential,
    dead_letters,
    keys,
    mode,
    policy,
    processes,
    schema_files,
    seed,
    store,
    topics,
    user,
)
from services.cli.console import Refusal
from services.kafka_client.topics_admin import TopicsNotReady
from services.store.administration import NotAllowed

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Qaqpa: access control for schools.",
)

for group in (topics, store, policy, credential, mode, user, keys, schema_files):
    app.add_typer(group.app)
for command in (
    processes.admission,
    processes.alarming,
    processes.recorder,
    processes.web,
    seed.seed,
    dead_letters.dead_letters,
):
    app.command()(command)
app.command("police-link")(processes.police_link)


def main() -> None:
    """Run the command line; what the operator can mend is told in one line."""
    try:
        app()
    except (WrongSetting, TopicsNotReady, Refusal, NotAllowed) as error:
        sys.stderr.write(f"qaqpa: {error}\n")
        sys.exit(EXIT_STATUS)
