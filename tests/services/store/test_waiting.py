"""What has waited too long, on both databases: a visit without an answer, a visitor who has not left; told once."""

from datetime import datetime, timedelta

import pytest

from schemas.envelope import Event
from schemas.passage import Outcome, Passage
from schemas.trust import gate_source
from services.store.database import Store
from services.store.visits import arrivals, hosts, waiting
from tests.schemas.examples import AT
from tests.services.store.test_hosts import accept, invite, queued, school
from tests.services.store.test_visits import ENDS, SITE, ask, decide, held

__all__ = ["school"]
WITHIN = timedelta(hours=4)


def unanswered(store: Store, hours: float) -> int:
    at = AT + timedelta(hours=hours)
    return store.write_now(lambda session: waiting.tell_unanswered(session, at, WITHIN))


@pytest.mark.parametrize(
    ("begins_in", "before", "after"), [(24, 3.9, 4.0), (3, 2.4, 2.5)], ids=["four hours", "half an hour before"]
)
def test_silence_past_a_limit_goes_to_the_duty_administrator_once(
    school: Store, begins_in: float, before: float, after: float
) -> None:
    begins = AT + timedelta(hours=begins_in)
    visit = ask(school, arrives_at=begins, leaves_at=begins + timedelta(hours=1)).visit
    assert [unanswered(school, hours) for hours in (before, after, after)] == [0, 1, 0]
    assert [(row.subject, row.receiver) for row in queued(school, "visit_unanswered")] == [(visit, "dana")]


def test_what_nobody_is_known_for_goes_on_at_once_also_after_a_host_has_left(school: Store) -> None:
    ask(school, host_text="мұғалім")
    assert [unanswered(school, 0), unanswered(school, 0)] == [1, 0]
    ask(school, "e", host_text="Сәбитов")
    assert unanswered(school, 0) == 0
    school.write_now(lambda session: hosts.remove(session, site=SITE, host="t-2", by="t", at=AT))
    assert unanswered(school, 0) == 1


def test_what_was_answered_or_is_over_is_not_told(school: Store) -> None:
    decide(school, ask(school).visit, deed="decline", reason="x")
    ask(school, "e")
    assert unanswered(school, 6) == 0


def passage(holder: str, outcome: Outcome, at: datetime) -> Event[Passage]:
    """Give what a gate says of a visitor who was let in by name, or who leaves."""
    data = Passage(
        gate="g-1",
        direction="exit" if outcome == "left" else "entry",
        outcome=outcome,
        grant="g",
        read=None,
        credential=None,
        holder=holder,
    )
    return Event(id=f"g-1:1:{int(at.timestamp())}", source=gate_source("g-1"), time=at, site=SITE, data=data)


def arrive(store: Store, visit: str, hours: float) -> None:
    """Let a visitor come in by name."""
    at = AT + timedelta(hours=hours)
    holder = held(store, visit).holder
    store.write_now(lambda session: arrivals.note(session, [passage(holder, "entered", at)]))


def overdue(store: Store, hours: float) -> tuple[int, int]:
    at = AT + timedelta(hours=hours)
    told = store.write_now(lambda session: waiting.tell_overdue(session, at))
    return told, len(store.read_now(lambda session: waiting.overdue(session, SITE, at, 9)))


def test_a_visitor_who_has_not_left_is_raised_once_and_shown_until_they_leave(school: Store) -> None:
    visit = ask(school).visit
    decide(school, visit, deed="approve")
    assert overdue(school, 9) == (0, 0), "nobody has come"
    arrive(school, visit, 3.5)
    assert held(school, visit).state == "arrived"
    assert [overdue(school, hours) for hours in (5.2, 5.25, 5.3)] == [(0, 0), (1, 1), (0, 1)]
    assert [row.receiver for row in queued(school, "visit_overdue")] == ["dana"]
    assert [row.subject for row in queued(school, "host_overdue")] == [visit]
    left = passage(held(school, visit).holder, "left", AT + timedelta(hours=6))
    school.write_now(lambda session: arrivals.note(session, [left]))
    assert overdue(school, 7) == (0, 0)


def test_a_regular_visitor_is_to_be_out_at_the_end_of_the_day(school: Store) -> None:
    invite(school, weekdays=[AT.isoweekday()], leaves_at=ENDS + timedelta(days=14))
    visit = accept(school)
    assert visit is not None
    arrive(school, visit.visit, 3.5)
    assert [overdue(school, hours)[0] for hours in (5.2, 5.25)] == [0, 1]
