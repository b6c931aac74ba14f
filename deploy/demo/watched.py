"""Waiting for what somebody else brings, with a deadline: the witness, the open page and the talk with the school all
wait so.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

ValueT = TypeVar("ValueT")


class Watched:
    """Something that grows while others wait for it; whoever adds to it sets ``_changed``, in the event loop."""

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[[], ValueT], within_s: float) -> ValueT:
        """Give the first true value of a condition on what is here; its last value when that did not come in time."""
        try:
            async with asyncio.timeout(within_s):
                while not (found := condition()):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return condition()
        return found
