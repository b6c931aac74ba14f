"""A store of one test alone, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, make_url

from services.store import schema_version
from services.store.database import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """Give the URL of an empty database."""
    if request.param == "sqlite":
        return make_url(f"sqlite:///{tmp_path / 'qaqpa.db'}")
    return make_url(request.getfixturevalue("postgres_database"))


@pytest.fixture
def empty_store(database_url: URL) -> Iterator[Store]:
    """Give a store without tables."""
    store = Store(database_url)
    yield store
    store.close()


@pytest.fixture
def store(empty_store: Store) -> Store:
    """Give a store at head."""
    schema_version.upgrade(empty_store)
    return empty_store
