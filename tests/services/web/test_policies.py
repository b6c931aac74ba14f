"""A crowd before one school asks the database once for its rules, and a new version shows soon."""

from datetime import UTC, datetime

import msgspec
import pytest
import sqlalchemy as sa
from sqlmodel import Session

from services.store import administration
from services.store.database import Store
from services.web.shared.policies import Policies
from tests.services.web.said import SITE, policy

AT = datetime(2026, 9, 1, 8, tzinfo=UTC)
FRESH_S = 0.25


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def policies(seconds: Seconds, store: Store) -> Policies:
    """A school's rules, asked for once."""
    publish(store)
    known = Policies(FRESH_S, seconds)
    store.read_now(lambda session: known.current(session, SITE))
    return known


def publish(store: Store, name: str = "№ 12") -> None:
    told = msgspec.structs.replace(policy(AT).data, name=name)
    store.write_now(lambda session: administration.publish_policy(session, site=SITE, policy=told, by="test"))


def version(policies: Policies) -> int | None:
    known = policies.fresh(SITE)
    return known.version if known is not None else None


def test_what_was_asked_a_moment_ago_is_not_asked_again(policies: Policies, seconds: Seconds) -> None:
    seconds.now_s += FRESH_S - 0.01
    assert version(policies) == 1
    seconds.now_s += 0.01
    assert version(policies) is None


def test_a_new_version_shows_when_it_is_asked_for_again(policies: Policies, seconds: Seconds, store: Store) -> None:
    publish(store, "№ 12 мектеп-лицей")
    assert version(policies) == 1
    seconds.now_s += FRESH_S
    store.read_now(lambda session: policies.current(session, SITE))
    assert version(policies) == 2


def test_a_school_that_nobody_asked_for_is_not_known(policies: Policies) -> None:
    assert policies.fresh("school-2") is None


def test_a_school_without_rules_is_asked_for_each_time(policies: Policies, store: Store) -> None:
    assert store.read_now(lambda session: policies.current(session, "school-2")) is None
    assert policies.fresh("school-2") is None


def test_the_rules_are_read_whole_only_when_they_changed(policies: Policies, store: Store) -> None:
    asked: list[str] = []

    def ask(session: Session) -> None:
        sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *told: asked.append(str(told[2])))
        policies.current(session, SITE)

    store.read_now(ask)
    assert len(asked) == 1
