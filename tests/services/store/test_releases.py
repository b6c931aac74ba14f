"""A pupil who left early: who is told, who is not, and that a replay tells nobody again; papers that are erased."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from schemas.envelope import Event
from schemas.release import Release
from schemas.signal import Signal
from services.store import audit, match_decisions, outbox, recording, users
from services.store.administration import RuleForbids
from services.store.database import Store
from services.store.lists import entries, matches
from services.store.lists.entries import Entry
from services.store.match_decisions import Word
from services.store.messages import MessageRow
from services.store.releases import entitled, papers, telling
from services.store.releases.entitled import Entitled, EntitledPersonRow
from services.store.releases.papers import ReleasePaperRow, Told
from services.store.visits.forgetting import forget
from tests.schemas.examples import AT
from tests.services.store.test_visits import POLICY, SEALS, SITE

PUPIL = "pupil-1"
LEFT = Event(
    id="signal/left_early/gate-1:1:9",
    source="service/admission",
    time=AT,
    site=SITE,
    data=Signal(rule="left_early", gate="gate-1", read="gate-1:1:8", credential="0" * 32, holder=PUPIL, values={}),
)
HOUR = timedelta(hours=1)


@pytest.fixture
def school(store: Store) -> Store:
    """A school with a duty administrator."""

    def act(session: Session) -> None:
        duty = users.UserRole.DUTY_ADMIN
        users.put(session, site=SITE, login="duty", name="Д", role=duty, language="kk", password="p" * 8, by="t")

    store.write_now(act)
    return store


def enter(store: Store, name: str, **more: Any) -> EntitledPersonRow:
    told = Entitled(
        **{"pupil": PUPIL, "name": name, "relation": "mother", "phone": "+77011234567", "tell": True, **more}
    )
    return store.write_now(lambda session: entitled.enter(session, site=SITE, told=told, by="t", at=AT))


def test_somebody_is_entered_once_changed_by_name_too_and_ended(store: Store) -> None:
    enter(store, "Айжан")
    same, father = enter(store, "Айжан"), enter(store, "Болат", relation="father")

    def change(person: str, name: str, site: str = SITE) -> bool:
        told = Entitled(pupil=PUPIL, name=name, relation="mother")
        return store.write_now(
            lambda session: entitled.change(session, site=site, person=person, told=told, by="t", at=AT)
        )

    def end(person: str) -> bool:
        return store.write_now(lambda session: entitled.end(session, site=SITE, person=person, by="t", at=AT))

    with pytest.raises(ValueError, match="somebody of the name"):
        change(same.person, "Болат")
    assert [change(same.person, "Айжан С."), change(same.person, "Айжан С."), change("person-0", "Д")] == [
        True,
        True,
        False,
    ]
    assert not change(same.person, "Д", "school-2")
    assert [end(father.person), end(father.person), change(father.person, "Д")] == [True, False, False]
    left = store.read_now(lambda session: entitled.of_pupil(session, SITE, PUPIL))
    assert [(row.person, row.name, row.phone) for row in left] == [(same.person, "Айжан С.", None)]
    assert store.read_now(lambda session: entitled.counted(session, SITE, [PUPIL, "p-0"])) == {PUPIL: 1}
    acts = [row.act for row in store.read_now(lambda session: audit.recent(session, SITE, 99))]
    assert sorted(acts)[:4] == ["entitled_changed", "entitled_ended", "entitled_entered", "entitled_entered"]


def restrict(store: Store, name: str, pupil: str | None = PUPIL, kind: Any = "custody") -> None:
    listed = Entry(
        entry=entries.new_entry(),
        kind=kind,
        names=[name],
        iin_hash=None,
        pupil=pupil,
        basis="1",
        basis_on=AT.date(),
        until=AT + timedelta(days=99),
    )
    store.write_now(lambda session: entries.enter(session, site=SITE, told=listed, by="t", at=AT))


def leaves(store: Store, event: Event[Signal] = LEFT) -> list[tuple[str, str | None]]:
    """Let the recorder hear of a pupil who left, twice, and give what waits to be sent."""

    def hear(session: Session) -> None:
        recording.record(session, [event])
        telling.note(session, [event])

    for _ in range(2):
        store.write_now(hear)
    rows = store.read_now(lambda session: session.exec(select(MessageRow)).all())
    return sorted((row.kind, row.receiver or row.subject) for row in rows)


def record(store: Store, number: int = 1, **more: Any) -> ReleasePaperRow:
    told = Told(
        **{
            "release": f"release-{number:016x}",
            "pupil": PUPIL,
            "basis": "family",
            "taker": "entitled",
            "document_kind": "passport",
            "document_tail": "1234",
            "allowed_by": "duty",
            "valid_from": AT,
            "valid_until": AT + HOUR,
            **more,
        }
    )
    return store.write_now(lambda session: papers.record(session, site=SITE, told=told, by="g", post="p", at=AT))


def said(store: Store) -> list[Release]:
    rows = store.read_now(lambda session: outbox.unsent(session, 99))
    return [data for row in rows if isinstance(data := row.event().data, Release)]


def test_the_duty_administrator_and_the_parents_are_told_once(school: Store) -> None:
    mother = enter(school, "Қасымова Айгүл")
    enter(school, "Қасымов Болат", relation="father", tell=False)
    enter(school, "Омарова Сара", relation="grandparent")
    enter(school, "Сейтов Алмас", relation="guardian", phone=None)
    subject = f"{LEFT.id}/{mother.person}"
    assert leaves(school) == [("left_early", "duty"), ("left_early_parent", subject)]

    def look_up(session: Session) -> tuple[EntitledPersonRow | None, Any]:
        return telling.parent(session, SITE, subject, AT), telling.told_of(session, SITE, LEFT.id)

    parent, signal = school.read_now(look_up)
    assert parent == mother
    assert signal.holder == PUPIL


@pytest.mark.parametrize("name", ["Касымов Болат", "Kassymov Bolat"])
def test_a_restricted_parent_learns_nothing(school: Store, name: str) -> None:
    enter(school, "Қасымов Болат", relation="father")
    restrict(school, name)
    assert leaves(school) == [("left_early", "duty")]


def test_what_is_on_the_lists_about_somebody_else_keeps_no_parent_from_being_told(school: Store) -> None:
    enter(school, "Қасымов Болат", relation="father")
    restrict(school, "Қасымов Болат", "pupil-2")
    restrict(school, "Қасымов Болат", None, "ban")
    assert [kind for kind, _ in leaves(school)] == ["left_early", "left_early_parent"]


def test_other_findings_are_told_to_nobody(school: Store) -> None:
    enter(school, "Қасымова Айгүл")
    other = Signal(rule="inside_again", gate="g", read="r", credential="c", holder=PUPIL, values={})
    assert leaves(school, Event(id="signal/x", source="s", time=AT, site=SITE, data=other)) == []


def test_a_release_has_a_version_more_each_time_and_is_taken_back_once(school: Store) -> None:
    mother = enter(school, "Қасымова Айгүл")
    first, second = record(school, person=mother.person), record(school, 2, person=mother.person)
    assert record(school, person=mother.person) == first
    for _ in range(2):
        school.write_now(
            lambda session: papers.withdraw(session, site=SITE, release=second.release, by="g", at=AT + HOUR)
        )
    assert [(each.version, each.withdrawn_at is None) for each in said(school)] == [(1, True), (2, True), (3, False)]


def test_whoever_is_barred_is_held_until_the_duty_administrator_has_spoken(school: Store) -> None:
    taker = enter(school, "Қасымова Айгүл")
    restrict(school, "Касымова Айгуль", None, "ban")
    restrict(school, "Касымова Айгуль", "pupil-2")
    held = record(school, person=taker.person)
    assert (held.state, said(school)) == ("held", [])
    (match,) = school.read_now(lambda session: matches.waiting(session, SITE))
    both = school.read_now(lambda session: match_decisions.both(session, match))
    assert both.person is not None
    assert both.person.name == taker.name

    def settle(session: Session) -> bool:
        word = Word(match=match.match, same_person=False, note="", reason="")
        return match_decisions.decide(session, site=SITE, word=word, by="duty", policy=POLICY, seals=SEALS, at=AT)

    assert school.write_now(settle)
    assert [each.release for each in said(school)] == [held.release]
    assert record(school, 2, person=taker.person).state == "given"


def test_the_word_of_somebody_who_is_kept_from_the_pupil_lets_nobody_take_them(school: Store) -> None:
    father = enter(school, "Қасымов Болат", relation="father")
    restrict(school, "Касымов Болат")
    row = record(school, taker="other", taker_name="Омаров Дамир", caller=father.person, called_at=AT)
    assert (row.state, said(school)) == ("held", [])


def test_an_aunts_word_is_not_a_parents(school: Store) -> None:
    aunt = enter(school, "Омарова Сара", relation="relative")
    with pytest.raises(RuleForbids, match="no_word"):
        record(school, taker="other", taker_name="Омаров Дамир", caller=aunt.person, called_at=AT)


def test_who_is_entered_again_is_changed_and_who_has_ended_takes_nobody(school: Store) -> None:
    first = enter(school, "Қасымова Айгүл")
    assert enter(school, "Қасымова Айгүл", document_tail="9999").person == first.person
    for ended in (True, False):
        assert ended is school.write_now(
            lambda session: entitled.end(session, site=SITE, person=first.person, by="t", at=AT)
        )
    with pytest.raises(RuleForbids, match="not_entitled"):
        record(school, person=first.person)


def test_papers_and_people_are_erased_a_year_later(school: Store) -> None:
    mother = enter(school, "Қасымова Айгүл")
    record(school, person=mother.person)
    school.write_now(lambda session: entitled.end(session, site=SITE, person=mother.person, by="t", at=AT))

    def left(session: Session) -> int:
        return sum(len(session.exec(select(table)).all()) for table in (ReleasePaperRow, EntitledPersonRow))

    school.write_now(lambda session: forget(session, AT + papers.KEPT - HOUR))
    assert school.read_now(left) == 2
    school.write_now(lambda session: forget(session, AT + papers.KEPT + HOUR))
    assert school.read_now(left) == 0
