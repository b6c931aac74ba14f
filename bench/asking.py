"""Asks a web process as browsers do, over connections that stay open, and times the first byte of each answer. As small
as it can be, so that its own work is not measured: HTTP/1.1 with Content-Length, and nothing else.
"""

import asyncio
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlencode

_CONNECTIONS = 16
_ENDS = b"\r\n\r\n"
_GIVE_UP_S = 10.0
_KEPT_S = 3.0
"""How long an idle connection is trusted: uvicorn closes it after five."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Page(NamedTuple):
    """What is asked for: its name in the tables, its path, the cookies of whoever asks, and a form if it sends one."""

    name: str
    path: str
    cookies: str = ""
    form: dict[str, str] | None = None

    def request(self, host: str) -> bytes:
        """Give the request as a browser sends it."""
        body = urlencode(self.form).encode() if self.form is not None else b""
        lines = [f"{'GET' if self.form is None else 'POST'} {self.path} HTTP/1.1", f"Host: {host}"]
        lines += ["Accept-Encoding: gzip", *([f"Cookie: {self.cookies}"] if self.cookies else [])]
        if self.form is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode() + _ENDS + body


class Answer(NamedTuple):
    """What came: the status (0 for none), its bytes with headers, the body, and milliseconds until its first byte,
    counted from when it should have been asked.
    """

    status: int
    size: int
    body: bytes
    first_byte_ms: float


class _Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used_s: float


class Asker:
    """So many connections to one server."""

    def __init__(self, port: int) -> None:
        """Take the server's port on this machine."""
        self._port = port
        self._idle: list[_Connection] = []

    async def open(self) -> None:
        """Open every connection, so that no answer waits for one."""
        for _ in range(_CONNECTIONS):
            self._idle.append(await self._connect())

    async def ask(self, page: Page, due_s: float | None = None) -> Answer:
        """Ask for a page now; ``due_s`` (of ``time.perf_counter``) is when it should have been."""
        due_s = time.perf_counter() if due_s is None else due_s
        connection = None
        try:
            async with asyncio.timeout(_GIVE_UP_S):
                connection = await self._free()
                answer = await self._exchange(connection, page, due_s)
                self._idle.append(connection._replace(used_s=time.monotonic()))
                return answer
        except (OSError, ValueError, asyncio.IncompleteReadError, TimeoutError):
            if connection is not None:
                connection.writer.close()
            return Answer(0, 0, b"", (time.perf_counter() - due_s) * 1000)

    async def at_a_pace(self, pages: Sequence[Page], count: int, a_second: float) -> list[Answer]:
        """Ask for pages in turn, so many a second, whatever the server does (open loop)."""
        start_s, asked = time.perf_counter() + 0.01, []
        for place in range(count):
            due_s = start_s + place / a_second
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            asked.append(asyncio.create_task(self.ask(pages[place % len(pages)], due_s)))
        return list(await asyncio.gather(*asked))

    async def close(self) -> None:
        """Close every connection."""
        for connection in self._idle:
            connection.writer.close()
            with suppress(OSError):
                await connection.writer.wait_closed()

    async def _free(self) -> _Connection:
        """Give a connection that the server has not given up yet: the one that was used last, or a new one."""
        while self._idle:
            connection = self._idle.pop()
            if time.monotonic() - connection.used_s < _KEPT_S:
                return connection
            connection.writer.close()
        return await self._connect()

    async def _connect(self) -> _Connection:
        return _Connection(*await asyncio.open_connection("127.0.0.1", self._port), time.monotonic())

    async def _exchange(self, connection: _Connection, page: Page, due_s: float) -> Answer:
        connection.writer.write(page.request(f"127.0.0.1:{self._port}"))
        first = await connection.reader.readexactly(1)
        first_byte_ms = (time.perf_counter() - due_s) * 1000
        head = first + await connection.reader.readuntil(_ENDS)
        said = _LENGTH.search(head)
        length = int(said[1]) if said else 0
        body = await connection.reader.readexactly(length)
        return Answer(int(head.split(b" ", 2)[1]), len(head) + length, body, first_byte_ms)
