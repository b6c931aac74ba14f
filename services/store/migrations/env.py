"""Alembic's way in: runs on the connection that ``services.store.schema_version`` hands over, or on ``-x url=...`` when
a migration is being written.
"""

from typing import Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from services.store.columns import UtcDateTime
from services.store.tables import metadata


def render_item(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """Write our column types as the plain types they are in the database."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.types.TypeEngine) and type(item).__name__ == "AutoString":
        return "sa.String()"
    return False


def run(connection: sa.Connection) -> None:
    """Migrate on a connection."""
    context.configure(connection=connection, target_metadata=metadata(), render_as_batch=True, render_item=render_item)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with sa.create_engine(context.get_x_argument(as_dictionary=True)["url"]).connect() as own:
        run(own)
