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
from services.store.messages import MessageRow
from services.web.messages.mail import Carrier, NotCarried
from services.web.messages.wording import compose
from services.web.shared.outside import Visits

_BATCH = 10
_LOOK_S = 0.25
_PAUSE_S = 2.0

logger = logging.getLogger(__name__)


class Sender:
    """The loop from waiting messages to their carrier."""

    def __init__(self, store: Store, visits: Visits, carrier: Carrier, clock: Callable[[], datetime]) -> None:
        """Take what it reads, what it makes links and codes with, and what carries."""
        self.store = store
        self._visits = visits
        self._carrier = carrier
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
        at = self._clock()
        mail = await self.store.read(lambda session: compose(session, row, self._visits, at))
        if mail is None:
            await self.store.write(lambda session: messages.done(session, row, "dropped", at))
            return
        try:
            await self._carrier.carry(mail)
        except NotCarried as refused:
            logger.warning("message_not_carried kind=%s cause=%s for_ever=%s", row.kind, refused, refused.for_ever)
            if refused.for_ever:
                await self.store.write(lambda session: messages.done(session, row, "refused", at))
            else:
                await self.store.write(lambda session: messages.try_again(session, row, at))
        else:
            await self.store.write(lambda session: messages.done(session, row, "sent", self._clock()))
            logger.info("message_sent kind=%s site=%s", row.kind, row.site)
