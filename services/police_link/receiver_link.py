"""The TCP connection to a receiver: writes one frame, reads its answer, and holds no rules.

The connection is kept open between frames (receivers keep theirs), and opened anew after a silence: a half-open one
never answers. It is not encrypted by itself: DC-09 has its own encryption.
"""

import asyncio
import contextlib
from datetime import UTC, datetime

from services.police_link.exchange import Exchange, Send, Settled

_READ_BYTES = 1024


class Unreachable(Exception):  # noqa: N818  said of the receiver
    """No connection to the receiver could be made; the text says why."""


class ReceiverLink:
    """The way to one receiver. One exchange at a time."""

    def __init__(self, host: str, port: int, connect_within_s: float = 5.0) -> None:
        """Take the receiver's address; nothing is opened yet."""
        self._address = (host, port)
        self._connect_within_s = connect_within_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, exchange: Exchange) -> Settled:
        """Carry an exchange to its end; raises Unreachable.

        Cancelling it closes the connection, so that a late answer is not taken for another's.
        """
        try:
            await self._opened()
            step: Send | Settled = exchange.begin(datetime.now(UTC))
            while isinstance(step, Send):
                step = await self._send(step, exchange)
        except BaseException:
            self.close()
            raise
        if step.outcome == "no_answer":
            self.close()
        return step

    def close(self) -> None:
        """Close the connection; the next exchange opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _send(self, step: Send, exchange: Exchange) -> Send | Settled:
        with contextlib.suppress(OSError, TimeoutError):
            reader, writer = await self._opened()
            async with asyncio.timeout(step.wait_s):
                writer.write(step.frame)
                await writer.drain()
                while data := await reader.read(_READ_BYTES):
                    then = exchange.received(data, datetime.now(UTC))
                    if then is not None:
                        return then
        self.close()
        return exchange.silent(datetime.now(UTC))

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and self._streams[0].at_eof():
            self.close()
        if self._streams is None:
            try:
                async with asyncio.timeout(self._connect_within_s):
                    self._streams = await asyncio.open_connection(*self._address)
            except (OSError, TimeoutError) as error:
                raise Unreachable(type(error).__name__) from error
        return self._streams
