"""What messages say and where they go: every kind has its line and its words, urgent ones go to a telephone, and an
SMS is two parts at most.
"""

from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from sqlmodel import Session as Transaction
from sqlmodel import select

from schemas.envelope import Event
from schemas.signal import Signal
from services.i18n.words import Language, words_in
from services.store import messages, recording, users
from services.store.database import Store
from services.store.lists import entries, matches, matching
from services.store.lists.entries import Entry
from services.store.lists.matching import Person
from services.store.messages import MessageKind, MessageRow
from services.store.releases import entitled, telling
from services.store.releases.entitled import Entitled
from services.store.users import UserRole
from services.web.messages.letter import Letter
from services.web.messages.wording import KINDS, SMS_UNITS, compose, short, sms_units
from services.web.shared.outside import Visits
from tests.services.web.conftest import Clock
from tests.services.web.said import GATE, SITE
from tests.services.web.visit_school import open_school

ACT = "gate-1:1:42"
PHONE, EMAIL = "+77011234567", "duty@example.kz"
LONGEST = {
    "school": "№ 12 мамандандырылған физика-математика мектеп-лицейі коммуналдық мемлекеттік мекемесі",
    "gate": "Оңтүстік жақтағы спорт залының қасындағы қосымша кіреберіс есігі",
    "code": "123456",
    "begins": "24.11.2026 14:30",
    "time": "08:31",
    "role": "Сыртқы ұйымның қызметкері",
    "link": "https://qaqpa.bilim-almaty.kz/visit/mektep-licey-12/v/" + "x" * 24,
}


@pytest.fixture
def visits(store: Store, tmp_path: Path, clock: Clock) -> Visits:
    return open_school(store, tmp_path, clock.now)


def duty(store: Store, *, email: str | None, phone: str | None) -> None:
    """Enter the duty administrator of the school."""
    store.write_now(
        lambda session: users.put(
            session,
            site=SITE,
            login="duty",
            name="Кезекші",
            role=UserRole.DUTY_ADMIN,
            language="kk",
            password="password",
            by="t",
            email=email,
            phone=phone,
        )
    )


def told(store: Store, visits: Visits | None, clock: Clock, *, texting: bool) -> Letter | None:
    """Compose the question's message to the duty administrator."""

    def act(session: Transaction) -> Letter | None:
        assert messages.tell_duty(session, site=SITE, kind="question_unanswered", subject=ACT, number=1, at=clock.now)
        row = session.exec(select(MessageRow)).one()
        return compose(session, row, visits, clock.now, texting=texting)

    return store.write_now(act)


def test_every_kind_of_message_has_its_line() -> None:
    assert KINDS.keys() == set(get_args(MessageKind))


@pytest.mark.parametrize(
    ("email", "phone", "texting", "to"),
    [
        (EMAIL, PHONE, True, PHONE),
        (EMAIL, PHONE, False, EMAIL),
        (EMAIL, None, True, EMAIL),
        (None, PHONE, True, PHONE),
        (None, PHONE, False, None),
        (None, None, True, None),
    ],
)
def test_what_is_urgent_goes_to_the_telephone_then_to_the_mail(
    store: Store, visits: Visits, clock: Clock, email: str | None, phone: str | None, *, texting: bool, to: str | None
) -> None:
    duty(store, email=email, phone=phone)
    letter = told(store, visits, clock, texting=texting)
    assert (letter.to if letter else None) == to


