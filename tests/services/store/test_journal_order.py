"""Whatever order records come in, and however often, the journal is the same."""

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import make_url
from sqlmodel import Session

from schemas.envelope import Event
from services.store import people, recording, schema_version
from services.store.database import Store
from services.store.journal_book import columns
from services.store.visitors_journal import entries
from tests.services.store.test_visitors_journal import HOUR, MORNING, SITE, book, keep, moved, register, settle

STORY: list[Event[Any]] = [
    *moved(1, MORNING + HOUR, holder="visitor-a"),
    *moved(2, MORNING + 2 * HOUR, way="exit", holder="visitor-a"),
    *moved(3, MORNING + 3 * HOUR, holder="visitor-a"),
    *moved(4, MORNING + 4 * HOUR, holder="visitor-a"),
    *moved(5, MORNING + 5 * HOUR, way="exit", holder="visitor-a"),
    *moved(6, MORNING + HOUR, holder="contractor-b", category="contractor"),
    *moved(7, MORNING + HOUR, holder="pupil-c", category="pupil"),
    *moved(8, MORNING + 20 * HOUR, way="exit", holder="contractor-b", category="contractor"),
]
"""A morning of one who was registered and comes twice more (once without having been seen to leave), a contractor who
stays until after midnight, a pupil.
"""


def state(store: Store) -> list[tuple[Any, ...]]:
    """Give the journal without its numbers, which are given as entries come."""
    rows = book(store)
    assert sorted(row.number for row in rows) == list(range(1, len(rows) + 1))
    return sorted((row.source, row.holder, row.opened_at, row.left_at, str(row.said)) for row in rows)


def told_at_once(store: Store) -> list[tuple[Any, ...]]:
    store.write_now(_register_a)
    for event in STORY:
        keep(store, event)
    settle(store, MORNING + timedelta(days=2))
    return state(store)


def _register_a(session: Session) -> None:
    people.put(session, site=SITE, holder="visitor-a", name="Айгүл", group_name=None)
    entries.open_entry(
        session, site=SITE, source="walk-in-a", holder="visitor-a", visit="walk-in-a", at=MORNING + HOUR / 2
    )


def test_the_story_is_what_it_should_be(store: Store) -> None:
    told = [(source, left) for source, _, _, left, _ in told_at_once(store)]
    second = timedelta(seconds=4)
    assert told == [
        ("gate-1:1:503", None),
        ("gate-1:1:504", MORNING + 5 * HOUR + second),
        ("gate-1:1:506", MORNING + 20 * HOUR + second),
        ("walk-in-a", MORNING + 2 * HOUR + second),
    ]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database at head, made once."""
    path = tmp_path_factory.mktemp("journal") / "qaqpa.db"
    store = Store(make_url(f"sqlite:///{path}"))
    schema_version.upgrade(store)
    store.close()
    return path


@contextmanager
def fresh(empty: Path) -> Iterator[Store]:
    """A store of its own for one example."""
    with TemporaryDirectory() as folder:
        store = Store(make_url(f"sqlite:///{shutil.copy(empty, folder)}"))
        yield store
        store.close()


@pytest.fixture(scope="module")
def whole(empty: Path) -> list[tuple[Any, ...]]:
    """The journal when everything comes in its order, once."""
    with fresh(empty) as store:
        return told_at_once(store)


@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(order=st.permutations(range(len(STORY))), again=st.lists(st.integers(0, len(STORY) - 1)), size=st.integers(1, 6))
def test_whatever_order_records_come_in_and_however_often_the_journal_is_the_same(
    empty: Path,
    whole: list[tuple[Any, ...]],
    order: list[int],
    again: list[int],
    size: int,
) -> None:
    coming = [STORY[place] for place in (*order, *again)]
    with fresh(empty) as store:
        store.write_now(_register_a)
        for first in range(0, len(coming), size):
            keep(store, *coming[first : first + size])
        settle(store, MORNING + timedelta(days=2))
        assert state(store) == whole


def test_a_passage_and_its_act_that_two_recorders_saw_at_once_are_in_it_in_the_evening(store: Store) -> None:
    register(store)
    halves = moved(1, MORNING + HOUR, holder="visitor-b")
    store.write_now(lambda session: recording.record(session, halves))
    assert len(book(store)) == 1
    settle(store)
    assert [row.holder for row in book(store)][1] == "visitor-b"


def test_every_column_is_known_and_the_default_is_the_laws(store: Store) -> None:
    assert set(columns.DEFAULT) <= set(columns.KNOWN)
    assert all(len(list(group)) == 1 for _, group in itertools.groupby(sorted(columns.KNOWN)))
