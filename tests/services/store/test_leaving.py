"""Leaving where no gate reads it, on both databases: a guard's press, what gates say after it, and who is told of those
that have not left.
"""

from datetime import datetime, timedelta

import msgspec
import pytest
from sqlmodel import Session, select

from schemas.site_policy import CategoryRules, Window
from services.store import administration, audit, users
from services.store.database import Store
from services.store.journal_book import closing, leaving, paper
from services.store.messages import MessageRow
from services.store.visitors_journal import entries, walk_ins
from services.store.visits.waiting import RaisedRow
from tests.schemas.examples import policy
from tests.services.store.at_once import WRITERS, at_once
from tests.services.store.test_journal_columns_and_paper import on_paper
from tests.services.store.test_visitors_journal import (
    HOUR,
    MIDNIGHT,
    MORNING,
    SITE,
    book,
    keep,
    line,
    moved,
    register,
    settle,
    times,
)
from tests.services.store.test_visits import ask, decide

MINUTE = timedelta(minutes=1)
CLOSES = MORNING + 4 * HOUR  # one o'clock on the school's wall
UNTIL_ONE = CategoryRules(
    windows=[
        Window(weekdays=[1], opens_min=8 * 60, closes_min=10 * 60),
        Window(weekdays=[1], opens_min=12 * 60, closes_min=13 * 60),
    ],
    anti_passback="off",
    admit_staleness_s=60.0,
)


def leave(store: Store, number: int = 1, at: datetime = MORNING + HOUR, site: str = SITE) -> bool:
    return store.write_now(lambda session: leaving.leave(session, site=site, number=number, by="sabit", at=at))


def inside(store: Store, at: datetime = MORNING + HOUR, site: str = SITE) -> list[int]:
    return [one.entry.number for one in store.read_now(lambda session: leaving.not_left(session, site, at))]


def tell(store: Store, at: datetime) -> int:
    return store.write_now(lambda session: leaving.tell_overdue(session, at))


def messages_of(store: Store) -> list[tuple[str, str | None]]:
    rows = store.read_now(lambda session: session.exec(select(MessageRow)).all())
    return sorted((row.message, row.receiver) for row in rows)


@pytest.fixture
def school(store: Store) -> Store:
    """A school with a duty administrator, which lets visitors in until one o'clock on Mondays."""
    rules = msgspec.structs.replace(policy().data, categories={"visitor": UNTIL_ONE}, utc_offset_min=300)

    def enter(session: Session) -> None:
        administration.publish_policy(session, site=SITE, policy=rules, by="t", at=MORNING - HOUR)
        duty = users.UserRole.DUTY_ADMIN
        users.put(session, site=SITE, login="dana", name="Дана", role=duty, language="kk", password="p" * 9, by="t")

    store.write_now(enter)
    return store


def test_one_press_writes_the_time_out_closes_the_entry_and_is_the_guards(store: Store) -> None:
    register(store)
    assert inside(store) == [1]
    assert [leave(store), leave(store, at=MORNING + 2 * HOUR)] == [True, False]
    assert inside(store) == []
    (entry,) = book(store)
    assert (entry.left_at, entry.left_by, entry.closed_at) == (MORNING + HOUR, "sabit", MORNING + HOUR)
    assert line(store).name == "Ерланова Мәдина"
    (noted,) = store.read_now(lambda session: audit.of_act(session, SITE, "journal_left"))
    assert (noted.by, noted.subject, noted.detail) == ("sabit", "journal/1", {})


async def test_of_presses_at_once_one_is_written(store: Store) -> None:
    register(store)

    def act(session: Session) -> bool:
        return leaving.leave(session, site=SITE, number=1, by="sabit", at=MORNING + HOUR)

    assert sorted(await at_once(store, act)) == [False] * (WRITERS - 1) + [True]


def test_what_gates_say_later_leaves_a_guards_word_as_it_is(store: Store) -> None:
    row = register(store)
    came = moved(1, MORNING + MINUTE, holder=row.holder)
    keep(store, *came)
    leave(store)
    keep(store, *came)
    keep(store, *moved(2, MORNING + 2 * HOUR, way="exit", holder=row.holder))
    assert times(store) == [(MORNING, MORNING + HOUR)]
    settle(store)
    assert times(store) == [(MORNING, MORNING + HOUR)]


def test_whoever_comes_again_after_a_press_has_another_entry_and_another_press(store: Store) -> None:
    row = register(store)
    leave(store)
    keep(store, *moved(1, MORNING + 2 * HOUR, holder=row.holder))
    assert inside(store, MORNING + 3 * HOUR) == [2]
    assert leave(store, 2, MORNING + 3 * HOUR)
    second = MORNING + 2 * HOUR + timedelta(seconds=4)
    assert times(store) == [(MORNING, MORNING + HOUR), (second, MORNING + 3 * HOUR)]
    keep(store, *moved(2, MORNING + 4 * HOUR, holder=row.holder))
    assert inside(store, MORNING + 5 * HOUR) == [3]


