"""Sends what waits in the store's messages: claimed, composed, carried, noted. A kill in between sends one again under
the same name; none is lost.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from services.store import messages
from services.store.database import Store
from services.store.messages import MessageRow, Outcome
from services.web.messages.carriers import Carriers
from services.web.messages.letter import NotCarried
from services.web.messages.wording import compose
from services.web.shared.outside import Visits

_BATCH = 10
_LOOK_S = 0.25
_PAUSE_S = 2.0

logger = logging.getLogger(__name__)


class Sender:
    """The loop from waiting messages to their carriers."""

    def __init__(self, store: Store, visits: Visits | None, carriers: Carriers, clock: Callable[[], datetime]) -> None:
        """Take what it reads, what it makes links and codes with, and what carries."""
        self.store = store
        self._visits = visits
        self._carriers = carriers
        self._clock = clock

    async def run(self) -> None:
        """Send for ever; a database that is away is waited for."""
        while True:
            try:
                sent = await self.send_waiting()
            except (SQLAlchemyError, OSError) as error:
                logger.warning("messages_wait cause=%s", type(error).__name__)
                await asyncio.sleep(_PAUSE_S)
                continue
            await asyncio.sleep(0 if sent else _LOOK_S)

    async def send_waiting(self) -> int:
        """Send what is due and give how many messages that were."""
        now = self._clock()
        if not await self.store.read(lambda session: messages.any_due(session, now)):
            return 0
        rows = await self.store.write(lambda session: messages.claim(session, now, _BATCH))
        await asyncio.gather(*(self._send(row) for row in rows))
        return len(rows)

    async def _send(self, row: MessageRow) -> None:
        """Send one; who refuses an SMS for ever is told by mail where there is an address. Whatever goes wrong, the
        others are sent.
        """
        at = self._clock()
        try:
            outcome = await self._sent(row, at, texting=self._carriers.sms is not None)
        except NotCarried as away:
            logger.warning("message_waits kind=%s site=%s cause=%s", row.kind, row.site, away)
            await self.store.write(lambda session: messages.try_again(session, row, at))
        except (SQLAlchemyError, OSError):
            raise
        except Exception:
            logger.exception("message_not_composed kind=%s site=%s", row.kind, row.site)
            await self.store.write(lambda session: messages.try_again(session, row, at))
        else:
            await self.store.write(lambda session: messages.done(session, row, outcome, self._clock()))
            logger.info("message_done kind=%s site=%s outcome=%s", row.kind, row.site, outcome)

    async def _sent(self, row: MessageRow, at: datetime, *, texting: bool) -> Outcome:
        """Compose and carry a message; raises NotCarried for what may go later."""
        letter = await self.store.read(lambda session: compose(session, row, self._visits, at, texting=texting))
        if letter is None:
            return "dropped"
        try:
            await self._carriers.carry(letter)
        except NotCarried as refused:
            if not refused.for_ever:
                raise
            logger.warning("message_refused kind=%s site=%s cause=%s", row.kind, row.site, refused)
            by_mail = await self._sent(row, at, texting=False) if letter.is_sms else "refused"
            return "sent" if by_mail == "sent" else "refused"
        return "sent"
