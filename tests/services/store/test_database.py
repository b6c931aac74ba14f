"""The writer's queue: many at once, nobody in another's way, and reads that never wait for it."""

import asyncio
import threading
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlmodel import Session

from schemas.setting import WrongSetting
from services.settings import Configuration, KafkaSettings, Settings, StoreSettings, TrustSettings
from services.store import database, people
from services.store.database import Store, serialise, store_url

SITE = "school-1"


def named(name: str) -> people.PersonRow:
    """Give a person."""
    return people.PersonRow(site=SITE, holder=name, name=name, group_name=None)


async def test_many_writers_at_once_all_get_through(store: Store) -> None:
    def add(number: int) -> None:
        store.write_now(lambda session: session.add(named(f"p-{number}")))

    await asyncio.gather(*(asyncio.to_thread(add, number) for number in range(60)))
    await asyncio.gather(*(store.write(lambda session, n=n: session.add(named(f"q-{n}"))) for n in range(60)))  # type: ignore[misc]
    assert await store.read(lambda session: people.count(session, SITE)) == 120


async def test_two_processes_writing_one_database_wait_for_each_other(store: Store, database_url: URL) -> None:
    """Two stores on one database are what the recorder and the pages are to each other."""
    other = Store(database_url)

    def count_up(session: Session) -> None:
        serialise(session, "counter")
        person = session.get(people.PersonRow, (SITE, "counter")) or named("counter")
        person.name = str(int(person.group_name or 0) + 1)
        person.group_name = person.name
        session.add(person)

    await asyncio.gather(*(place.write(count_up) for _ in range(40) for place in (store, other)))
    other.close()
    found = await store.read(lambda session: people.by_holders(session, SITE, ["counter"]))
    assert found["counter"].name == "80", "read, think and write is one step"


async def test_a_read_does_not_wait_for_a_long_write(store: Store) -> None:
    writing, may_end = threading.Event(), threading.Event()

    def slowly(session: Session) -> None:
        session.add(named("slow"))
        session.flush()
        writing.set()
        assert may_end.wait(20)

    task = asyncio.create_task(store.write(slowly))
    await asyncio.to_thread(writing.wait, 20)
    assert await asyncio.wait_for(store.read(lambda session: people.count(session, SITE)), 5) == 0, (
        "and sees what is committed"
    )
    may_end.set()
    await task
    assert await store.read(lambda session: people.count(session, SITE)) == 1


async def test_a_write_that_fails_leaves_nothing_and_tells_its_caller(store: Store) -> None:
    def fail(session: Session) -> None:
        session.add(named("half"))
        session.flush()
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        await store.write(fail)
    assert await store.read(lambda session: people.count(session, SITE)) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_keeps_what_was_committed_through_a_power_cut(store: Store) -> None:
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}

    def ask(session: Session, name: str) -> object:
        return session.execute(sa.text(f"PRAGMA {name}")).scalar_one()

    found = {name: store.read_now(partial(ask, name=name)) for name in pragmas}
    assert found == pragmas


def configuration(folder: Path, url: str, password_file: str | None = None) -> Configuration:
    """Give settings with a store."""
    settings = Settings(
        kafka=KafkaSettings(bootstrap="x:1"),
        trust=TrustSettings(keyring="k"),
        store=StoreSettings(url=url, password_file=password_file),
    )
    return Configuration(settings, folder)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "not a database URL"),
        ("mysql://x/y", "mysql is not supported"),
        ("postgresql://x/y", "use one of sqlite, postgresql\\+psycopg"),
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
    ],
)
def test_a_url_that_cannot_be_used_is_told_with_its_setting(tmp_path: Path, url: str, told: str) -> None:
    with pytest.raises(WrongSetting, match=f"setting store.url: .*{told}"):
        store_url(configuration(tmp_path, url))


def test_a_sqlite_file_lies_beside_the_settings_and_a_password_in_a_file_of_its_own(tmp_path: Path) -> None:
    assert store_url(configuration(tmp_path, "sqlite:///q.db")).database == str(tmp_path / "q.db")
    (tmp_path / "password").write_text("p@ss/word\n", encoding="utf-8")
    url = store_url(configuration(tmp_path, "postgresql+psycopg://qaqpa@db/qaqpa", "password"))
    assert (url.password, url.host) == ("p@ss/word", "db")
    assert "p@ss" not in str(url)
    with pytest.raises(WrongSetting, match=r"setting store.password_file: gone: No such file"):
        store_url(configuration(tmp_path, "postgresql+psycopg://qaqpa@db/qaqpa", "gone"))


def test_a_connection_that_was_lost_while_it_rested_is_replaced(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_RESTED_S", 0.0)
    url = make_url(postgres_database)
    store, others = Store(url), sa.create_engine(url)

    def one(session: Session) -> int:
        return int(session.execute(sa.text("SELECT 1")).scalar_one())

    assert (store.read_now(one), store.write_now(one)) == (1, 1)
    with others.connect() as connection:
        ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :name AND pid <> :own"
        own = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        assert connection.execute(sa.text(ended), {"name": url.database, "own": own}).scalar_one() == 2
    assert (store.read_now(one), store.write_now(one)) == (1, 1)
    others.dispose()
    store.close()
