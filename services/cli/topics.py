"""``qaqpa topics``: the topics of this cluster, as the tables in ``schemas.topics`` say them."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Annotated

import typer
from rich.table import Table

from services.cli.console import Refusal, SettingsFile, out
from services.kafka_client import topics_admin
from services.kafka_client.topics_admin import State, Step, TopicsNotReady
from services.settings import Configuration

app = typer.Typer(name="topics", no_args_is_help=True, help="Show and make the cluster's topics.")

Within = Annotated[float, typer.Option(help="How long to wait for the broker, in seconds.")]

_STYLES = {State.CREATE: "yellow", State.KEEP: "green", State.WRONG: "bold red"}


@app.command()
def plan(settings: SettingsFile, within: Within = 30.0) -> None:
    """Show what `apply` would do. Exit status 1 when a partition count is wrong."""
    steps = _answered(topics_admin.plan(Configuration.load(settings)), within)
    _show(steps)
    if any(step.state is State.WRONG for step in steps):
        raise typer.Exit(1)


@app.command()
def apply(settings: SettingsFile, within: Within = 30.0) -> None:
    """Make the topics and changelogs that are missing. Refuses, changing nothing, when a partition count is wrong."""
    steps = _answered(topics_admin.apply(Configuration.load(settings)), within)
    made = sum(step.state is State.CREATE for step in steps)
    out.print(f"{made} topics made, {len(steps) - made} were there")


def _answered(asking: Coroutine[None, None, list[Step]], within_s: float) -> list[Step]:
    async def within() -> list[Step]:
        async with asyncio.timeout(within_s):
            return await asking

    try:
        return asyncio.run(within())
    except TimeoutError as error:
        message = f"the broker has not answered within {within_s:g} s; look at kafka.bootstrap, and whether it runs"
        raise Refusal(message) from error
    except TopicsNotReady as error:
        raise Refusal(str(error)) from error


def _show(steps: Sequence[Step]) -> None:
    table = Table("topic", "partitions", "found", "", "config")
    for step in steps:
        config = " ".join(f"{key}={value}" for key, value in step.config.items())
        table.add_row(
            step.name, str(step.partitions), str(step.found or "-"), f"[{_STYLES[step.state]}]{step.state}", config
        )
    out.print(table)
