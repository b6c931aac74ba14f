"""The version of the database's tables: brought to head by ``qaqpa store upgrade``, and asked for by every process that
works on them.
"""

import time
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import Session

from schemas.setting import WrongSetting
from services.store.database import Store
from services.store.outbox import StoreIdentityRow

MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 1_902_071_001


class StoreNotReady(WrongSetting):
    """The database has not the tables that this version works on; the text says the command."""


def upgrade(store: Store) -> tuple[str | None, str]:
    """Bring the tables to head and give the versions before and after. Safe to run twice, or at once."""
    with store.engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
        before = MigrationContext.configure(connection).get_current_revision()
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        with Session(connection) as session:
            if session.get(StoreIdentityRow, 1) is None:
                session.add(StoreIdentityRow(number=1, boot=int(time.time())))
                session.flush()
    return before, head()


def head() -> str:
    """Give the version that this code works on."""
    found = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if found is None:
        message = "the package has no migrations"
        raise RuntimeError(message)
    return found


def require_head(store: Store) -> None:
    """Raise StoreNotReady, with the command, when the tables are not those of this version."""
    with store.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != head():
        message = f"the store is at {found or 'no version'}, this program works on {head()}: run `qaqpa store upgrade`"
        raise StoreNotReady(message)
