"""Whom the school had agreed to before a possible match held them: cleared, they have their pass as if there had been
none, on both databases.
"""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlmodel import Session, select

from services.store import match_decisions
from services.store.database import Store
from services.store.lists.matches import MatchRow
from services.store.match_decisions import Word
from services.store.messages import MessageRow
from services.store.visits import evenings, leaving, registering
from services.store.visits.visits import VisitRow
from tests.schemas.examples import AT
from tests.services.store import test_evenings as evening
from tests.services.store.test_hosts import INVITATION, accept, invite, school
from tests.services.store.test_lists import enter, waiting
from tests.services.store.test_visits import ENDS, POLICY, SEALS, SITE, decide, held, passes_said

__all__ = ["school"]
ON_THE_LIST = "Ахметов Серік Болатұлы"


def say(store: Store, match: MatchRow, *, same_person: bool, at: datetime) -> bool:
    word = Word(match=match.match, same_person=same_person, note="", reason="кешіріңіз")
    return store.write_now(
        lambda session: match_decisions.decide(
            session, site=SITE, word=word, by="dana", policy=POLICY, seals=SEALS, at=at
        )
    )


def says(store: Store, *, same_person: bool, at: datetime = AT) -> None:
    """Let the duty administrator say the same of all who wait, twice."""
    for match in waiting(store):
        assert [say(store, match, same_person=same_person, at=at) for _ in range(2)] == [True, False]


def told(store: Store) -> list[str]:
    """Give the kinds of messages, but for the invitation's and the duty administrator's own."""
    rows = store.read_now(lambda session: session.exec(select(MessageRow)).all())
    return sorted(row.kind for row in rows if row.kind not in {"possible_match", "visitor_invited"})


def guest(store: Store) -> VisitRow:
    """Let a host invite somebody who may be on a list, and let them confirm."""
    enter(store, INVITATION.name)
    invite(store)
    visit = accept(store)
    assert visit is not None
    assert visit.state == "requested"
    return visit


def parent(store: Store) -> VisitRow:
    """Let a parent who may be on a list register for an evening."""
    enter(store, ON_THE_LIST)
    evening.hold(store)
    visit = evening.visit_of(evening.register(store, "Серік Ахметов"))
    assert visit.state == "requested"
    return visit


def test_an_invited_guest_who_was_cleared_has_the_pass_and_its_mail_and_no_host_is_asked(school: Store) -> None:
    visit = guest(school)
    assert told(school) == []
    says(school, same_person=False)
    row = held(school, visit.visit)
    assert (row.state, row.decided_by) == ("approved", "host/t-1")
    (issued,) = passes_said(school)
    assert (issued.visit, issued.entries, issued.escort, issued.entrances) == (row.visit, "multiple", "staff", ["g-1"])
    assert told(school) == ["visitor_approved"]


def test_a_guest_of_an_evening_who_was_cleared_has_the_pass_and_its_mail(school: Store) -> None:
    visit = parent(school)
    says(school, same_person=False)
    row = held(school, visit.visit)
    assert (row.state, row.decided_by) == ("approved", "host/t-1")
    assert [issued.visit for issued in passes_said(school)] == [visit.visit]
    assert told(school) == ["visitor_approved"]


@pytest.mark.parametrize("held_one", [guest, parent])
def test_the_same_person_is_declined_however_they_came(school: Store, held_one: Callable[[Store], VisitRow]) -> None:
    visit = held_one(school)
    says(school, same_person=True)
    assert held(school, visit.visit).state == "declined"
    assert passes_said(school) == []
    assert told(school) == ["visitor_declined"]


def test_of_two_matches_both_are_answered_before_there_is_a_pass(school: Store) -> None:
    enter(school, INVITATION.name, entry="entry-2")
    visit = guest(school)
    assert say(school, waiting(school)[0], same_person=False, at=AT)
    assert passes_said(school) == []
    says(school, same_person=False)
    assert held(school, visit.visit).state == "approved"
    assert told(school) == ["visitor_approved"]


def test_an_evening_that_was_called_off_meanwhile_lets_nobody_in(school: Store) -> None:
    visit = parent(school)

    def call_off(session: Session) -> bool:
        row = evenings.one(session, SITE, evening.EVENING.evening)
        assert row is not None
        return registering.call_off(
            session, row=row, reason="карантин", by="host/t-1", policy=POLICY, seals=SEALS, at=AT
        )

    assert school.write_now(call_off)
    says(school, same_person=False)
    assert held(school, visit.visit).state == "requested"
    assert passes_said(school) == []


def test_no_pass_comes_of_the_word_of_a_host_who_has_left(school: Store) -> None:
    visit = guest(school)
    assert school.write_now(lambda session: leaving.leave(session, site=SITE, host="t-1", by="t", at=AT))
    says(school, same_person=False)
    assert held(school, visit.visit).state == "requested"
    assert passes_said(school) == []


def test_a_word_that_comes_when_the_time_is_over_makes_no_pass(school: Store) -> None:
    visit = guest(school)
    says(school, same_person=False, at=ENDS)
    assert held(school, visit.visit).state == "requested"
    assert not passes_said(school)
    assert decide(school, visit.visit, deed="decline", reason="x")
