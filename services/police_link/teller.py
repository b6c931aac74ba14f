"""Tells the receiver what waits in the ledger, presses first, and polls it in between.

Nothing waits for minutes behind something else.
"""

import asyncio
import contextlib
import logging
import os
from datetime import UTC, datetime, timedelta

from schemas.outgoing import outgoing
from schemas.topics import DELIVERIES, Placement
from schemas.trust import Signer
from services.police_link.dc09 import Message
from services.police_link.exchange import ATTEMPTS, Exchange, Settled
from services.police_link.ledger import Ledger, Waiting
from services.police_link.notice import delivery_of, message_of
from services.police_link.receiver_link import ReceiverLink, Unreachable
from services.settings import PoliceLinkSettings

_AGAIN_AFTER_S = 5.0
_PAUSE_FIRST_S = 0.5
_PAUSE_LONGEST_S = 5.0
_PADDING_BYTES = 16
_FINAL = frozenset({"acknowledged", "refused"})

logger = logging.getLogger(__name__)


class Teller:
    """Takes notices from the ledger to the receiver and writes what became of them into it.

    What is not acknowledged is tried for ever.
    """

    def __init__(
        self, settings: PoliceLinkSettings, ledger: Ledger, signer: Signer, placement: Placement, key: bytes | None
    ) -> None:
        """Take the receiver and accounts from the settings, and the AES key when frames are to be encrypted."""
        self._settings = settings
        self._ledger = ledger
        self._signer = signer
        self._placement = placement
        self._key = key
        self._link = ReceiverLink(settings.host, settings.port)
        self._offset = timedelta(0)
        self._not_before: dict[str, float] = {}
        self._polls: dict[str, float] = dict.fromkeys(sorted(set(settings.accounts.values())), 0.0)
        self._polled: dict[str, str] = {}
        self._pause_s = _PAUSE_FIRST_S
        self._unreachable = False
        self._news = asyncio.Event()
        self.deliveries = asyncio.Event()

    def news(self) -> None:
        """Say that the ledger has something new to tell."""
        self._news.set()

    async def run(self) -> None:
        """Tell and poll, for ever."""
        try:
            while True:
                self._news.clear()
                await self._turn()
        finally:
            self._link.close()

    async def _turn(self) -> None:
        now_s = asyncio.get_running_loop().time()
        waiting = self._ledger.waiting()
        due = [item for item in waiting if self._not_before.get(item.notice.key, 0.0) <= now_s]
        account, poll_at = min(self._polls.items(), key=lambda item: item[1], default=("", now_s + _AGAIN_AFTER_S))
        try:
            if due:
                await self._tell(due[0])
            elif poll_at <= now_s:
                await self._poll(account)
            else:
                times = [poll_at, *(self._not_before.get(item.notice.key, poll_at) for item in waiting)]
                await self._rest(min(times) - now_s)
        except Unreachable as error:
            await self._not_reached(str(error))

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)

    async def _tell(self, item: Waiting) -> None:
        account = self._settings.accounts.get(item.notice.site)
        if account is None:
            logger.error(
                "no_account site=%s event=%s setting=police_link.accounts", item.notice.site, item.notice.event
            )
            self._record(item, Settled("refused", 0, datetime.now(UTC), None))
            return
        exchange = self._exchange(message_of(item.notice, account), item.sequence, ATTEMPTS)
        try:
            settled = await self._link.ask(exchange)
        except Unreachable:
            self._ledger.count(item.notice, item.attempts + exchange.sent)
            raise
        self._heard(exchange, settled)
        self._record(item, settled)
        self._not_before.pop(item.notice.key, None)
        if settled.outcome not in _FINAL:
            self._not_before[item.notice.key] = asyncio.get_running_loop().time() + _AGAIN_AFTER_S

    async def _poll(self, account: str) -> None:
        """Poll one account once. A press that comes meanwhile does not wait for the answer."""
        exchange = self._exchange(Message(account), self._ledger.next_sequence(), 1)
        asking = asyncio.create_task(self._link.ask(exchange))
        news = asyncio.create_task(self._news.wait())
        try:
            await asyncio.wait({asking, news}, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                return
            settled = asking.result()
        finally:
            for task in (asking, news):
                task.cancel()
            await asyncio.gather(asking, news, return_exceptions=True)
        self._heard(exchange, settled)
        self._polls[account] = asyncio.get_running_loop().time() + self._settings.supervision_s
        if self._polled.get(account) != settled.outcome:
            level = logging.INFO if settled.outcome == "acknowledged" else logging.WARNING
            logger.log(
                level, "poll receiver=%s account=%s outcome=%s", self._settings.receiver, account, settled.outcome
            )
        self._polled[account] = settled.outcome

    def _exchange(self, message: Message, sequence: int, attempts: int) -> Exchange:
        return Exchange(
            message,
            sequence,
            key=self._key,
            random=lambda: os.urandom(_PADDING_BYTES),
            offset=self._offset,
            attempts=attempts,
        )

    def _heard(self, exchange: Exchange, settled: Settled) -> None:
        for why in exchange.strange:
            logger.warning("answer_refused receiver=%s cause=%r", self._settings.receiver, why)
        if exchange.offset != self._offset:
            logger.warning(
                "clock_resynchronised receiver=%s offset_s=%.0f",
                self._settings.receiver,
                exchange.offset.total_seconds(),
            )
        self._offset = exchange.offset
        self._pause_s = _PAUSE_FIRST_S
        if self._unreachable and settled.outcome != "no_answer":
            logger.info("receiver_reached receiver=%s", self._settings.receiver)
            self._unreachable = False

    async def _not_reached(self, cause: str) -> None:
        """Count a failed connection for all that waits, tell once of each that nobody answered, and pause.

        A new press ends the pause.
        """
        if not self._unreachable:
            logger.error("receiver_unreachable receiver=%s cause=%s", self._settings.receiver, cause)
            self._unreachable = True
        now = datetime.now(UTC)
        for item in self._ledger.waiting():
            attempts = item.attempts + 1
            self._ledger.count(item.notice, attempts)
            if attempts >= ATTEMPTS and item.told is None:
                self._record(item, Settled("no_answer", attempts - item.attempts, now, None))
        await self._rest(self._pause_s)
        self._pause_s = min(self._pause_s * 2, _PAUSE_LONGEST_S)

    def _record(self, item: Waiting, settled: Settled) -> None:
        attempts = item.attempts + settled.attempts
        sequence = item.sequence if settled.attempts else 0
        delivery = delivery_of(
            item.notice, settled, receiver=self._settings.receiver, sequence=sequence, attempts=attempts
        )
        record = outgoing(self._signer, DELIVERIES, delivery, self._placement)
        self._ledger.record(item.notice, settled.outcome, attempts, record, settled=settled.outcome in _FINAL)
        self.deliveries.set()
        level = logging.INFO if settled.outcome == "acknowledged" else logging.ERROR
        logger.log(
            level,
            "told event=%s site=%s receiver=%s outcome=%s sequence=%d attempts=%d",
            item.notice.event,
            item.notice.site,
            self._settings.receiver,
            settled.outcome,
            sequence,
            attempts,
        )
