"""Messages by SMTP (RFC 5321), with TLS unless the settings say that the server is on this machine."""

import asyncio
import ssl
from email.message import EmailMessage
from email.utils import formatdate

import aiosmtplib

from services.settings import Configuration, MailSettings
from services.web.messages.letter import Letter, NotCarried

_WITHIN_S = 20.0
_STEPS = 3
"""How many of the server's answers may take so long: a message is done with before somebody else may claim it."""

_FOR_EVER = 500


class SmtpCarrier:
    """One SMTP server; a connection for each message."""

    def __init__(
        self,
        settings: MailSettings,
        password: str | None,
        tls: ssl.SSLContext | None = None,
        *,
        within_s: float = _WITHIN_S,
    ) -> None:
        """Take the ``[mail]`` section, the password that its file holds, what the server is checked with, and how long
        each of its answers may take.
        """
        self._settings = settings
        self._password = password
        self._tls = tls
        self._within_s = within_s

    @classmethod
    def of(cls, configuration: Configuration) -> "SmtpCarrier":
        """Read the ``[mail]`` section; raises WrongSetting."""
        settings = configuration.section("mail", MailSettings)
        file = settings.password_file
        password = None if file is None else configuration.password("mail.password_file", file)
        return cls(settings, password, configuration.tls("mail.ca_file", settings.ca_file))

    async def carry(self, letter: Letter) -> None:
        """Hand a message to the server; raises NotCarried."""
        settings = self._settings
        try:
            async with asyncio.timeout(self._within_s * _STEPS):
                await aiosmtplib.send(
                    self._written(letter),
                    hostname=settings.host,
                    port=settings.port,
                    use_tls=settings.tls == "tls",
                    start_tls=settings.tls == "starttls",
                    tls_context=self._tls,
                    username=settings.username,
                    password=self._password,
                    timeout=self._within_s,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = all(one.code >= _FOR_EVER for one in error.recipients)
            raise NotCarried(type(error).__name__, for_ever=refused) from error
        except aiosmtplib.SMTPDataError as error:
            raise NotCarried(f"{type(error).__name__} {error.code}", for_ever=error.code >= _FOR_EVER) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotCarried(type(error).__name__, for_ever=False) from error

    def _written(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{letter.name}@{self._settings.sender.rpartition('@')[2].strip('> ')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text, cte="base64")
        return message
