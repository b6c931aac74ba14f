"""A parents' evening on both databases: one list and one link, each guest a pass of their own, nobody twice."""

from datetime import timedelta

import msgspec
import pytest
from sqlmodel import Session, select

from services.store import administration, admission_by_name, people
from services.store.admission_by_name import Admission
from services.store.database import Store
from services.store.messages import MessageRow
from services.store.visits import attendance, evenings, registering, visits, waiting
from services.store.visits.evenings import Evening, EveningRow, GuestRow
from services.store.visits.forgetting import forget
from services.store.visits.registering import Registration
from services.store.visits.visits import VisitRow
from tests.schemas.examples import AT, policy
from tests.services.store.test_visits import BEGINS, ENDS, RULES, SEALS, SITE, held, passes_said

POLICY = msgspec.structs.replace(policy().data, categories={"representative": RULES})
NAMES = ["Ахметов Серік Болатұлы", "Қасымова Айгүл", "Ким Анна"]
EVENING = Evening(
    evening="evening-0123456789abcdef",
    title="5 «А» жиналысы",
    host_text="Ахметова Гүлнар",
    host="t-1",
    open_to="parents",
    names=NAMES,
    seats=0,
    begins_at=BEGINS,
    ends_at=ENDS,
    entries="multiple",
    entrances=["g-1"],
)


def hold(store: Store, **changes: object) -> EveningRow:
    told = msgspec.structs.replace(EVENING, **changes)
    row = store.write_now(
        lambda session: evenings.hold(session, site=SITE, told=told, by="host/t-1", seals=SEALS, at=AT)
    )
    assert row is not None
    return row


def register(store: Store, name: str, draft: str = "d", hours: float = 0, **changes: str) -> VisitRow | str:
    told = Registration(
        draft=draft,
        name=name,
        listed=changes.get("listed", name),
        contact=changes.get("contact", f"{draft}@example.kz"),
        language="kk",
        consent_version="1",
    )
    site, at = changes.get("site", SITE), AT + timedelta(hours=hours)
    return store.write_now(
        lambda session: registering.register(
            session, site=site, evening=EVENING.evening, told=told, policy=POLICY, seals=SEALS, at=at
        )
    )


def visit_of(found: VisitRow | str) -> VisitRow:
    assert isinstance(found, VisitRow), found
    return found


def tickable(store: Store, wanted: str = "", group: str = "") -> list[str]:
    found = store.read_now(lambda session: admission_by_name.search(session, SITE, wanted, group))
    return [person.name for person in found]


def attended(store: Store) -> attendance.Attendance:
    def ask(session: Session) -> attendance.Attendance:
        row = evenings.one(session, SITE, EVENING.evening)
        assert row is not None
        return attendance.of(session, row)

    return store.read_now(ask)


def test_one_list_is_one_evening_and_the_post_can_tick_it(store: Store) -> None:
    assert hold(store).seats == hold(store, title="Басқа").seats == 3
    assert tickable(store, group="5 «А» жиналысы") == sorted(NAMES)
    foreign = msgspec.structs.replace(EVENING, title="Басқа")
    found = store.write_now(
        lambda session: evenings.hold(session, site=SITE, told=foreign, by="host/t-2", seals=SEALS, at=AT)
    )
    assert found is None, "another's id takes nothing over"


@pytest.mark.parametrize("typed", ["Серік Ахметов", "АХМЕТОВ СЕРИК", "Axметов  Серік Болатұлы"])
def test_a_parent_on_the_list_has_a_pass_at_once(store: Store, typed: str) -> None:
    hold(store)
    visit = visit_of(register(store, typed))
    (issued,) = passes_said(store)
    assert (issued.visit, issued.entries, issued.entrances, issued.category) == (
        visit.visit,
        "multiple",
        ["g-1"],
        "representative",
    )
    kinds = [row.kind for row in store.read_now(lambda session: session.exec(select(MessageRow)).all())]
    assert kinds == ["visitor_approved"], "no host is written to for each parent"
    assert (visit.purpose, visit.decided_by) == (EVENING.title, "host/t-1")


@pytest.mark.parametrize("typed", ["Серік", "Ахметов Болат Серік", "Серікбай Ахметов", "Ахметова Серік", "%", "Ә"])
def test_whoever_does_not_type_the_name_is_nobody(store: Store, typed: str) -> None:
    hold(store)
    assert register(store, typed) == "not_listed"
    assert passes_said(store) == []


def test_a_line_is_one_parents_and_the_same_contact_gets_the_same_visit(store: Store) -> None:
    hold(store)
    first = visit_of(register(store, "Серік Ахметов"))
    assert visit_of(register(store, "Серік Ахметов", "e", contact="D@example.kz")).visit == first.visit
    assert register(store, "Серік Ахметов", "f") == "taken"
    assert tickable(store, "ахмет") == ["Серік Ахметов"], "once, under the name that the pass is for"


def test_of_two_equal_names_each_has_a_line(store: Store) -> None:
    hold(store, names=["Ким Анна", "Ким Анна"])
    visits_here = {visit_of(register(store, "Анна Ким", draft)).visit for draft in "de"}
    assert len(visits_here) == 2
    assert register(store, "Анна Ким", "f") == "taken"


