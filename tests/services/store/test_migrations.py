"""The tables in the database are those of the models, and nothing works on other ones."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import URL

from services.store import schema_version
from services.store.database import Store
from services.store.outbox import StoreIdentityRow
from services.store.tables import metadata


def test_the_migrated_tables_are_those_of_the_models(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata()) == []


def test_a_forgotten_column_would_be_found(store: Store) -> None:
    with store.engine.connect() as connection, connection.begin():
        connection.execute(sa.text("ALTER TABLE people DROP COLUMN group_name"))
        found = compare_metadata(MigrationContext.configure(connection), metadata())
    assert [(step[0], step[2], step[3].name) for step in found] == [("add_column", "people", "group_name")]


def test_an_empty_database_is_refused_with_the_command_to_type(empty_store: Store) -> None:
    with pytest.raises(schema_version.StoreNotReady, match=r"at no version.*run `qaqpa store upgrade`"):
        schema_version.require_head(empty_store)


def test_an_older_or_newer_database_is_refused(store: Store) -> None:
    schema_version.require_head(store)
    with store.engine.connect() as connection, connection.begin():
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(schema_version.StoreNotReady, match="at 9999"):
        schema_version.require_head(store)


def test_upgrading_twice_and_from_two_places_at_once_makes_one_store(database_url: URL) -> None:
    stores = [Store(database_url) for _ in range(3)]
    with ThreadPoolExecutor() as places:
        list(places.map(schema_version.upgrade, stores))
    boots = {store.read_now(lambda session: session.get_one(StoreIdentityRow, 1).boot) for store in stores}
    assert len(boots) == 1
    assert schema_version.upgrade(stores[0]) == (schema_version.head(), schema_version.head())
    for store in stores:
        store.close()


def test_every_migration_can_be_taken_back(store: Store) -> None:
    with store.engine.connect() as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", str(schema_version.MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
