"""Messages leave by real SMTP: once each, later when the server is away, never when it says never."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from sqlmodel import Session as Transaction
from sqlmodel import select

from deploy.ports import free_port
from services.settings import MailSettings
from services.store import messages
from services.store.database import Store
from services.store.messages import MessageRow
from services.store.visits import deeds, drafts
from services.web.messages.carriers import Carriers
from services.web.messages.sender import Sender
from services.web.messages.smtp import SmtpCarrier
from services.web.shared.outside import Visits
from tests.parts.mailbox import Mailbox
from tests.services.web.conftest import Clock
from tests.services.web.said import SITE, policy
from tests.services.web.visit_school import open_school


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def mailbox(port: int) -> Iterator[Mailbox]:
    """A mail server of this test."""
    mailbox = Mailbox(port)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield mailbox
    controller.stop()


@pytest.fixture
def visits(store: Store, tmp_path: Path, clock: Clock) -> Visits:
    return open_school(store, tmp_path, clock.now)


@pytest.fixture
def sender(store: Store, visits: Visits, clock: Clock, port: int) -> Sender:
    settings = MailSettings(host="127.0.0.1", port=port, sender="Мектеп <qaqpa@school.kz>", tls="off")
    return Sender(store, visits, Carriers(SmtpCarrier(settings, None)), clock)


def ask_code(store: Store, clock: Clock) -> None:
    """A visitor's form waits for its code."""

    def act(session: Transaction) -> None:
        row = drafts.put(
            session,
            site=SITE,
            draft="d",
            answers={"contact": "serik@example.kz"},
            language="kk",
            at=clock.now,
        )
        number = drafts.next_code(row, clock.now)
        messages.put(session, site=SITE, kind="code", subject="d", number=number, at=clock.now)

    store.write_now(act)


def outcomes(store: Store) -> list[str | None]:
    return [row.outcome for row in rows(store)]


def rows(store: Store) -> list[MessageRow]:
    return list(store.read_now(lambda session: session.exec(select(MessageRow)).all()))


async def test_a_code_arrives_in_kazakh_and_the_row_holds_neither_code_nor_address(
    store: Store, clock: Clock, visits: Visits, sender: Sender, mailbox: Mailbox
) -> None:
    ask_code(store, clock)
    code = visits.seals.contact_code(SITE, "d", "serik@example.kz", 1)
    assert code not in str([row.model_dump() for row in rows(store)])
    assert await sender.send_waiting() == 1
    assert await sender.send_waiting() == 0
    (mail,) = mailbox.got
    assert mail["To"] == "serik@example.kz"
    assert mail["Subject"] == f"№ 12 мектеп-лицей: растау коды {code}"
    assert f"Кодыңыз: {code}" in mail.get_content()
    assert mail["Message-ID"].endswith("@school.kz>")
    assert outcomes(store) == ["sent"]


async def test_a_server_that_is_away_gets_it_when_it_is_back(
    store: Store, clock: Clock, sender: Sender, port: int
) -> None:
    ask_code(store, clock)
    await sender.send_waiting()
    assert outcomes(store) == [None]
    mailbox = Mailbox(port)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    clock.forward(seconds=6)
    await sender.send_waiting()
    controller.stop()
    assert len(mailbox.got) == 1
    assert outcomes(store) == ["sent"]


@pytest.mark.parametrize(("said", "outcome"), [("550 no such person", "refused"), ("451 try later", None)])
async def test_what_the_server_says_of_a_recipient_is_heard(
    store: Store, clock: Clock, sender: Sender, mailbox: Mailbox, said: str, outcome: str | None
) -> None:
    mailbox.answer = said
    ask_code(store, clock)
    await sender.send_waiting()
    assert outcomes(store) == [outcome]


async def test_an_older_code_is_not_sent_after_a_newer_one_was_asked_for(
    store: Store, clock: Clock, sender: Sender, mailbox: Mailbox
) -> None:
    ask_code(store, clock)
    ask_code(store, clock)
    await sender.send_waiting()
    assert len(mailbox.got) == 1
    assert sorted(str(one) for one in outcomes(store)) == ["dropped", "sent"]


async def test_a_line_break_in_a_name_makes_no_header(
    store: Store, clock: Clock, visits: Visits, sender: Sender, mailbox: Mailbox
) -> None:
    asked = deeds.Asked(
        category="visitor",
        name="Серік\r\nBcc: x@example.kz",
        iin_hash=None,
        document_kind=None,
        document_tail=None,
        host_text="Ахметова",
        purpose="x",
        arrives_at=clock.now,
        leaves_at=clock.now + timedelta(hours=1),
        companions=[],
        vehicle=None,
        things=None,
        contact="serik@example.kz",
        contact_checked_at=clock.now,
        language="kk",
        consent_version="1",
        consent_at=clock.now,
    )
    rules = policy(clock.now).data
    store.write_now(
        lambda session: deeds.ask(
            session, site=SITE, draft="d", asked=asked, policy=rules, seals=visits.seals, at=clock.now
        )
    )
    await sender.send_waiting()
    (mail,) = mailbox.got
    assert mail["To"] == "g@example.kz"
    assert mail["Bcc"] is None
    assert "https://qaqpa.test/visit/school-1/host/" in mail.get_content()