def test_a_pupil_has_two_parents(store: Store) -> None:
    hold(store, open_to="pupils")
    for draft, name in (("d", "Серік Ахметов"), ("e", "Айгүл Ахметова")):
        assert visit_of(register(store, name, draft, listed="Ким Анна")).name == name
    assert register(store, "Үшінші Адам", "f", listed="Ким Анна") == "taken"
    assert [(guest.name, guest.listed) for guest in attended(store).guests if guest.registered] == [
        ("Айгүл Ахметова", "Ким Анна"),
        ("Серік Ахметов", "Ким Анна"),
    ]


def test_without_a_list_whoever_comes_first_has_the_seats(store: Store) -> None:
    hold(store, open_to="everyone", names=[], seats=2)
    assert [type(register(store, f"Ата Ана{draft}", draft)).__name__ for draft in "de"] == ["VisitRow"] * 2
    assert register(store, "Кеш Қалған", "f") == "full"


def test_after_the_end_after_calling_off_and_at_another_school_nobody_registers(store: Store) -> None:
    row = hold(store)
    assert register(store, "Ким Анна", hours=5) == "over"
    assert register(store, "Ким Анна", site="school-2") == "over"
    token = SEALS.link("evening", SITE, row.evening)

    def leads(site: str) -> bool:
        return store.read_now(lambda session: evenings.linked(session, site, token, AT)) is not None

    assert [leads(SITE), leads("school-2")] == [True, False]
    visit = visit_of(register(store, "Ким Анна")).visit

    def call_off(session: Session) -> bool:
        return registering.call_off(session, row=row, reason="Карантин", by="dana", policy=POLICY, seals=SEALS, at=AT)

    assert [store.write_now(call_off), store.write_now(call_off)] == [True, False]
    assert (held(store, visit).state, held(store, visit).reason) == ("declined", "Карантин")
    assert [said.revoked_at for said in passes_said(store)] == [None, AT]
    assert not leads(SITE)
    assert register(store, "Серік Ахметов", "e") == "over"
    assert tickable(store, group=EVENING.title) == []


def test_the_post_lets_in_who_has_registered_and_who_has_not(store: Store) -> None:
    store.write_now(lambda session: administration.publish_policy(session, site=SITE, policy=POLICY, by="t", at=AT))
    hold(store)
    registered = visit_of(register(store, "Ким Анна"))
    listed = store.read_now(lambda session: session.get(GuestRow, (SITE, EVENING.evening, 2)))
    assert listed is not None

    def let_in(holder: str, hours: float) -> str:
        admission = Admission(holder=holder, gate="g-1", because="document_seen")
        at = AT + timedelta(hours=hours)
        try:
            store.write_now(
                lambda session: admission_by_name.let_in(
                    session, site=SITE, admission=admission, by="sabit", post="p", at=at
                )
            )
        except administration.RuleForbids as error:
            return str(error.code)
        return "in"

    assert [let_in(listed.holder, hours) for hours in (2.4, 3.1, 5.1)] == ["unknown", "in", "unknown"]
    assert [let_in(registered.holder, hours) for hours in (2.4, 3.2, 5.1)] == ["unknown", "check_due", "unknown"]
    told = attended(store)
    assert [(guest.name, guest.registered, guest.came_at is not None) for guest in told.guests] == [
        ("Ахметов Серік Болатұлы", False, False),
        ("Ким Анна", True, False),
        ("Қасымова Айгүл", False, True),
    ]
    assert (told.registered, told.came) == (1, 1)


def test_guests_who_have_not_left_are_shown_and_nobody_is_written_to_for_each(store: Store) -> None:
    hold(store)
    visit = visit_of(register(store, "Ким Анна")).visit
    store.write_now(lambda session: setattr(session.get_one(VisitRow, (SITE, visit)), "state", "arrived"))
    late = ENDS + timedelta(hours=1)
    assert store.write_now(lambda session: waiting.tell_overdue(session, late)) == 0
    assert [row.visit for row in store.read_now(lambda session: waiting.overdue(session, SITE, late, 9))] == [visit]


def test_names_leave_the_post_after_the_evening_and_the_list_after_a_month(store: Store) -> None:
    hold(store)
    visit = visit_of(register(store, "Ким Анна"))
    close = [ENDS + timedelta(hours=1.9), ENDS + evenings.CLOSES_AFTER, ENDS + evenings.CLOSES_AFTER]
    assert [store.write_now(lambda session, at=at: evenings.close_past(session, at)) for at in close] == [0, 1, 0]  # type: ignore[misc]
    assert tickable(store, group=EVENING.title) == []
    assert store.read_now(lambda session: people.by_holders(session, SITE, [visit.holder]))[visit.holder].name
    store.write_now(lambda session: forget(session, ENDS + evenings.KEPT))
    for table in (EveningRow, GuestRow, evenings.EveningVisitRow):
        assert store.read_now(lambda session, table=table: session.exec(select(table)).all()) == []  # type: ignore[misc]
    assert store.read_now(lambda session: visits.one(session, SITE, visit.visit)) is not None
