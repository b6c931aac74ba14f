"""Talks to the simulated school, which is a process of its own outside the bridge: orders go in as lines, what
happens comes out as lines.
"""

import asyncio
import json
import threading
from datetime import datetime
from typing import IO, Any

from deploy.demo.processes import Started
from deploy.demo.watched import Watched

Told = dict[str, Any]


class SchoolTalk(Watched):
    """The demo's hands at the gate. ``told`` keeps all that the school has told, in order; ``s`` is the machine's
    monotonic clock.
    """

    def __init__(self, process: Started) -> None:
        """Take a school that was started to talk; begins to listen at once, in the running event loop."""
        super().__init__()
        self._orders, lines = process.pipes()
        self._loop = asyncio.get_running_loop()
        self.told: list[Told] = []
        threading.Thread(target=self._listen, args=(lines,), daemon=True).start()

    def do(self, order: str, **values: object) -> int:
        """Give an order and the place in ``told`` after which its effects will stand."""
        place = len(self.told)
        self._orders.write(json.dumps({"do": order, **values}).encode() + b"\n")
        self._orders.flush()
        return place

    async def hears(self, event: str, after: int = 0, within_s: float = 5.0, **values: object) -> Told | None:
        """Wait until the school tells of an event; None when it does not in time."""
        return await self.until(lambda: self._find(event, after, values), within_s)

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
