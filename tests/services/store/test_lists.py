"""Ban and custody lists: who is found, who has to wait, what the duty administrator's word does, what is remembered."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from services.store import admission_by_name, audit, match_decisions, outbox, users
from services.store.administration import RuleForbids
from services.store.admission_by_name import Admission
from services.store.database import Store
from services.store.lists import entries, matches
from services.store.lists.entries import Entry
from services.store.lists.matches import FalseMatchRow, MatchRow
from services.store.match_decisions import Both, Word
from services.store.messages import MessageRow
from services.store.visitors_journal import walk_ins
from services.store.visitors_journal.walk_ins import WalkIn, WalkInRow
from services.store.visits import deeds, visits
from services.store.visits import waiting as unanswered
from services.store.visits.forgetting import forget
from tests.schemas.examples import AT
from tests.services.store.test_visits import POLICY, SEALS, SITE, ask, decide, held, school, told

__all__ = ["school"]
IIN, OTHER_IIN = "i" * 32, "o" * 32
YEAR = timedelta(days=365)


def enter(store: Store, *names: str, entry: str = "entry-1", site: str = SITE, **more: Any) -> None:
    listed = Entry(
        **{
            "entry": entry,
            "kind": "ban",
            "names": list(names),
            "iin_hash": None,
            "pupil": None,
            "basis": "№ 14",
            "basis_on": AT.date(),
            "until": AT + YEAR,
            **more,
        }
    )
    store.write_now(lambda session: entries.enter(session, site=site, told=listed, by="duty", at=AT))


@pytest.fixture
def listed(school: Store) -> Store:
    """A school with a duty administrator and a ban."""

    def act(session: Session) -> None:
        duty = users.UserRole.DUTY_ADMIN
        users.put(session, site=SITE, login="duty", name="Д", role=duty, language="kk", password="p" * 8, by="t")

    school.write_now(act)
    enter(school, "Ахметов Серік Болатұлы", "Akhmetov Serik")
    return school


def waiting(store: Store, site: str = SITE) -> list[MatchRow]:
    return list(store.read_now(lambda session: matches.waiting(session, site)))


def says(store: Store, *, same_person: bool, number: int = 0, note: str = "") -> bool:
    word = Word(match=waiting(store)[number].match, same_person=same_person, note=note, reason="кешіріңіз")
    return store.write_now(
        lambda session: match_decisions.decide(
            session, site=SITE, word=word, by="duty", policy=POLICY, seals=SEALS, at=AT
        )
    )


def registers(store: Store, name: str, number: int = 1, **more: Any) -> WalkInRow:
    told_at_post = WalkIn(
        **{
            "visit": f"walk-in-{number:016x}",
            "name": name,
            "category": "visitor",
            "document_kind": "passport",
            "document_tail": "1234",
            "host_text": "7 Б",
            "purpose": "жиналыс",
            **more,
        }
    )
    return store.write_now(
        lambda session: walk_ins.register(session, site=SITE, told=told_at_post, by="g", post="p", at=AT)
    )


def let_in(store: Store, holder: str) -> None:
    told_by = Admission(holder=holder, gate="g-1", because="document_seen")
    store.write_now(
        lambda session: admission_by_name.let_in(session, site=SITE, admission=told_by, by="g", post="p", at=AT)
    )


def test_a_possible_match_goes_to_the_duty_administrator_and_not_to_the_host(listed: Store) -> None:
    visit = ask(listed, name="Серик Ахметов")
    assert visit.state == "requested"
    assert told(listed) == ["possible_match"]
    assert listed.read_now(lambda session: visits.to_decide(session, SITE, 9)) == []
    (match,) = waiting(listed)
    assert (match.subject, match.entry, match.same_iin) == (visit.visit, "entry-1", None)
    for deed in ("approve", "decline"):
        assert not decide(listed, visit.visit, deed=deed)
    assert held(listed, visit.visit).version == 1


def test_a_visit_that_is_cancelled_while_it_waits_was_never_told_to_its_host(listed: Store) -> None:
    visit = ask(listed, name="Серик Ахметов")
    assert listed.write_now(lambda session: deeds.cancel(session, site=SITE, visit=visit.visit, at=AT))
    assert told(listed) == ["possible_match"]


def test_a_host_sees_nothing_of_a_visit_that_is_the_duty_administrators_alone(listed: Store) -> None:
    visit = ask(listed, name="Серик Ахметов")
    assert visit.host is not None
    mine = [visit.host]

    def seen() -> int:
        def look(session: Session) -> int:
            to_come = visits.of_hosts(session, SITE, mine, AT)
            return len(to_come) + len(visits.past_of_hosts(session, SITE, mine, visit.leaves_at, 9))

        return listed.read_now(look)

    assert seen() == 0
    soon = visit.arrives_at - timedelta(minutes=1)
    assert listed.write_now(lambda session: unanswered.tell_unanswered(session, soon, timedelta(hours=1))) == 0
    assert says(listed, same_person=True)
    assert seen() == 0
    assert told(listed) == ["possible_match", "visitor_declined"]


def test_what_is_not_the_same_is_the_hosts_to_see(listed: Store) -> None:
    visit = ask(listed, name="Серик Ахметов")
    assert says(listed, same_person=False)
    rows = listed.read_now(lambda session: visits.of_hosts(session, SITE, [visit.host or ""], AT))
    assert [row.visit for row in rows] == [visit.visit]


def test_not_the_same_goes_on_and_is_remembered_and_another_one_of_the_name_is_not(listed: Store) -> None:
    ask(listed, name="Серик Ахметов")
    assert says(listed, same_person=False, note="басқа жылы туған")
    assert told(listed) == ["host_asked", "possible_match"]
    again = ask(listed, draft="d2", name="Ахметов Серік")
    assert waiting(listed) == []
    assert decide(listed, again.visit, deed="approve")
    other = ask(listed, draft="d3", name="Серик Ахметов", contact="other@example.kz")
    assert [match.subject for match in waiting(listed)] == [other.visit]


def test_the_same_person_is_declined_with_the_neutral_reason(listed: Store) -> None:
    visit = ask(listed, name="Akhmetov Serik")
    assert says(listed, same_person=True)
    row = held(listed, visit.visit)
    assert (row.state, row.reason) == ("declined", "кешіріңіз")
    assert told(listed) == ["possible_match", "visitor_declined"]
    assert waiting(listed) == []


def test_a_match_is_settled_once(listed: Store) -> None:
    ask(listed, name="Серик Ахметов")
    word = Word(match=waiting(listed)[0].match, same_person=False, note="", reason="")

    def decide_it(session: Session) -> bool:
        return match_decisions.decide(session, site=SITE, word=word, by="d", policy=POLICY, seals=SEALS, at=AT)

    def elsewhere(session: Session) -> bool:
        return match_decisions.decide(session, site="school-2", word=word, by="d", policy=POLICY, seals=SEALS, at=AT)

    assert not listed.write_now(elsewhere)
    assert listed.write_now(decide_it)
    assert not listed.write_now(decide_it)


def test_the_identity_number_finds_whom_the_name_does_not(listed: Store) -> None:
    enter(listed, "Жұмабаев Нұрлан", entry="entry-2", iin_hash=IIN)
    ask(listed, name="Сара Омарова", iin_hash=IIN)
    ask(listed, draft="d2", name="Нурлан Жумабаев", iin_hash=OTHER_IIN)
    ask(listed, draft="d3", name="Сара Омарова", iin_hash=OTHER_IIN)
    assert [(match.same_iin, match.likeness > 0) for match in waiting(listed)].count((True, False)) == 1
    assert sorted(bool(match.same_iin) for match in waiting(listed)) == [False, True]


def test_whoever_comes_along_is_looked_for_too(listed: Store) -> None:
    visit = ask(listed, name="Сара Омарова", companions=["Алма Сейтова", "Ахметов С. Б."])
    (match,) = waiting(listed)
    assert (match.subject, match.place) == (visit.visit, 2)
    side_by_side: Both = listed.read_now(lambda session: match_decisions.both(session, match))
    assert side_by_side.person is not None
    assert side_by_side.person.name == "Ахметов С. Б."


def test_several_matches_wait_until_each_is_settled(listed: Store) -> None:
    enter(listed, "Серік Ахметов", entry="entry-2", kind="custody", pupil="pupil-1")
    visit = ask(listed, name="Серик Ахметов")
    assert len(waiting(listed)) == 2
    says(listed, same_person=False)
    assert not decide(listed, visit.visit, deed="approve")
    assert "host_asked" not in told(listed)
    says(listed, same_person=False)
    assert "host_asked" in told(listed)


def test_what_has_ended_or_run_out_or_is_another_schools_finds_nobody(listed: Store) -> None:
    enter(listed, "Сара Омарова", entry="entry-2", until=AT)
    enter(listed, "Сара Омарова", entry="entry-3", site="school-2")
    enter(listed, "Сара Омарова", entry="entry-4")
    listed.write_now(lambda session: entries.end(session, site=SITE, entry="entry-4", by="duty", at=AT))
    ask(listed, name="Сара Омарова")
    assert waiting(listed) == []
    assert told(listed) == ["host_asked"]


def test_a_walk_in_waits_and_is_let_in_or_not_as_the_duty_administrator_says(listed: Store) -> None:
    row = registers(listed, "Серик Ахметов")
    with pytest.raises(RuleForbids, match="match_open"):
        let_in(listed, row.holder)
    says(listed, same_person=True)
    with pytest.raises(RuleForbids, match="match_refused"):
        let_in(listed, row.holder)
    second = registers(listed, "Серик Ахметов", 2)
    says(listed, same_person=False)
    let_in(listed, second.holder)
    let_in(listed, registers(listed, "Ахметов Серік", 3).holder)


def test_without_a_document_nobody_is_remembered_not_to_be_on_a_list(listed: Store) -> None:
    for number in (1, 2):
        registers(listed, "Серик Ахметов", number, document_kind="none", document_tail="")
        assert says(listed, same_person=False)
    assert listed.read_now(lambda session: session.exec(select(FalseMatchRow)).all()) == []


def test_a_crew_is_not_held_up(listed: Store) -> None:
    let_in(listed, registers(listed, "Серик Ахметов", category="emergency", document_kind="none").holder)


def test_a_form_sent_twice_is_one_entry_and_one_match(listed: Store) -> None:
    enter(listed, "Басқа Адам")
    assert len(listed.read_now(lambda session: entries.all_of(session, SITE))) == 1
    for _ in range(2):
        registers(listed, "Серик Ахметов")
    assert len(waiting(listed)) == 1
    assert told(listed) == ["possible_match"]


def test_an_entry_is_erased_a_year_after_its_end_with_what_was_said_about_it(listed: Store) -> None:
    ask(listed, name="Серик Ахметов")
    says(listed, same_person=False)
    listed.write_now(lambda session: forget(session, AT + 2 * YEAR - timedelta(hours=1)))
    assert len(listed.read_now(lambda session: entries.all_of(session, SITE))) == 1
    listed.write_now(lambda session: forget(session, AT + 2 * YEAR))

    def left(session: Session) -> int:
        tables = (entries.ListEntryRow, MatchRow, FalseMatchRow)
        return sum(len(session.exec(select(table)).all()) for table in tables)

    assert listed.read_now(left) == 0


def test_no_record_no_audit_line_and_no_message_says_who_is_on_a_list(listed: Store) -> None:
    ask(listed, name="Серик Ахметов", iin_hash=IIN)
    says(listed, same_person=True, note="паспорты бірдей")

    def ask_all(session: Session) -> str:
        said = [row.event().data for row in outbox.unsent(session, 99)]
        lines = [row.model_dump_json() for row in audit.recent(session, SITE, 99)]
        waits = [row.model_dump_json() for row in session.exec(select(MessageRow)).all()]
        return f"{said}{lines}{waits}"

    everything = listed.read_now(ask_all)
    assert "match_same_person" in everything
    assert not any(secret in everything for secret in ("Ахметов", "Akhmetov", "№ 14", "паспорты", IIN))


def test_a_school_without_a_duty_administrator_asks_its_director(school: Store) -> None:
    enter(school, "Ахметов Серік")

    def act(session: Session) -> None:
        director = users.UserRole.DIRECTOR
        users.put(session, site=SITE, login="dir", name="Д", role=director, language="kk", password="p" * 8, by="t")

    school.write_now(act)
    ask(school, name="Серик Ахметов")
    waits = school.read_now(lambda session: session.exec(select(MessageRow)).all())
    assert [(row.kind, row.receiver) for row in waits] == [("possible_match", "dir")]
