"""How the demo waits: for what it wants to see, not for a while."""

import asyncio

from deploy.demo.watched import Watched


class Heap(Watched):
    def __init__(self) -> None:
        super().__init__()
        self.things: list[str] = []

    def add(self, thing: str) -> None:
        self.things.append(thing)
        self._changed.set()


async def test_everybody_who_waits_gets_the_value_that_they_waited_for() -> None:
    heap = Heap()
    one = asyncio.create_task(heap.until(lambda: next((thing for thing in heap.things if thing == "one"), None), 10))
    two = asyncio.create_task(heap.until(lambda: len(heap.things) >= 2, 10))
    for thing in ("other", "one"):
        await asyncio.sleep(0)
        heap.add(thing)
    assert (await one, await two) == ("one", True)


async def test_what_does_not_come_in_time_is_none_and_not_an_error() -> None:
    heap = Heap()
    assert await heap.until(lambda: next(iter(heap.things), None), 0.01) is None
