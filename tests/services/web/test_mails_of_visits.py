"""The mails of a visit in three languages: a regular one says on which weekdays and until when; who has agreed to
another time.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlmodel import Session, select

from services.i18n.words import Language, words_in
from services.store import messages
from services.store.database import Store
from services.store.messages import MessageKind, MessageRow
from services.store.visits import deeds, hosts, invitations, standing_in
from services.store.visits.conditions import Conditions
from services.store.visits.deeds import Decision
from services.store.visits.invitations import Invitation
from services.store.visits.visits import VisitRow
from services.web.messages.letter import Letter
from services.web.messages.wording import compose
from services.web.shared.outside import Visits
from tests.services.store.test_visits import ASKED
from tests.services.web.conftest import Clock
from tests.services.web.said import SITE, policy
from tests.services.web.visit_school import open_school

BEGINS = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)  # a Tuesday, two o'clock on the school's wall
ENDS = datetime(2026, 12, 24, 10, 30, tzinfo=UTC)
REGULAR = {"arrives_at": BEGINS, "leaves_at": ENDS, "weekdays": [2, 4]}


@pytest.fixture
def clock() -> Clock:
    """A day before the visits of these mails."""
    clock = Clock()
    clock.now = BEGINS - timedelta(days=1)
    return clock


@pytest.fixture
def visits(store: Store, tmp_path: Path, clock: Clock) -> Visits:
    return open_school(store, tmp_path, clock.now)


def ask(store: Store, visits: Visits, clock: Clock, language: Language, **changes: object) -> VisitRow:
    """Let somebody ask; their host reads the same language."""
    told = {"contact_checked_at": clock.now, "consent_at": clock.now, "language": str(language), **changes}
    asked, rules = msgspec.structs.replace(ASKED, **told), policy(clock.now).data

    def act(session: Session) -> VisitRow:
        hosts.put(session, site=SITE, host="t-1", name="Ахметова Г.", email="g@e.kz", language=language, by="t")
        asked_for = {"site": SITE, "draft": "d", "asked": asked, "policy": rules, "seals": visits.seals}
        return deeds.ask(session, **asked_for, at=clock.now)  # type: ignore[arg-type]

    return store.write_now(act)


def mail(store: Store, visits: Visits, clock: Clock, kind: MessageKind, subject: str, number: int = 1) -> Letter:
    """Compose a message of a kind as it would be sent now."""

    def act(session: Session) -> Letter | None:
        messages.put(session, site=SITE, kind=kind, subject=subject, number=number, at=clock.now)
        row = session.exec(select(MessageRow).where(MessageRow.kind == kind, MessageRow.subject == subject)).one()
        return compose(session, row, visits, clock.now)

    letter = store.write_now(act)
    assert letter is not None
    return letter


def days(language: Language) -> str:
    words = words_in(language)
    return f"{words.say('weekday.2')}, {words.say('weekday.4')} 14:00 – 15:30, 01.12.2026 – 24.12.2026"


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", ["host_asked", "visitor_approved", "visitor_changed"])
def test_the_mail_of_a_regular_visit_says_its_weekdays_and_until_when(
    store: Store, visits: Visits, clock: Clock, kind: MessageKind, language: Language
) -> None:
    row = ask(store, visits, clock, language, **REGULAR)
    assert days(language) in mail(store, visits, clock, kind, row.visit).text


@pytest.mark.parametrize("language", list(Language))
def test_so_does_an_invitation_and_what_a_delegate_reads(
    store: Store, visits: Visits, clock: Clock, language: Language
) -> None:
    invitation = Invitation(
        invitation=invitations.new_invitation(),
        name="Дәулет Оспанов",
        contact="d@example.kz",
        category="contractor",
        purpose="Терезе жөндеу",
        arrives_at=BEGINS,
        leaves_at=ENDS,
        weekdays=[2, 4],
        conditions=Conditions(),
        language=str(language),
    )
    row = ask(store, visits, clock, language, **REGULAR)

    def act(session: Session) -> None:
        host = session.get_one(hosts.HostRow, (SITE, "t-1"))
        told = {"site": SITE, "told": invitation, "host": host, "by": "host/t-1", "seals": visits.seals}
        invitations.invite(session, **told, at=clock.now)  # type: ignore[arg-type]
        hosts.put(session, site=SITE, host="t-2", name="Сәбитов Е.", email="e@e.kz", language=language, by="t")
        standing_in.delegate(session, site=SITE, host="t-1", to="t-2", until=None, by="t", at=clock.now)

    store.write_now(act)
    assert days(language) in mail(store, visits, clock, "visitor_invited", invitation.invitation).text
    assert days(language) in mail(store, visits, clock, "delegate_asked", f"{row.visit}/t-2").text


@pytest.mark.parametrize("language", list(Language))
def test_a_visit_of_one_day_is_said_as_before(store: Store, visits: Visits, clock: Clock, language: Language) -> None:
    once = {"arrives_at": BEGINS, "leaves_at": BEGINS + timedelta(minutes=90)}
    row = ask(store, visits, clock, language, **once)
    assert "01.12.2026 14:00 – 15:30" in mail(store, visits, clock, "visitor_approved", row.visit).text


@pytest.mark.parametrize("language", list(Language))
def test_a_host_reads_who_agrees_to_which_time_and_an_answer_that_is_old_is_not_sent(
    store: Store, visits: Visits, clock: Clock, language: Language
) -> None:
    row = ask(store, visits, clock, language, arrives_at=BEGINS, leaves_at=BEGINS + timedelta(hours=1))
    later = Decision(
        deed="change", arrives_at=BEGINS + timedelta(days=1), leaves_at=BEGINS + timedelta(days=1, hours=1)
    )
    rules = policy(clock.now).data

    def act(session: Session) -> int:
        of_visit = {"site": SITE, "visit": row.visit, "at": clock.now}
        assert deeds.decide(session, **of_visit, decision=later, by="t-1", policy=rules, seals=visits.seals)  # type: ignore[arg-type]
        assert deeds.accept(session, **of_visit)  # type: ignore[arg-type]
        return session.get_one(VisitRow, (SITE, row.visit)).version

    number = store.write_now(act)
    letter = mail(store, visits, clock, "host_accepted", row.visit, number)
    assert letter.to == "g@e.kz"
    assert "Серік Ахметов" in letter.subject
    assert "02.12.2026 14:00 – 15:00" in letter.text
    assert f"/host/{visits.seals.link('host', SITE, row.visit)}" in letter.text
    store.write_now(lambda session: deeds.cancel(session, site=SITE, visit=row.visit, at=clock.now))
    query = select(MessageRow).where(MessageRow.kind == "host_accepted")
    late = store.read_now(lambda session: compose(session, session.exec(query).one(), visits, clock.now))
    assert late is None
