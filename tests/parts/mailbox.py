"""A real SMTP server that keeps what it is given (aiosmtpd), for tests of what the school writes to people."""

import email
import re
from collections.abc import Iterator
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.ports import free_port

_LINK = re.compile(r"https?://\S+")


class Mailbox:
    """What an SMTP server was given, by recipient too; ``answer`` is what it says to one, ``of_data`` to a mail."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.got: list[email.message.EmailMessage] = []
        self.answer = "250 OK"
        self.of_data = "250 OK"

    def links_to(self, address: str) -> list[str]:
        """Give the links in the mails to an address, first one first."""
        return [link for mail in self.to(address) for link in _LINK.findall(text_of(mail))]

    def to(self, address: str) -> list[email.message.EmailMessage]:
        """Give the mails to an address."""
        return [mail for mail in self.got if address in str(mail["To"])]

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name and signature
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if not self.of_data.startswith("2"):
            return self.of_data
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        self.got.append(email.message_from_bytes(raw, policy=default))
        return self.of_data


def text_of(mail: email.message.EmailMessage) -> str:
    """Give the plain text of a mail."""
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """Give a mail server that runs while the module's tests do."""
    box = Mailbox(free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()
