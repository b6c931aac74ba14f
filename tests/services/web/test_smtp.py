"""Mails leave by real SMTP as a school's server wants them: TLS from the start or on the way, a login, and a server
that is slow, away, full or somebody else's.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from deploy.ports import free_port
from services.settings import MailSettings
from services.web.messages.letter import Letter, NotCarried
from services.web.messages.smtp import SmtpCarrier
from tests.parts.authority import Authority
from tests.parts.mailbox import Mailbox

LETTER = Letter(to="serik@example.kz", subject="Рұқсат", text="Келе аласыз.\n", name="visitor_approved.v.2.school-1")
USER, PASSWORD = "school", "mail-password"
Tls = Literal["starttls", "tls", "off"]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Whoever vouches for this test's servers."""
    return Authority(tmp_path)


@pytest.fixture
def box() -> Mailbox:
    return Mailbox(free_port())


@pytest.fixture
def serve(box: Mailbox) -> Iterator[Any]:
    """Start mail servers that end with the test."""
    running: list[Controller] = []

    def start(tls: Tls, shown: ssl.SSLContext | None = None, **more: Any) -> None:
        told: dict[Tls, dict[str, Any]] = {
            "starttls": {"tls_context": shown, "require_starttls": True},
            "tls": {"ssl_context": shown},
            "off": {},
        }
        controller = Controller(box, hostname="127.0.0.1", port=box.port, **told[tls], **more)
        controller.start()
        running.append(controller)

    yield start
    for controller in running:
        controller.stop()


def logging_in(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, told: object) -> AuthResult:
    right = isinstance(told, LoginPassword) and (told.login, told.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=right)


def carrier(
    box: Mailbox,
    tls: Tls,
    trusted: Authority | None = None,
    *,
    username: str | None = None,
    password: str | None = None,
    within_s: float = 5.0,
) -> SmtpCarrier:
    settings = MailSettings(host="127.0.0.1", port=box.port, sender="q@school.kz", tls=tls, username=username)
    context = ssl.create_default_context(cafile=trusted.file) if trusted else None
    return SmtpCarrier(settings, password, context, within_s=within_s)


async def refusal(carrier: SmtpCarrier) -> NotCarried:
    with pytest.raises(NotCarried) as refused:
        await carrier.carry(LETTER)
    assert "serik" not in str(refused.value)
    return refused.value


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_mail_goes_over_tls_to_a_server_that_the_school_trusts(
    box: Mailbox, serve: Any, authority: Authority, tls: Tls
) -> None:
    serve(tls, authority.server())
    await carrier(box, tls, authority).carry(LETTER)
    (mail,) = box.got
    assert (mail["To"], mail["Subject"], mail.get_content()) == (LETTER.to, LETTER.subject, LETTER.text)
    assert mail["Message-ID"] == f"<{LETTER.name}@school.kz>"


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["unknown authority", "another server", "out of date"])
async def test_a_server_that_nobody_vouches_for_gets_no_mail_and_no_password(
    box: Mailbox, serve: Any, authority: Authority, tmp_path: Path, tls: Tls, wrong: str
) -> None:
    shown = {
        "unknown authority": lambda: Authority(tmp_path, "another").server(),
        "another server": lambda: authority.server("192.0.2.1"),
        "out of date": lambda: authority.server(ends=timedelta(hours=-1)),
    }
    tried: list[object] = []

    def note(*told: Any) -> AuthResult:
        tried.append(told)
        return AuthResult(success=True)

    serve(tls, shown[wrong](), authenticator=note)
    refused = await refusal(carrier(box, tls, authority, username=USER, password=PASSWORD))
    assert not refused.for_ever
    assert (box.got, tried) == ([], [])


async def test_without_a_ca_file_the_systems_authorities_are_asked(
    box: Mailbox, serve: Any, authority: Authority
) -> None:
    serve("tls", authority.server())
    assert not (await refusal(carrier(box, "tls"))).for_ever
    assert box.got == []


async def test_a_server_without_tls_is_not_spoken_to_in_the_clear(box: Mailbox, serve: Any) -> None:
    serve("off")
    assert not (await refusal(carrier(box, "starttls", username=USER, password=PASSWORD))).for_ever
    assert box.got == []


@pytest.mark.parametrize(("password", "arrives"), [(PASSWORD, True), ("wrong", False), (None, False)])
async def test_a_server_that_wants_a_login_gets_the_right_one_and_a_wrong_one_is_ours_to_mend(
    box: Mailbox, serve: Any, authority: Authority, password: str | None, *, arrives: bool
) -> None:
    serve("starttls", authority.server(), authenticator=logging_in, auth_required=True)
    sending = carrier(box, "starttls", authority, username=USER if password else None, password=password)
    if arrives:
        await sending.carry(LETTER)
    else:
        refused = await refusal(sending)
        assert not refused.for_ever
        assert "wrong" not in str(refused)
    assert len(box.got) == arrives


async def test_a_server_that_is_busy_takes_it_later(box: Mailbox, serve: Any) -> None:
    serve("off")
    box.answer = "451 4.7.1 greylisted"
    assert not (await refusal(carrier(box, "off"))).for_ever
    box.answer = "250 OK"
    await carrier(box, "off").carry(LETTER)
    assert len(box.got) == 1


@pytest.mark.parametrize(
    ("said", "for_ever"), [("552 5.2.2 too much", True), ("554 5.7.1 spam", True), ("452 4.2.2 full", False)]
)
async def test_what_a_server_says_of_the_mail_itself_is_heard(
    box: Mailbox, serve: Any, said: str, *, for_ever: bool
) -> None:
    box.of_data = said
    serve("off")
    assert (await refusal(carrier(box, "off"))).for_ever is for_ever


async def test_a_server_that_is_away_is_tried_again(box: Mailbox, serve: Any) -> None:
    assert not (await refusal(carrier(box, "off"))).for_ever
    serve("off")
    await carrier(box, "off").carry(LETTER)
    assert len(box.got) == 1


@pytest.fixture
async def odd_server(box: Mailbox) -> AsyncIterator[list[bytes]]:
    """A server that greets as the one text of its list says, and is silent then."""
    greeting = [b""]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting[0])
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", box.port)
    yield greeting
    server.close()


@pytest.mark.parametrize("said", [b"", b"220 slow\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"554 go away\r\n"])
async def test_a_server_that_does_not_go_on_is_left_and_tried_again(
    box: Mailbox, odd_server: list[bytes], said: bytes
) -> None:
    odd_server[0] = said
    began = asyncio.get_running_loop().time()
    assert not (await refusal(carrier(box, "off", within_s=0.3))).for_ever
    assert asyncio.get_running_loop().time() - began < 5
