"""Every carrier that the settings name, as one: a letter goes by what its address is."""

from dataclasses import dataclass
from typing import Self

from services.settings import Configuration
from services.web.messages.letter import Carrier, Letter, NotCarried
from services.web.messages.sms_gateway import SmsGateway
from services.web.messages.smtp import SmtpCarrier


@dataclass(frozen=True)
class Carriers:
    """Carries mails and SMS; None for what the settings do not have."""

    mail: Carrier | None
    sms: Carrier | None = None

    @classmethod
    def of(cls, configuration: Configuration) -> Self:
        """Read the sections ``[mail]``, which visits need, and ``[sms]``; raises WrongSetting."""
        settings = configuration.settings
        return cls(
            mail=SmtpCarrier.of(configuration) if settings.mail or settings.visits else None,
            sms=SmsGateway.of(configuration) if settings.sms else None,
        )

    @property
    def any(self) -> bool:
        """Tell whether anything can be sent at all."""
        return self.mail is not None or self.sms is not None

    async def carry(self, letter: Letter) -> None:
        """Hand a message to its carrier; without one it waits for the settings to be mended. Raises NotCarried."""
        carrier = self.sms if letter.is_sms else self.mail
        if carrier is None:
            raise NotCarried("no_sms_settings" if letter.is_sms else "no_mail_settings", for_ever=False)
        await carrier.carry(letter)
