"""Messages to telephones by HTTP, in the form of Kannel's ``sendsms`` (user guide, chapter 6): what Kannel itself and
the gateways of operators and cities speak.
"""

import ssl
from http import HTTPStatus

import aiohttp

from services.settings import Configuration, SmsSettings
from services.web.messages.letter import Letter, NotCarried

_WITHIN_S = 20.0
_READ_AT_MOST = 200
_TAKEN = ("0:", "3:")
"""How an answer begins that says accepted, or queued until the operator's link is back: either way it is theirs now."""

_NEVER = "Do not try again"


class SmsGateway:
    """One gateway; a connection for each message."""

    def __init__(
        self, settings: SmsSettings, password: str, tls: ssl.SSLContext | None = None, *, within_s: float = _WITHIN_S
    ) -> None:
        """Take the ``[sms]`` section, the password that its file holds, what the gateway is checked with, and how long
        it may take.
        """
        self._settings = settings
        self._password = password
        self._tls = tls
        self._timeout = aiohttp.ClientTimeout(total=within_s)

    @classmethod
    def of(cls, configuration: Configuration) -> "SmsGateway":
        """Read the ``[sms]`` section; raises WrongSetting."""
        settings = configuration.section("sms", SmsSettings)
        password = configuration.password("sms.password_file", settings.password_file)
        return cls(settings, password, configuration.tls("sms.ca_file", settings.ca_file))

    async def carry(self, letter: Letter) -> None:
        """Hand a message to the gateway; raises NotCarried. The name goes along as ``binfo``, which gateways log, so
        that one that came twice can be told.
        """
        asked = {
            "username": self._settings.username,
            "password": self._password,
            "from": self._settings.sender,
            "to": letter.to,
            "text": letter.text,
            "charset": "UTF-8",
            "coding": "2",
            "binfo": letter.name,
        }
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.get(self._settings.url, params=asked, allow_redirects=False, ssl=self._tls or True) as answer,
            ):
                said = (await answer.content.read(_READ_AT_MOST)).decode(errors="replace")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NotCarried(type(error).__name__, for_ever=False) from None
        _weigh(answer.status, said)


def _weigh(status: int, said: str) -> None:
    """Hear what a gateway says: taken, never (the number, or the message itself), or anything else, which may be
    mended: a wrong password, a gateway without its operator.
    """
    if status == HTTPStatus.ACCEPTED or (status == HTTPStatus.OK and said.startswith(_TAKEN)):
        return
    for_ever = status == HTTPStatus.BAD_REQUEST or (status == HTTPStatus.FORBIDDEN and _NEVER in said)
    raise NotCarried(f"sms_gateway_{status}", for_ever=for_ever)