def test_a_line_of_paper_without_a_time_out_is_pressed_too(store: Store) -> None:
    def type_in(session: Session) -> None:
        paper.print_sheets(session, site=SITE, count=1, printing="p-1", by="dir", at=MORNING)
        told = [on_paper(1, left_at=MORNING + HOUR), on_paper(2)]
        paper.type_in(session, site=SITE, sheet=1, told=told, by="sabit", post="p", at=MORNING + 2 * HOUR)

    store.write_now(type_in)
    assert inside(store, MORNING + 2 * HOUR) == [2]
    assert leave(store, 2, MORNING + 3 * HOUR)
    assert times(store) == [(MORNING, MORNING + HOUR), (MORNING, MORNING + 3 * HOUR)]
    assert line(store, 2).from_paper


def test_only_those_registered_at_this_post_today_are_there_once_each(store: Store) -> None:
    first = register(store)
    register(store, MORNING + HOUR, visit="walk-in-00000000000000bb", holder=first.holder)
    register(store, MORNING - 12 * HOUR, visit="walk-in-00000000000000cc", name="Кеше Келген")
    register(store, site="school-2")
    visit = ask(store, arrives_at=MORNING, leaves_at=MORNING + HOUR)
    decide(store, visit.visit, deed="approve")
    keep(store, *moved(1, MORNING, holder=visit.holder))
    assert inside(store) == [2], "a pass is read on the way out, and of two comings the later counts"
    assert inside(store, site="school-2") == [1]
    expected = next(row.number for row in book(store) if row.holder == visit.holder)
    for site, number in ((SITE, expected), (SITE, 99), ("school-3", 1)):
        with pytest.raises(LookupError):
            leave(store, number, site=site)


def test_a_time_out_that_somebody_has_added_is_one(store: Store) -> None:
    register(store)
    store.write_now(
        lambda session: entries.add(
            session, site=SITE, number=1, column="time_out", text="10:00", by="sabit", at=MORNING + HOUR
        )
    )
    assert inside(store) == []
    assert not leave(store)


def test_a_day_that_is_settled_is_added_to_once(store: Store) -> None:
    register(store)
    settle(store)
    late = MIDNIGHT + HOUR
    assert [leave(store, at=late), leave(store, at=late)] == [True, False]
    (entry,) = book(store)
    assert (entry.left_at, entry.left_by) == (None, None)
    (added,) = store.read_now(lambda session: entries.additions(session, SITE, [1]))[1]
    assert (added.column, added.text, added.by) == ("time_out", "24.11.2026 01:00", "sabit")


def test_who_is_inside_after_the_last_window_is_told_of_in_one_message_once(school: Store) -> None:
    for number in range(3):
        register(school, visit=f"walk-in-{number:016x}")
    leave(school, 3)
    due = CLOSES + 15 * MINUTE
    assert [tell(school, at) for at in (due - MINUTE, due, due + MINUTE)] == [0, 2, 0]
    assert messages_of(school) == [("walk_ins_not_left/walk-ins/2026-11-23/1/dana", "dana")]
    assert len(school.read_now(lambda session: audit.of_act(session, SITE, "visit_not_left"))) == 2
    late = school.read_now(lambda session: leaving.overdue(session, SITE, due, due))
    assert [one.entry.number for one in late] == [1, 2]
    register(school, CLOSES, visit="walk-in-00000000000000dd")
    assert [tell(school, at) for at in (MIDNIGHT - MINUTE, MIDNIGHT)] == [0, 1], "after hours it is the day's end"
    assert len(messages_of(school)) == 2


def test_where_no_window_closes_it_is_the_end_of_the_day_and_another_day_is_told_to_nobody(school: Store) -> None:
    register(school, category="official")
    assert [tell(school, at) for at in (MIDNIGHT - MINUTE, MIDNIGHT)] == [0, 1]
    assert settle(school) == 1
    register(school, MORNING + 24 * HOUR, visit="walk-in-00000000000000bb", came_at=MORNING + HOUR)
    assert tell(school, MORNING + 24 * HOUR) == 0, "what is typed in a day later"


def test_what_was_told_is_erased_with_the_entry(school: Store) -> None:
    register(school)
    tell(school, MIDNIGHT)
    settle(school)
    school.write_now(lambda session: closing.forget(session, MORNING + entries.KEPT))
    assert school.read_now(lambda session: session.exec(select(RaisedRow)).all()) == []
    assert school.read_now(lambda session: walk_ins.of_holders(session, SITE, ["x"])) == {}
