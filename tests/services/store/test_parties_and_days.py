"""Visits of several people and of several days: each of a party has a pass, a regular visit opens on its days only."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlmodel import Session, select

from schemas.credential_read import CredentialRead
from schemas.envelope import Event
from schemas.pass_token import credential_of
from schemas.pass_use import PassUse
from schemas.passage import Passage
from schemas.reasons import Reason
from schemas.site_policy import CategoryRules, Window
from schemas.visitor_pass import VisitorPass
from services.rules.decide import decide as judged
from services.rules.facts import Facts
from services.store import people, recording
from services.store.database import Store
from services.store.people import PersonRow
from services.store.visits import arrivals, codes, deeds, drafts, party, regular, visits
from services.store.visits.codes import PassCodeRow
from services.store.visits.forgetting import forget
from services.store.visits.party import MemberRow
from services.store.visits.visits import VisitRow
from tests.schemas.examples import AT
from tests.services.store.test_visits import (
    BEGINS,
    ENDS,
    POLICY,
    SEALS,
    SITE,
    ask,
    decide,
    held,
    passes_said,
    school,
    told,
)

__all__ = ["school"]

NAMES = ["Айша Серікова", "Марат Серіков"]
WIDE = CategoryRules(
    windows=[Window(weekdays=[1, 2, 3, 4, 5, 6, 7], opens_min=0, closes_min=1440)],
    anti_passback="off",
    admit_staleness_s=60.0,
)
OPEN = msgspec.structs.replace(POLICY, version=1, categories={"visitor": WIDE})


def at_local(day: int, hour: int, minute: int = 0) -> datetime:
    """Give a moment of December 2026 by the school's clock (1 December is a Tuesday)."""
    return datetime(2026, 12, day, hour, minute, tzinfo=UTC) - timedelta(minutes=POLICY.utc_offset_min)


def use(issued: VisitorPass, at: datetime, number: int) -> Event[PassUse]:
    read, passage = f"g-1:1:{number}", f"g-1:2:{number}"
    data = PassUse(jti=issued.jti, state="used", gate="g-1", read=read, passage=passage, holder=issued.holder)
    return Event(id=f"admission:1:{number}", source="service/admission", time=at, site=SITE, data=data)


def leave(issued: VisitorPass, at: datetime, number: int) -> Event[Passage]:
    data = Passage(
        gate="g-1", direction="exit", outcome="left", grant=None, read=None, credential=None, holder=issued.holder
    )
    return Event(id=f"g-1:3:{number}", source="gate/g-1", time=at, site=SITE, data=data)


def happens(store: Store, *events: Event[PassUse] | Event[Passage]) -> None:
    for event in events:
        store.write_now(lambda session, e=event: recording.record(session, [e]))  # type: ignore[misc]
        store.write_now(lambda session, e=event: arrivals.note(session, [e]))  # type: ignore[misc]


def test_each_of_a_party_has_a_pass_a_reference_a_code_and_a_name_for_the_post(school: Store) -> None:
    visit = ask(school, companions=NAMES).visit
    decide(school, visit, deed="approve")
    issued = passes_said(school)
    assert len({said.jti for said in issued}) == len({said.holder for said in issued}) == 3
    assert {said.visit for said in issued} == {visit}
    assert {said.entries for said in issued} == {"single"}
    assert issued[0].holder == held(school, visit).holder
    known = school.read_now(lambda session: people.by_holders(session, SITE, [said.holder for said in issued]))
    assert [known[said.holder].name for said in issued] == ["Серік Ахметов", *NAMES]
    found = {
        school.read_now(lambda session, j=said.jti: codes.pass_of(session, SITE, _code_hash(j)))  # type: ignore[misc]
        for said in issued
    }
    assert found == {said.jti for said in issued}
    assert school.read_now(lambda session: visits.of_holder(session, SITE, issued[2].holder)) is not None
    assert school.read_now(lambda session: visits.of_holder(session, "school-2", issued[2].holder)) is None


def _code_hash(jti: str) -> str:
    return SEALS.hashed("pass-code", SITE, SEALS.pass_code(SITE, jti))


def test_a_partys_other_time_is_the_same_passes_and_its_end_revokes_all(school: Store) -> None:
    visit = ask(school, companions=NAMES).visit
    decide(school, visit, deed="approve")
    later: dict[str, Any] = {"arrives_at": BEGINS + timedelta(days=1), "leaves_at": ENDS + timedelta(days=1)}
    decide(school, visit, deed="change", **later)
    first, second = passes_said(school)[:3], passes_said(school)[3:]
    assert [(said.jti, said.version + 1) for said in first] == [(said.jti, said.version) for said in second]
    assert school.write_now(lambda session: deeds.cancel(session, site=SITE, visit=visit, at=AT))
    assert [said.revoked_at for said in passes_said(school)[6:]] == [AT] * 3


def test_a_party_is_one_visit_it_comes_with_the_first_and_leaves_with_the_last(school: Store) -> None:
    visit = ask(school, companions=NAMES).visit
    decide(school, visit, deed="approve")
    one, two, three = passes_said(school)
    hour = timedelta(hours=1)
    happens(school, use(two, BEGINS, 1), use(one, BEGINS + hour / 4, 2))
    assert (held(school, visit).state, held(school, visit).arrived_at) == ("arrived", BEGINS)
    happens(school, leave(one, BEGINS + hour, 1))
    assert held(school, visit).state == "arrived", "one of them is still inside"
    happens(school, leave(two, BEGINS + 2 * hour, 2), leave(two, BEGINS + 2 * hour, 2))
    assert (held(school, visit).state, held(school, visit).left_at) == ("left", BEGINS + 2 * hour)
    assert told(school).count("host_arrived") == 1
    members = school.read_now(lambda session: party.of_visit(session, SITE, visit))
    assert [member.arrived_at is not None for member in members] == [True, True, False], three


