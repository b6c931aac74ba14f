"""What hosts do, on both databases: sign in once by a link, invite, let somebody stand in; and what waits too long."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlmodel import Session, col, select

from services.store import audit, users
from services.store.database import Store
from services.store.messages import MessageRow
from services.store.users import UserRole
from services.store.visits import (
    conditions,
    forgetting,
    hosts,
    invitations,
    sign_ins,
    standing_in,
    visits,
)
from services.store.visits.conditions import Conditions
from services.store.visits.invitations import Confirmed, Invitation, InvitationRow
from services.store.visits.visits import VisitRow
from tests.schemas.examples import AT
from tests.services.store.test_visits import BEGINS, ENDS, POLICY, SEALS, SITE, ask, decide, passes_said

HOSTS = (("t-1", "Ахметова Гүлнар", "G@example.kz"), ("t-2", "Сәбитов Ержан", "e@example.kz"))
INVITATION = Invitation(
    invitation="invitation-0123456789abcdef",
    name="Дәулет Оспанов",
    contact="d@example.kz",
    category="contractor",
    purpose="Терезе жөндеу",
    arrives_at=BEGINS,
    leaves_at=ENDS,
    conditions=Conditions(entries="multiple", escort="staff", entrances=["g-1"]),
    language="ru",
)
CONFIRMED = Confirmed(
    name="Дәулет Оспанов",
    iin_hash="h" * 32,
    document_kind=None,
    document_tail=None,
    companions=[],
    vehicle=None,
    things=None,
    language="kk",
    consent_version="1",
)


@pytest.fixture
def school(store: Store) -> Store:
    """A school with two hosts and a duty administrator; another school with one of the same address."""

    def enter(session: Session) -> None:
        for host, name, email in HOSTS:
            hosts.put(session, site=SITE, host=host, name=name, email=email, language="kk", by="t", at=AT)
        hosts.put(session, site="school-2", host="t-1", name="Ким", email="g@example.kz", language="ru", by="t", at=AT)
        duty = UserRole.DUTY_ADMIN
        users.put(session, site=SITE, login="dana", name="Дана", role=duty, language="kk", password="p" * 9, by="t")

    store.write_now(enter)
    return store


def queued(store: Store, *kinds: str) -> list[MessageRow]:
    rows = store.read_now(lambda session: session.exec(select(MessageRow).order_by(col(MessageRow.message))).all())
    return [row for row in rows if row.kind in kinds]


def host_row(store: Store, host: str) -> hosts.HostRow:
    row = store.read_now(lambda session: hosts.one(session, SITE, host))
    assert row is not None
    return row


def invite(store: Store, **changes: object) -> InvitationRow | None:
    told = msgspec.structs.replace(INVITATION, **changes)
    host = host_row(store, "t-1")
    return store.write_now(
        lambda session: invitations.invite(session, site=SITE, told=told, host=host, by="host/t-1", seals=SEALS, at=AT)
    )


def accept(store: Store, site: str = SITE) -> VisitRow | None:
    return store.write_now(
        lambda session: invitations.accept(
            session, site=site, invitation=INVITATION.invitation, told=CONFIRMED, policy=POLICY, seals=SEALS, at=AT
        )
    )


def ask_link(store: Store, email: str, site: str = SITE, hours: float = 0) -> int:
    at = AT + timedelta(hours=hours)
    return store.write_now(lambda session: sign_ins.ask(session, site=site, email=email, seals=SEALS, at=at))


def use(store: Store, token: str, site: str = SITE, minutes: float = 0) -> str | None:
    at = AT + timedelta(minutes=minutes)
    row = store.write_now(lambda session: sign_ins.use(session, site=site, token=token, at=at))
    return row.host if row is not None else None


def test_a_link_signs_a_host_in_once_within_a_quarter_of_an_hour_at_one_school(school: Store) -> None:
    assert [ask_link(school, "g@EXAMPLE.kz"), ask_link(school, "nobody@example.kz")] == [1, 0]
    (told,) = queued(school, "host_sign_in")
    token = SEALS.link("host_sign_in", SITE, told.subject)
    assert token not in str(told.model_dump())
    assert [use(school, "A" * 24), use(school, token, "school-2"), use(school, token, minutes=15)] == [None] * 3
    assert [use(school, token, minutes=14), use(school, token, minutes=14)] == ["t-1", None]


def test_an_address_is_sent_five_links_an_hour_whoever_asks(school: Store) -> None:
    assert [ask_link(school, "g@example.kz") for _ in range(7)] == [1] * sign_ins.AN_HOUR + [0, 0]
    assert ask_link(school, "g@example.kz", hours=1.1) == 1


def test_a_moved_address_is_noted_and_the_delegate_stays(school: Store) -> None:
    def act(session: Session) -> list[bool]:
        stand = {"site": SITE, "host": "t-1", "by": "t"}
        hosts.stand_in(session, **stand, delegate="t-2", until=None, at=AT)
        same = {**stand, "name": HOSTS[0][1], "language": "kk"}
        return [
            hosts.put(session, **same, email="G@example.kz", at=AT),
            hosts.put(session, **same, email="new@example.kz", at=AT + timedelta(hours=1)),
        ]

    assert school.write_now(act) == [False, True]
    row = host_row(school, "t-1")
    assert (row.delegate, row.changed_at) == ("t-2", AT + timedelta(hours=1))


def test_whoever_is_off_the_list_stands_in_for_nobody(school: Store) -> None:
    def act(session: Session) -> list[bool]:
        hosts.stand_in(session, site=SITE, host="t-1", delegate="t-2", until=None, by="t", at=AT)
        return [hosts.remove(session, site=SITE, host="t-2", by="t", at=AT) for _ in range(2)]

    assert school.write_now(act) == [True, False]
    assert host_row(school, "t-1").delegate is None


@pytest.mark.parametrize("to", ["t-1", "t-9"])
def test_nobody_stands_in_for_themselves_nor_a_stranger(school: Store, to: str) -> None:
    with pytest.raises((LookupError, ValueError), match=r"t-1 cannot|no host t-9"):
        school.write_now(
            lambda session: hosts.stand_in(session, site=SITE, host="t-1", delegate=to, until=None, by="t", at=AT)
        )


def test_a_delegate_is_asked_about_what_waits_and_decides_by_their_own_link_while_they_stand_in(school: Store) -> None:
    visit = ask(school).visit
    until = AT + timedelta(hours=2)
    school.write_now(
        lambda session: standing_in.delegate(
            session, site=SITE, host="t-1", to="t-2", until=until, by="host/t-1", at=AT
        )
    )
    assert [row.subject for row in queued(school, "delegate_asked")] == [f"{visit}/t-2"]
    token = standing_in.path(SEALS, SITE, visit, "t-2").rpartition("/")[2]

    def leads(shown: str, hours: float, site: str = SITE) -> str | None:
        at = AT + timedelta(hours=hours)
        found = school.read_now(lambda session: standing_in.linked(session, site, visit, shown, SEALS, at))
        return found[1].host if found else None

    assert [leads(token, 0), leads("A" * 24, 0), leads(token, 2), leads(token, 0, "school-2")] == ["t-2", *[None] * 3]
    host = host_row(school, "t-1")
    asked = [
        school.read_now(lambda session, at=at: hosts.asked_for(session, host, at)).host  # type: ignore[misc]
        for at in (AT, until)
    ]
    assert asked == ["t-2", "t-1"]
    assert [row.host for row in school.read_now(lambda s: hosts.stood_in_for(s, SITE, "t-2", AT))] == ["t-1"]


def test_an_invitation_is_one_and_what_was_confirmed_is_a_pass_at_once(school: Store) -> None:
    first, again = invite(school), invite(school, name="Басқа")
    assert (first is not None and again is not None and again.name) == "Дәулет Оспанов"
    assert len(queued(school, "visitor_invited")) == 1
    visit, twice = accept(school), accept(school)
    assert visit is not None
    assert (twice and twice.visit, visit.state, visit.host, visit.contact) == (
        visit.visit,
        "approved",
        "t-1",
        "d@example.kz",
    )
    (issued,) = passes_said(school)
    assert (issued.entries, issued.escort, issued.entrances, issued.category) == (
        "multiple",
        "staff",
        ["g-1"],
        "contractor",
    )
    assert [row.kind for row in queued(school, "host_asked", "visitor_approved")] == ["visitor_approved"]
    by = {row.act: row.by for row in school.read_now(lambda session: audit.recent(session, SITE, 9))}
    assert (by["visit_approved"], by["visit_requested"]) == ("host/t-1", "visitor")


def test_a_regular_guest_has_the_hours_of_the_days(school: Store) -> None:
    invite(school, weekdays=[1, 3], leaves_at=ENDS + timedelta(days=14))
    accept(school)
    (issued,) = passes_said(school)
    assert [window.weekdays for window in issued.windows] == [[1, 3]]
    assert issued.entries == "multiple"


def test_what_was_taken_back_is_no_link_and_no_visit(school: Store) -> None:
    invite(school)
    token = SEALS.link("invitation", SITE, INVITATION.invitation)

    def leads(site: str = SITE, hours: float = 0) -> bool:
        at = AT + timedelta(hours=hours)
        return school.read_now(lambda session: invitations.linked(session, site, token, at)) is not None

    assert [leads(), leads("school-2"), leads(hours=5)] == [True, False, False]

    def withdraw(host: str) -> bool:
        told = {"site": SITE, "invitation": INVITATION.invitation, "by": f"host/{host}", "at": AT}
        return school.write_now(lambda session: invitations.withdraw(session, host=host, **told))  # type: ignore[arg-type]

    assert [withdraw("t-2"), withdraw("t-1"), withdraw("t-1")] == [False, True, False]
    assert not leads()
    assert accept(school) is None
    assert passes_said(school) == []


def test_what_has_become_a_visit_is_declined_and_not_taken_back(school: Store) -> None:
    invite(school)
    visit = accept(school)
    assert visit is not None
    told = {"site": SITE, "invitation": INVITATION.invitation, "host": "t-1", "by": "host/t-1", "at": AT}
    assert not school.write_now(lambda session: invitations.withdraw(session, **told))  # type: ignore[arg-type]
    assert decide(school, visit.visit, deed="decline", reason="Ауысты")
    assert [said.revoked_at for said in passes_said(school)] == [None, AT]


def test_another_hosts_form_does_not_take_an_invitation_over(school: Store) -> None:
    invite(school)
    other = host_row(school, "t-2")
    found = school.write_now(
        lambda session: invitations.invite(
            session, site=SITE, told=INVITATION, host=other, by="host/t-2", seals=SEALS, at=AT
        )
    )
    assert found is None


def test_name_and_address_of_a_guest_are_erased_in_their_time(school: Store) -> None:
    invite(school)
    for days, left in ((29, 1), (31, 0)):
        at = ENDS + timedelta(days=days)
        school.write_now(lambda session, at=at: forgetting.forget(session, at))  # type: ignore[misc]
        rows = school.read_now(lambda session: session.exec(select(InvitationRow)).all())
        assert len(rows) == left


def test_a_host_changes_the_conditions_too_and_nobody_agrees_to_less_than_the_rules(school: Store) -> None:
    visit = ask(school).visit
    times: dict[str, Any] = {"arrives_at": BEGINS, "leaves_at": ENDS}
    wanted = Conditions(entries="multiple", escort="none", entrances=None)
    said = [decide(school, visit, deed="change", conditions=wanted, **times) for _ in range(2)]
    assert said == [True, False]
    assert decide(school, visit, deed="change", conditions=Conditions(escort="staff"), **times)
    assert [(one.version, one.entries, one.escort) for one in passes_said(school)] == [
        (1, "multiple", "host"),
        (2, "single", "staff"),
    ]
    assert len(queued(school, "visitor_changed")) == 2
    assert school.read_now(lambda session: conditions.of(session, SITE, visit)) == Conditions(escort="staff")
    assert school.read_now(lambda session: conditions.of(session, "school-2", visit)) == Conditions()


def test_no_detail_of_the_audit_names_anybody(school: Store) -> None:
    invite(school)
    accept(school)
    decide(school, ask(school).visit, deed="decline", reason="Сырқат")
    text = str([row.model_dump() for row in school.read_now(lambda session: audit.recent(session, SITE, 99))])
    assert [word for word in ("Оспанов", "Ахметов", "example.kz", "Сырқат") if word in text] == []


def test_messages_wait_in_the_transaction_of_their_cause(school: Store) -> None:
    def fail(session: Session) -> None:
        row = hosts.one(session, SITE, "t-1")
        assert row is not None
        invitations.invite(session, site=SITE, told=INVITATION, host=row, by="t", seals=SEALS, at=AT)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        school.write_now(fail)
    assert queued(school, "visitor_invited") == []
    assert school.read_now(lambda session: visits.of_hosts(session, SITE, ["t-1"], AT)) == []