def test_a_message_that_can_go_nowhere_names_whom_it_was_for(
    store: Store, visits: Visits, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    duty(store, email=None, phone=None)
    assert told(store, visits, clock, texting=True) is None
    assert f"message_dropped cause=no_address kind=question_unanswered site={SITE} receiver=duty" in caplog.text


def test_an_sms_says_which_gate_and_since_when_and_names_nobody(store: Store, visits: Visits, clock: Clock) -> None:
    duty(store, email=None, phone=PHONE)
    letter = told(store, None, clock, texting=True)
    assert letter is not None
    assert (letter.subject, letter.name) == ("", f"question_unanswered.gate-1-1-42.1.duty.{SITE}")
    told_at = f"{clock.now + timedelta(hours=5):%H:%M}"
    assert letter.text.startswith(f"1-турникет: сұраққа жауап жоқ (адам, сағат {told_at}). Бекетке барыңыз")


@pytest.mark.parametrize("language", list(Language))
def test_every_sms_is_two_parts_at_most_whatever_a_school_is_called(language: Language) -> None:
    words = words_in(language)
    said = {kind: short(words, (key,), dict(LONGEST)) for kind in KINDS if (key := f"sms.{kind}") in words}
    assert said.keys() >= {"code", "question_unanswered", "visitor_approved"}
    assert {kind: sms_units(text) for kind, text in said.items() if sms_units(text) > SMS_UNITS} == {}
    assert all(LONGEST["link"] in said[kind] for kind in said if kind.startswith("visitor_"))
    assert LONGEST["code"] in said["code"]
    assert LONGEST["time"] in said["question_unanswered"]


def test_a_receiver_who_has_left_gets_nothing(store: Store, visits: Visits, clock: Clock) -> None:
    duty(store, email=EMAIL, phone=None)
    assert told(store, visits, clock, texting=False) is not None
    store.write_now(lambda session: users.disable(session, site=SITE, login="duty", by="t"))

    def again(session: Transaction) -> Letter | None:
        return compose(session, session.exec(select(MessageRow)).one(), visits, clock.now + timedelta(seconds=1))

    assert store.read_now(again) is None


def test_a_parent_hears_when_and_from_which_school_and_a_restricted_one_nothing(
    store: Store, visits: Visits, clock: Clock
) -> None:
    left = Event(
        id=f"{GATE}:1:8",
        source=f"gate/{GATE}",
        time=clock.now,
        site=SITE,
        data=Signal(rule="left_early", gate=GATE, read=f"{GATE}:1:7", credential="0" * 32, holder="pupil-1", values={}),
    )
    mother = Entitled(pupil="pupil-1", name="Қасымова Айгүл", relation="mother", phone=PHONE, tell=True)

    def hear(session: Transaction) -> MessageRow:
        entitled.enter(session, site=SITE, told=mother, by="t", at=clock.now)
        recording.record(session, [left])
        telling.note(session, [left])
        return session.exec(select(MessageRow).where(MessageRow.kind == "left_early_parent")).one()

    row = store.write_now(hear)
    letter = store.read_now(lambda session: compose(session, row, visits, clock.now, texting=True))
    assert letter is not None
    assert letter.to == PHONE
    assert f"{clock.now + timedelta(hours=5):%H:%M}" in letter.text
    assert "Қасым" not in letter.text
    listed = Entry(
        entry=entries.new_entry(),
        kind="custody",
        names=["Касымова Айгуль"],
        iin_hash=None,
        pupil="pupil-1",
        basis="1",
        basis_on=clock.now.date(),
        until=clock.now + timedelta(days=9),
    )
    store.write_now(lambda session: entries.enter(session, site=SITE, told=listed, by="t", at=clock.now))
    assert store.read_now(lambda session: compose(session, row, visits, clock.now, texting=True)) is None


def test_a_possible_match_is_told_without_a_name_while_it_waits(store: Store, visits: Visits, clock: Clock) -> None:
    duty(store, email=EMAIL, phone=None)
    listed = Entry(
        entry=entries.new_entry(),
        kind="ban",
        names=["Ерланов Серік"],
        iin_hash=None,
        pupil=None,
        basis="5",
        basis_on=clock.now.date(),
        until=clock.now + timedelta(days=9),
    )

    def meet(session: Transaction) -> MessageRow:
        entries.enter(session, site=SITE, told=listed, by="t", at=clock.now)
        assert matching.note(session, site=SITE, subject="visit-1", people=[Person(name="Ерланов Серик")], at=clock.now)
        return session.exec(select(MessageRow)).one()

    row = store.write_now(meet)
    letter = store.read_now(lambda session: compose(session, row, visits, clock.now))
    assert letter is not None
    assert letter.to == EMAIL
    assert "Ерланов" not in letter.subject + letter.text

    def decide(session: Transaction) -> None:
        found = matches.one(session, SITE, row.subject)
        assert found is not None
        found.state = matches.NOT_THE_SAME
        session.add(found)

    store.write_now(decide)
    assert store.read_now(lambda session: compose(session, row, visits, clock.now)) is None
