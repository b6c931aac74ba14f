"""A message to one of the staff leaves by a real SMS gateway, by mail where the telephone is no good, later where the
gateway is away; one that cannot be composed holds up no other.
"""

import pytest
from sqlmodel import Session as Transaction
from sqlmodel import select

from services.settings import MailSettings
from services.store import messages
from services.store.database import Store
from services.store.messages import MessageRow
from services.store.users import UserRole, put
from services.web.messages.carriers import Carriers
from services.web.messages.sender import Sender
from services.web.messages.sms_gateway import SmsGateway
from services.web.messages.smtp import SmtpCarrier
from tests.parts.kannel import PASSWORD, UNKNOWN, Kannel
from tests.parts.mailbox import Mailbox
from tests.parts.waiting import eventually_async
from tests.services.web.conftest import Clock
from tests.services.web.said import SITE, policy
from tests.services.web.test_unanswered import publish


@pytest.fixture
def sender(store: Store, clock: Clock, kannel: Kannel, mailbox: Mailbox) -> Sender:
    """What sends, in a school without a visitor portal."""
    publish(store, policy(clock.now))
    mail = MailSettings(host="127.0.0.1", port=mailbox.port, sender="q@school.kz", tls="off")
    gateway = SmsGateway(kannel.settings(), PASSWORD, within_s=5)
    return Sender(store, None, Carriers(mail=SmtpCarrier(mail, None), sms=gateway), clock)


def tell(store: Store, clock: Clock, login: str, *, phone: str | None, email: str | None) -> None:
    """Let a question go to a duty administrator."""

    def act(session: Transaction) -> None:
        put(
            session,
            site=SITE,
            login=login,
            name=login,
            role=UserRole.DUTY_ADMIN,
            language="kk",
            password="a good one",
            by="t",
            phone=phone,
            email=email,
        )
        messages.put(
            session, site=SITE, kind="question_unanswered", subject="gate-1:1:7", number=1, at=clock.now, receiver=login
        )

    store.write_now(act)


def outcomes(store: Store) -> list[str | None]:
    rows = store.read_now(lambda session: session.exec(select(MessageRow).order_by(MessageRow.message)).all())
    return [row.outcome for row in rows]


async def test_a_telephone_gets_it_once_and_no_mail_is_sent(
    sender: Sender, store: Store, clock: Clock, kannel: Kannel, mailbox: Mailbox
) -> None:
    tell(store, clock, "a", phone="+77010000011", email="a@example.kz")
    assert [await sender.send_waiting() for _ in range(2)] == [1, 0]
    await eventually_async(lambda: len(kannel.got("+77010000011")) == 1)
    assert (outcomes(store), mailbox.to("a@example.kz")) == (["sent"], [])


async def test_whose_telephone_is_no_good_is_told_by_mail(
    sender: Sender, store: Store, clock: Clock, mailbox: Mailbox
) -> None:
    tell(store, clock, "b", phone=UNKNOWN, email="b@example.kz")
    tell(store, clock, "c", phone=UNKNOWN, email=None)
    await sender.send_waiting()
    assert outcomes(store) == ["sent", "refused"]
    (mail,) = mailbox.to("b@example.kz")
    assert "Бекет сұраққа жауап берген жоқ." in mail.get_content()


async def test_a_gateway_that_is_away_is_waited_for_and_nobody_is_told_twice(
    sender: Sender, store: Store, clock: Clock, kannel: Kannel, mailbox: Mailbox
) -> None:
    tell(store, clock, "d", phone="+77010000012", email="d@example.kz")
    kannel.stop_http()
    await sender.send_waiting()
    assert outcomes(store) == [None]
    kannel.start_http()
    clock.forward(seconds=6)
    await sender.send_waiting()
    await eventually_async(lambda: len(kannel.got("+77010000012")) == 1)
    assert (outcomes(store), mailbox.to("d@example.kz")) == (["sent"], [])


async def test_a_message_that_cannot_be_composed_holds_up_no_other(
    sender: Sender, store: Store, clock: Clock, kannel: Kannel, caplog: pytest.LogCaptureFixture
) -> None:
    tell(store, clock, "e", phone="+77010000013", email=None)

    def act(session: Transaction) -> None:
        row = MessageRow(
            site=SITE,
            message="x",
            kind="nonsense",
            subject="x",
            number=1,
            to_hash=None,
            created_at=clock.now,
            next_try_at=clock.now,
        )
        session.add(row)

    store.write_now(act)
    assert await sender.send_waiting() == 2
    assert outcomes(store) == ["sent", None]
    assert f"message_not_composed kind=nonsense site={SITE}" in caplog.text
