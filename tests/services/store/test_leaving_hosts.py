"""A host who leaves the school, and lists of hosts, on both databases."""

from datetime import timedelta

from sqlmodel import Session

from services.store import audit
from services.store.database import Store
from services.store.visits import hosts, invitations, leaving, waiting
from services.store.visits.hosts import HostRow, Told
from tests.schemas.examples import AT
from tests.services.store.test_hosts import INVITATION, accept, host_row, invite, queued, school
from tests.services.store.test_visits import SEALS, SITE, ask, decide, held

__all__ = ["school"]


def leave(store: Store, host: str = "t-1") -> bool:
    return store.write_now(lambda session: leaving.leave(session, site=SITE, host=host, by="iman", at=AT))


def listed(store: Store) -> list[HostRow]:
    return list(store.read_now(lambda session: hosts.all_of(session, SITE)))


def take(store: Store, *people: tuple[str, str]) -> int:
    told = [Told(name=name, email=email, language="kk") for name, email in people]
    return store.write_now(lambda session: hosts.take(session, site=SITE, listed=told, by="iman", at=AT))


def test_what_hangs_on_a_host_is_counted_and_goes_where_it_can_be_answered(school: Store) -> None:
    waits, agreed = ask(school).visit, ask(school, "e").visit
    decide(school, agreed, deed="approve")
    invite(school)
    school.write_now(
        lambda session: hosts.stand_in(session, site=SITE, host="t-2", delegate="t-1", until=None, by="t", at=AT)
    )
    hanging = school.read_now(lambda session: leaving.hanging(session, SITE, "t-1", AT))
    assert (hanging.waiting, hanging.agreed, hanging.invited) == (1, 1, 1)
    assert [row.host for row in hanging.stands_in_for] == ["t-2"]
    assert [leave(school), leave(school)] == [True, False]
    assert host_row(school, "t-2").delegate is None
    assert school.write_now(lambda session: waiting.tell_unanswered(session, AT, timedelta(hours=4))) == 1
    assert [(row.subject, row.receiver) for row in queued(school, "visit_unanswered")] == [(waits, "dana")]
    assert held(school, agreed).state == "approved"


def test_no_pass_comes_of_the_invitation_of_somebody_who_has_left(school: Store) -> None:
    invite(school)
    token = SEALS.link("invitation", SITE, INVITATION.invitation)
    leave(school)
    assert school.read_now(lambda session: invitations.linked(session, SITE, token, AT)) is None
    assert accept(school) is None


def test_a_form_is_one_host_and_the_same_person_is_not_entered_twice(school: Store) -> None:
    new, told = hosts.new_host(), Told(name="Ким Вера", email="v@example.kz", language="ru")

    def enter(host: str) -> bool:
        return school.write_now(lambda session: hosts.enter(session, site=SITE, host=host, told=told, by="iman", at=AT))

    assert [enter(new), enter(new), enter(hosts.new_host())] == [True, True, False]
    assert [row.host for row in listed(school) if row.name == "Ким Вера"] == [new]


def test_a_reference_that_was_minted_is_known_by_its_form() -> None:
    texts = (hosts.new_host(), "host-", "t-1", "host-" + "ә" * 16)
    assert [hosts.is_new_host(text) for text in texts] == [True, False, False, False]


def test_a_list_without_references_knows_people_by_name_and_namesakes_by_their_address(school: Store) -> None:
    assert take(school, ("ахметова ГУЛНАР", "moved@example.kz")) == 1
    assert (host_row(school, "t-1").name, host_row(school, "t-1").email) == ("ахметова ГУЛНАР", "moved@example.kz")
    namesakes = [("Ким Вера", "b@example.kz"), ("Ким Вера", "a@example.kz")]
    assert take(school, *namesakes) == 2
    assert take(school, *reversed(namesakes)) == 0
    assert take(school, ("Ким Вера", "c@example.kz")) == 1, "one of two, or a third: the address says that it is new"
    assert len([row for row in listed(school) if row.name == "Ким Вера"]) == 3


def test_hosts_are_found_by_first_letters_in_any_spelling(school: Store) -> None:
    def found(wanted: str, site: str = SITE) -> list[str]:
        return [row.host for row in school.read_now(lambda session: hosts.search(session, site, wanted))]

    assert [found(""), found("гул"), found("ахм ГҮЛ"), found("метова"), found("гүл", "school-2")] == [
        ["t-1", "t-2"],
        ["t-1"],
        ["t-1"],
        [],
        [],
    ]


def test_no_detail_of_the_audit_names_anybody(school: Store) -> None:
    take(school, ("Ким Вера", "v@example.kz"))
    invite(school)
    leave(school)

    def ask_audit(session: Session) -> str:
        return str([row.model_dump() for row in audit.recent(session, SITE, 99)])

    text = school.read_now(ask_audit)
    assert [word for word in ("Ким", "Ахметов", "example.kz", "Оспанов") if word in text] == []
