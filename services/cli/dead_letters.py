"""``qaqpa dead-letters``: records that could not be taken, and why."""

from typing import Annotated

import typer
from rich.table import Table

from schemas.topics import BY_NAME
from services.cli.console import Refusal, SettingsFile, out
from services.cli.opened import opened_store
from services.store.records import dead_letters as repository

app = typer.Typer(help="Records that could not be taken.")


@app.command()
def dead_letters(
    settings: SettingsFile,
    topic: Annotated[str | None, typer.Option(help="Only those of a topic.")] = None,
    limit: Annotated[int, typer.Option(help="How many, the newest first.")] = 50,
) -> None:
    """Show the records that could not be taken, the newest first, with the reason."""
    if topic is not None and topic not in BY_NAME:
        message = f"no topic {topic}: use one of {', '.join(BY_NAME)}"
        raise Refusal(message)
    with opened_store(settings) as store:
        rows = store.read_now(lambda session: repository.recent_of_all(session, limit, topic))
    table = Table("at", "site (claimed)", "topic", "partition", "offset", "reason", "detail", "bytes", "refused by")
    for row in rows:
        where = (str(row.partition), str(row.offset))
        table.add_row(
            f"{row.at:%Y-%m-%d %H:%M:%S}",
            row.site,
            row.topic,
            *where,
            row.reason,
            row.detail,
            str(row.size),
            row.source,
        )
    out.print(table if rows else "no dead letters")
