"""A store of one test alone, on both databases."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.engine import URL, make_url

from deploy.kafka.broker import LocalKafka
from services.store import schema_version
from services.store.database import Store
from tests.services.store.ground import Ground


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


@pytest_asyncio.fixture
async def ground(
    store: Store, database_url: URL, tmp_path: Path, kafka: LocalKafka, topic_prefix: str
) -> AsyncIterator[Ground]:
    """Give settings, keys and topics for a recorder of this test, on the store under test."""
    del store
    ground = Ground(tmp_path, kafka.bootstrap, topic_prefix, database_url)
    await ground.make_topics()
    yield ground
    ground.end()
