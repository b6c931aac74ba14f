"""A gate is held for a crew: said once, for a while, by somebody; a lockdown wants a second word. On both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from schemas.guard_answer import GuardAnswer
from services.store import administration, audit, crew_holds
from services.store.administration import RuleForbids
from services.store.crew_holds import Guard, Hold
from services.store.database import Store
from services.store.outbox import OutboxRow

SITE = "school-1"
AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)
GUARD = Guard("sabit", "post-1")


def begin(store: Store, at: datetime = AT, gates: tuple[str, ...] = ("main", "yard"), **more: bool) -> list[OutboxRow]:
    hold = Hold(gates=gates, minutes=10, **more)
    return store.write_now(lambda session: crew_holds.begin(session, site=SITE, hold=hold, guard=GUARD, at=at))


def end(store: Store, at: datetime = AT) -> list[OutboxRow]:
    return store.write_now(lambda session: crew_holds.end(session, site=SITE, guard=GUARD, at=at))


def held(store: Store, at: datetime) -> set[str]:
    return set(store.read_now(lambda session: crew_holds.standing(session, SITE, at)))


def lock_down(store: Store, *, drill: bool = False) -> None:
    store.write_now(
        lambda session: administration.set_mode(
            session, site=SITE, mode="lockdown", drill=drill, by=["director"], because=None
        )
    )


def answers(rows: list[OutboxRow]) -> list[GuardAnswer]:
    found = [row.event().data for row in rows]
    return [data for data in found if isinstance(data, GuardAnswer)]


def test_each_gate_is_told_once_until_when_and_by_whom(store: Store) -> None:
    said = answers(begin(store))
    assert [(one.gate, one.answer, one.because, one.by, one.post) for one in said] == [
        ("main", "admit", "crew_coming", "sabit", "post-1"),
        ("yard", "admit", "crew_coming", "sabit", "post-1"),
    ]
    assert {(one.read, one.holder, one.expires_at) for one in said} == {(None, None, AT + 10 * MIN)}
    assert held(store, AT + 9 * MIN) == {"main", "yard"}
    assert held(store, AT + 10 * MIN) == set()

    def noted(session: Session) -> list[tuple[str, str, str]]:
        return [(row.by, row.act, row.subject) for row in session.exec(select(audit.AuditRow))]

    assert ("sabit", "guard_answer_admit", "main") in store.read_now(noted)


def test_a_form_sent_twice_says_it_once_and_a_later_one_makes_it_longer(store: Store) -> None:
    begin(store)
    assert begin(store, AT + timedelta(seconds=5)) == []
    assert len(begin(store, AT + MIN)) == 2


def test_ending_tells_the_gates_that_are_held_and_no_other(store: Store) -> None:
    assert end(store) == []
    begin(store, gates=("yard",))
    [over] = answers(end(store, AT + MIN))
    assert (over.gate, over.answer, over.because) == ("yard", "refuse", "crew_coming")
    assert held(store, AT + MIN) == set()
    assert end(store, AT + 2 * MIN) == []


def test_in_a_lockdown_only_who_knows_of_it_holds_a_gate(store: Store) -> None:
    begin(store)
    lock_down(store)
    with pytest.raises(RuleForbids, match="lockdown"):
        begin(store)
    assert {one.because for one in answers(begin(store, in_lockdown=True))} == {"crew_coming_in_lockdown"}


def test_a_drill_of_a_lockdown_is_none(store: Store) -> None:
    lock_down(store, drill=True)
    assert {one.because for one in answers(begin(store, in_lockdown=True))} == {"crew_coming"}
