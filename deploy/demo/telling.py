"""A process that tells what happens, as JSON lines on its standard output, and whoever listens to it."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from datetime import datetime
from typing import IO, Any

from deploy.demo.processes import Started
from deploy.demo.watched import Watched

Told = dict[str, Any]


class Telling(Watched):
    """Everything that a process has told, in order."""

    def __init__(self, process: Started) -> None:
        """Take a process that was started to talk; begins to listen at once, in the running event loop."""
        super().__init__()
        self._orders, lines = process.pipes()
        self._loop = asyncio.get_running_loop()
        self.told: list[Told] = []
        threading.Thread(target=self._listen, args=(lines,), daemon=True).start()

    async def hears(self, event: str, after: int = 0, within_s: float = 5.0, **values: object) -> Told | None:
        """Wait until the process tells of an event; None when it does not in time."""
        return await self.until(lambda: self._find(event, after, values), within_s)

    async def from_now_on(self, event: str) -> AsyncIterator[Told]:
        """Give what the process tells of an event from now on, until cancelled."""
        place = len(self.told)
        while True:
            fresh, place = self.told[place:], len(self.told)
            for told in fresh:
                if told["event"] == event:
                    yield told
            if len(self.told) == place:
                self._changed.clear()
                await self._changed.wait()

    def _find(self, event: str, after: int, values: dict[str, object]) -> Told | None:
        return next(
            (told for told in self.told[after:] if told["event"] == event and values.items() <= told.items()), None
        )

    def _listen(self, lines: IO[bytes]) -> None:
        for line in lines:
            self._loop.call_soon_threadsafe(self._hear, json.loads(line))

    def _hear(self, told: Told) -> None:
        self.told.append(told)
        self._changed.set()


def moment(told: Told) -> datetime:
    """Give when something that was told happened (UTC)."""
    return datetime.fromisoformat(told["at"])
