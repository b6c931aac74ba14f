"""``qaqpa topics``: the topics of this cluster, as the tables in ``schemas.topics`` say them."""

import asyncio
from collections.abc import Sequence

import typer
from rich.table import Table

from services.cli.console import SettingsFile, out
from services.kafka_client import topics_admin
from services.kafka_client.topics_admin import State, Step
from services.settings import Configuration

app = typer.Typer(name="topics", no_args_is_help=True, help="Show and make the cluster's topics.")

_STYLES = {State.CREATE: "yellow", State.KEEP: "green", State.WRONG: "bold red"}


@app.command()
def plan(settings: SettingsFile) -> None:
    """Show what `apply` would do. Exit status 1 when a partition count is wrong."""
    steps = asyncio.run(topics_admin.plan(Configuration.load(settings)))
    _show(steps)
    if any(step.state is State.WRONG for step in steps):
        raise typer.Exit(1)


@app.command()
def apply(settings: SettingsFile) -> None:
    """Make the topics and changelogs that are missing. Refuses, changing nothing, when a partition count is wrong."""
    steps = asyncio.run(topics_admin.apply(Configuration.load(settings)))
    made = sum(step.state is State.CREATE for step in steps)
    out.print(f"{made} topics made, {len(steps) - made} were there")


def _show(steps: Sequence[Step]) -> None:
    table = Table("topic", "partitions", "found", "", "config")
    for step in steps:
        config = " ".join(f"{key}={value}" for key, value in step.config.items())
        table.add_row(step.name, str(step.partitions), str(step.found or "-"), f"[{_STYLES[step.state]}]{step.state}", config)
    out.print(table)