def test_what_names_a_party_is_erased_with_its_visit(school: Store) -> None:
    visit = ask(school, companions=NAMES).visit
    decide(school, visit, deed="approve")
    assert school.write_now(lambda session: forget(session, ENDS + deeds.KEPT)) == 1
    for table in (MemberRow, PersonRow, PassCodeRow, VisitRow):
        assert school.read_now(lambda session, t=table: session.exec(select(t)).all()) == []  # type: ignore[misc]


def test_a_regular_visit_opens_on_its_days_between_its_times_and_again(school: Store) -> None:
    begins, ends = at_local(1, 14), at_local(17, 16)
    visit = ask(school, weekdays=[2, 4], arrives_at=begins, leaves_at=ends).visit
    decide(school, visit, deed="approve")
    (issued,) = passes_said(school)
    assert (issued.entries, issued.windows) == ("multiple", [Window(weekdays=[2, 4], opens_min=810, closes_min=960)])
    opens = {
        at_local(1, 13, 29): Reason.NOT_YET_VALID,
        at_local(1, 13, 30): Reason.VALID,
        at_local(2, 14): Reason.OUTSIDE_WINDOW,
        at_local(3, 13, 29): Reason.OUTSIDE_WINDOW,
        at_local(3, 15, 59): Reason.VALID,
        at_local(3, 16): Reason.OUTSIDE_WINDOW,
        at_local(17, 15, 59): Reason.VALID,
        at_local(17, 16): Reason.EXPIRED,
    }
    assert {at: _reason(issued, at) for at in opens} == opens


def _reason(issued: VisitorPass, now: datetime) -> Reason:
    read = CredentialRead(
        gate="g-1",
        reader="in",
        direction="entry",
        credential=credential_of(issued.jti),
        technology="qr",
        bits=0,
        answer_by=now,
    )
    pass_ = msgspec.structs.replace(issued, escort="none", entrances=None, screening_due=False)
    facts = Facts(policy=OPEN, confirmed_at=now, credential=None, mode=None, presence=None, visitor_pass=pass_)
    return judged(read, facts, now).reason


def test_who_visits_regularly_leaves_for_now_and_comes_again_until_the_last_day(school: Store) -> None:
    visit = ask(school, weekdays=[2, 4], arrives_at=at_local(1, 14), leaves_at=at_local(3, 16)).visit
    decide(school, visit, deed="approve")
    (issued,) = passes_said(school)
    states = []
    for number, day in enumerate((1, 3)):
        happens(school, use(issued, at_local(day, 14), number))
        states.append(held(school, visit).state)
        happens(school, leave(issued, at_local(day, 15 + number, number), number))
        states.append(held(school, visit).state)
    assert states == ["arrived", "approved", "arrived", "left"]


def test_a_regular_visit_that_is_moved_keeps_its_last_day(school: Store) -> None:
    visit = ask(school, weekdays=[2, 4], arrives_at=at_local(1, 14), leaves_at=at_local(17, 16)).visit
    told_once: dict[str, Any] = {"deed": "change", "arrives_at": at_local(2, 10), "leaves_at": at_local(2, 11)}
    assert [decide(school, visit, **told_once), decide(school, visit, **told_once)] == [True, False]
    row = held(school, visit)
    assert (row.state, row.arrives_at, row.leaves_at) == ("changed", at_local(3, 10), at_local(17, 11))


def test_a_first_day_after_the_last_one_leaves_the_days_as_they_were() -> None:
    was, to = (at_local(1, 14), at_local(17, 16)), (at_local(20, 10), at_local(20, 11))
    assert regular.moved([2, 4], was, to, POLICY.utc_offset_min) == (at_local(1, 10), at_local(17, 11))


def test_the_visitor_agrees_to_another_time_once_and_the_pass_stays(school: Store) -> None:
    visit = ask(school).visit

    def accept() -> bool:
        return school.write_now(lambda session: deeds.accept(session, site=SITE, visit=visit, at=AT))

    assert not accept()
    decide(school, visit, deed="change", arrives_at=BEGINS + timedelta(days=1), leaves_at=ENDS + timedelta(days=1))
    assert [accept(), accept()] == [True, False]
    assert held(school, visit).state == "approved"
    assert len(passes_said(school)) == 1


def test_only_visits_of_this_school_under_a_checked_contact_are_given_newest_first(school: Store) -> None:
    mine = [ask(school, draft).visit for draft in "abcdefg"]
    ask(school, "x", site="school-2")
    ask(school, "y", contact="other@example.kz")
    found = school.read_now(lambda session: visits.of_contact(session, SITE, "serik@example.kz", 5))
    assert len(found) == 5
    assert {row.visit for row in found} <= set(mine)


def test_a_contact_that_is_typed_anew_has_to_be_shown_to_be_theirs_again(store: Store) -> None:
    def put(contact: str) -> bool:
        def act(session: Session) -> bool:
            row = drafts.put(session, site=SITE, draft="d", answers={"contact": contact}, language="kk", at=AT)
            checked = row.contact_checked_at is not None
            row.contact_checked_at = AT
            return checked

        return store.write_now(act)

    assert [put("a@example.kz"), put("a@example.kz"), put("b@example.kz")] == [False, True, False]
