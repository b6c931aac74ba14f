"""Rows are idempotent by event id, the newest of a subject holds in whatever order it comes, and sites never meet."""

import itertools
from datetime import datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from schemas.catalogue import EVENTS, Said
from schemas.envelope import Event
from schemas.gate_event import GateEvent
from schemas.topics import ALARMS, CREDENTIALS, GATE_EVENTS, PASSAGES, SITE_MODES, SITE_POLICIES, TOPICS, Topic
from services.store import recording
from services.store.database import Store
from services.store.records import alarms, credentials, gate_events, passages, site_modes, site_policies
from services.store.tables import metadata
from tests.schemas.examples import AT, event_of

ALL_TABLES = sorted(metadata().tables)


def contents(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Give every row of every table."""

    def ask(session: Session) -> dict[str, list[tuple[object, ...]]]:
        tables = metadata().tables
        return {
            name: sorted(map(tuple, session.execute(sa.select(tables[name])).all()), key=repr) for name in ALL_TABLES
        }

    return store.read_now(ask)


def keep(store: Store, *events: Event[Said]) -> None:
    """Record events in one transaction."""
    store.write_now(lambda session: recording.record(session, events))


def changed(topic: Topic, event_id: str, at: datetime = AT, site: str = "school-1", **fields: object) -> Event[Said]:
    """Give a topic's example with another id, time, site and fields."""
    event = event_of(topic, event_id, site)
    return msgspec.structs.replace(event, time=at, data=msgspec.structs.replace(event.data, **fields))


def test_every_event_has_its_recording_and_every_field_its_column() -> None:
    assert set(recording.RECORDINGS) == {kind.noun for kind in EVENTS}
    tables = metadata().tables
    for kind in EVENTS:
        name = next(topic.name for topic in TOPICS if topic.noun == kind.noun)
        table = tables["dead_letters" if kind.noun == "dead_letter" else name]
        assert set(kind.shape.__struct_fields__) <= set(table.columns.keys()), name


def test_keeping_twice_is_keeping_once(store: Store) -> None:
    kept = contents(store)
    for topic in TOPICS:
        keep(store, event_of(topic, f"{topic.name}:1:1"))
        once = contents(store)
        assert once != kept, f"{topic.name} is kept"
        keep(store, event_of(topic, f"{topic.name}:1:1"), event_of(topic, f"{topic.name}:1:1"))
        assert contents(store) == once, topic.name
        kept = once


def test_one_id_at_two_sites_is_two_events(store: Store) -> None:
    keep(store, *(event_of(topic, f"{topic.name}:1:1", site) for topic in TOPICS for site in ("school-1", "school-2")))
    for name, rows in contents(store).items():
        columns = list(metadata().tables[name].columns.keys())
        sites = [row[columns.index("site")] for row in rows if "site" in columns]
        assert sites.count("school-1") == sites.count("school-2"), name


def test_the_highest_version_of_an_alarm_holds_in_whatever_order_they_come(store: Store) -> None:
    states = {1: "raised", 2: "acknowledged", 3: "closed"}
    for order in itertools.permutations(states):
        alarm = f"alarm-{order}"
        for version in order:
            keep(store, changed(ALARMS, f"{alarm}:{version}", alarm=alarm, version=version, state=states[version]))
        kept = store.read_now(lambda session, a=alarm: alarms.one(session, "school-1", a))  # type: ignore[misc]
        assert kept is not None
        assert (kept.version, kept.state, kept.raised_at) == (3, "closed", AT)
        history = store.read_now(lambda session, a=alarm: alarms.versions(session, "school-1", a))  # type: ignore[misc]
        assert [(row.version, row.state) for row in history] == list(states.items())
    assert not store.read_now(lambda session: alarms.not_closed(session, "school-1"))


def test_all_versions_in_one_batch_leave_the_highest(store: Store) -> None:
    keep(store, *(changed(ALARMS, f"alarming:1:{version}", version=version) for version in (2, 3, 1)))
    (kept,) = store.read_now(lambda session: alarms.recent(session, "school-1", 9))
    assert kept.version == 3


def test_a_revocation_is_not_undone_by_the_older_record_that_comes_after_it(store: Store) -> None:
    keep(store, changed(CREDENTIALS, "administration:1:2", version=2, revoked_at=AT))
    keep(store, changed(CREDENTIALS, "administration:1:1", version=1, revoked_at=None))
    (card,) = store.read_now(lambda session: credentials.of_holder(session, "school-1", "p-0317"))
    assert (card.version, card.revoked_at) == (2, AT)


def test_of_heartbeats_each_gates_last_is_kept_and_of_other_events_all(store: Store) -> None:
    beat = event_of(GATE_EVENTS).data
    assert isinstance(beat, GateEvent)
    assert beat.kind == "heartbeat"
    times = [AT + timedelta(seconds=second) for second in (0, 20, 10)]
    keep(store, *(changed(GATE_EVENTS, f"g:1:{number}", at) for number, at in enumerate(times)))
    keep(store, changed(GATE_EVENTS, "g:1:7", gate="school-1-yard"), changed(GATE_EVENTS, "g:1:8", kind="tamper"))
    kept = store.read_now(lambda session: gate_events.heartbeats(session, "school-1"))
    assert [(row.gate, row.at) for row in kept] == [("school-1-main", times[1]), ("school-1-yard", AT)]
    assert [row.kind for row in store.read_now(lambda session: gate_events.recent(session, "school-1", 9))] == [
        "tamper"
    ]


def test_the_highest_policy_and_mode_hold_and_come_back_as_they_were_said(store: Store) -> None:
    keep(
        store,
        changed(SITE_POLICIES, "administration:1:5", version=5),
        changed(SITE_POLICIES, "administration:1:4", version=4),
    )
    policy = store.read_now(lambda session: site_policies.current(session, "school-1"))
    assert policy == changed(SITE_POLICIES, "x:1:1", version=5).data
    keep(
        store,
        changed(SITE_MODES, "administration:1:7", version=2, mode="normal"),
        changed(SITE_MODES, "administration:1:6"),
    )
    mode = store.read_now(lambda session: site_modes.current(session, "school-1"))
    assert mode is not None
    assert (mode.version, mode.mode) == (2, "normal")
    for ask in (site_policies.current, site_modes.current):
        assert store.read_now(lambda session, ask=ask: ask(session, "school-2")) is None  # type: ignore[misc]


def test_questions_are_of_one_site_and_newest_first(store: Store) -> None:
    times = [AT + timedelta(seconds=second) for second in range(5)]
    keep(store, *(changed(PASSAGES, f"g:1:{number}", at) for number, at in enumerate(times)))
    keep(store, *(changed(PASSAGES, f"h:1:{number}", at, "school-2", gate="h") for number, at in enumerate(times)))
    rows = store.read_now(lambda session: passages.recent(session, "school-1", 3))
    assert [(row.site, row.at) for row in rows] == [("school-1", at) for at in reversed(times[2:])]
    assert store.read_now(lambda session: passages.recent(session, "school-1", 3, gate="h")) == []


def test_moments_come_back_as_they_were_whatever_their_offset(store: Store) -> None:
    almaty = datetime.fromisoformat("2026-11-23T12:41:05.123456+05:00")
    keep(store, changed(PASSAGES, "g:1:1", almaty))
    (row,) = store.read_now(lambda session: passages.recent(session, "school-1", 1))
    assert row.at == almaty
    assert row.at.utcoffset() == timedelta(0)
    with pytest.raises(sa.exc.StatementError, match="a moment without its offset"):
        keep(store, changed(PASSAGES, "g:1:2", almaty.replace(tzinfo=None)))


def test_a_batch_is_kept_whole_or_not_at_all(store: Store) -> None:
    broken = changed(PASSAGES, "g:1:2", AT.replace(tzinfo=None))
    with pytest.raises(sa.exc.StatementError):
        keep(store, changed(PASSAGES, "g:1:1"), event_of(ALARMS), broken)
    assert not any(rows for name, rows in contents(store).items() if name != "store_identity")


def test_every_recorded_table_has_the_site_in_its_key() -> None:
    apart = {"users", "audit", "outbox", "store_identity"}
    for name, table in metadata().tables.items():
        assert name in apart or "site" in table.primary_key.columns.keys(), name  # noqa: SIM118  a column collection
    assert SQLModel.metadata is metadata()
