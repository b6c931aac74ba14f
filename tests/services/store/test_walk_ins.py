"""Walk-ins: registered once for a form, drawn by the system, found again by their first letters, each at its site."""

from datetime import timedelta

import msgspec
import pytest
from sqlmodel import Session, select

from schemas.site_policy import CategoryRules, Measure, Threat
from services.store import administration, admission_by_name, audit, people
from services.store.administration import NotAllowed, RuleForbids
from services.store.admission_by_name import Admission
from services.store.database import Store
from services.store.screenings import registrations
from services.store.visitors_journal import entries, walk_ins
from services.store.visitors_journal.walk_ins import WalkIn, WalkInRow
from services.store.visits import draws
from tests.schemas.examples import AT, policy
from tests.services.store.at_once import at_once

SITE = "school-1"
RULES = CategoryRules(windows=[], anti_passback="off", admit_staleness_s=60.0, screening="drawn")
POLICY = msgspec.structs.replace(policy().data, categories={"visitor": RULES}, screening_share=0.5)
TOLD = WalkIn(
    visit="walk-in-0123456789abcdef",
    name="Ерланова  Мәдина",
    category="visitor",
    document_kind="passport",
    document_tail="N 1234 5678",
    host_text="5А",
    purpose="жиналыс",
)
MIDNIGHT = AT - timedelta(hours=12)


@pytest.fixture
def school(store: Store) -> Store:
    """A store of a school that checks half of its visitors."""
    store.write_now(lambda session: administration.publish_policy(session, site=SITE, policy=POLICY, by="t", at=AT))
    return store


def register(store: Store, site: str = SITE, minutes: int = 0, **changes: object) -> WalkInRow:
    told = msgspec.structs.replace(TOLD, **changes)
    at = AT + timedelta(minutes=minutes)
    return store.write_now(
        lambda session: walk_ins.register(session, site=site, told=told, by="sabit", post="entrance", at=at)
    )


def found_by(store: Store, letters: str, site: str = SITE) -> list[WalkInRow]:
    return store.read_now(lambda session: walk_ins.returning(session, site, letters, 9))


def count(store: Store) -> int:
    return len(store.read_now(lambda session: session.exec(select(WalkInRow)).all()))


def test_a_registration_keeps_the_documents_last_characters_a_name_and_a_place_in_the_journal(school: Store) -> None:
    row = register(school)
    assert (row.name, row.document_tail, row.from_paper) == ("Ерланова Мәдина", "5678", False)
    assert row.drawn == school.read_now(lambda session: draws.of_visits(session, SITE, [row.visit]))[row.visit].due
    person = school.read_now(lambda session: people.by_holders(session, SITE, {row.holder}))[row.holder]
    assert (person.name, person.group_name) == ("Ерланова Мәдина", "5А")
    (entry,) = school.read_now(lambda session: entries.between(session, SITE, MIDNIGHT, None))
    assert (entry.source, entry.visit, entry.number) == (row.visit, row.visit, 1)
    (noted,) = school.read_now(lambda session: audit.of_act(session, SITE, "walk_in_registered"))
    assert "Ерланова" not in str(noted.model_dump())


def test_a_form_sent_again_registers_nobody_and_draws_nobody_again(school: Store) -> None:
    first = register(school)
    assert register(school, minutes=5, name="Басқа").model_dump() == first.model_dump()
    assert count(school) == 1
    assert len(school.read_now(lambda session: audit.of_act(session, SITE, "walk_in_registered"))) == 1


async def test_of_writers_who_send_the_same_form_at_once_one_registers(school: Store) -> None:
    def act(session: Session) -> tuple[str, bool]:
        row = walk_ins.register(session, site=SITE, told=TOLD, by="sabit", post="entrance", at=AT)
        return row.holder, row.drawn

    assert len(set(await at_once(school, act))) == 1
    assert count(school) == 1


def test_the_same_form_at_another_school_is_another_registration_and_nobody_sees_the_first(school: Store) -> None:
    first = register(school)
    other = register(school, site="school-2", holder=first.holder)
    assert other.holder != first.holder
    assert not other.drawn, "a school without a policy checks nobody"
    assert school.read_now(lambda session: walk_ins.one(session, "school-3", TOLD.visit)) is None
    assert school.read_now(lambda session: walk_ins.of_holder(session, "school-2", first.holder)) is None
    assert [row.site for row in found_by(school, "ерл", "school-2")] == ["school-2"]


def test_a_returning_visitor_keeps_their_reference_and_is_found_by_first_letters_once(school: Store) -> None:
    first = register(school)
    again = register(school, visit=walk_ins.new_visit(), minutes=60, holder=first.holder, purpose="кездесу")
    assert again.holder == first.holder
    for letters in ("мәд", "ерланова", "Мад Ерл"):
        assert [row.visit for row in found_by(school, letters)] == [again.visit]
    assert found_by(school, "") == []


def test_registering_somebody_again_takes_nobody_out_of_a_draw(school: Store) -> None:
    row, was_drawn, number = register(school), False, 0
    while row.drawn or not was_drawn:
        was_drawn |= row.drawn
        number += 1
        row = register(school, visit=walk_ins.new_visit(), minutes=number, holder=row.holder)
    assert school.read_now(lambda session: registrations.is_drawn(session, SITE, row.holder, MIDNIGHT))
    assert not school.read_now(
        lambda session: registrations.is_drawn(session, SITE, row.holder, MIDNIGHT + timedelta(days=1))
    )
    told, at = Admission(holder=row.holder, gate="g-1", because="document_seen"), AT + timedelta(minutes=number)
    with pytest.raises(RuleForbids, match="check_due"):
        school.write_now(
            lambda session: admission_by_name.let_in(
                session, site=SITE, admission=told, by="sabit", post="entrance", at=at
            )
        )


def test_where_a_threat_level_allows_no_walk_ins_nothing_is_left_of_one(school: Store) -> None:
    closed = msgspec.structs.replace(
        POLICY,
        threat=Threat(level="orange", valid_from=AT, valid_until=AT + timedelta(hours=1), source="әкімдік"),
        measures={"orange": {"visitor": Measure(walk_in=False)}},
    )
    school.write_now(lambda session: administration.publish_policy(session, site=SITE, policy=closed, by="t", at=AT))
    with pytest.raises(NotAllowed):
        register(school)
    assert count(school) == 0
    assert school.read_now(lambda session: draws.of_visits(session, SITE, [TOLD.visit])) == {}


def test_what_was_written_on_paper_has_the_papers_time_and_is_drawn_all_the_same(school: Store) -> None:
    row = register(school, came_at=AT - timedelta(hours=2))
    assert (row.from_paper, row.came_at, row.registered_at) == (True, AT - timedelta(hours=2), AT)
    assert TOLD.visit in school.read_now(lambda session: draws.of_visits(session, SITE, [TOLD.visit]))
