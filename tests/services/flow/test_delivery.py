"""Delivery goes to the end, or until the partition is another worker's, and what no broker takes becomes a dead
letter.
"""

import asyncio
import base64
import json
from collections.abc import Sequence

from schemas.outgoing import Outgoing
from schemas.topics import DEAD_LETTERS, Role
from services.flow.case import Speaker
from services.flow.delivery import Delivery
from services.kafka_client.producer import RecordProducer, Undeliverable
from tests.services.flow.people import MORNING, PLACEMENT, SERVICE_SIGNERS

GOOD, TOO_LARGE = Outgoing("signals", b"k", b"good", 0), Outgoing("signals", b"k", b"x" * 300, 1)


class Broker(RecordProducer):
    """A producer before a broker that takes small records only, and none while it is away."""

    def __init__(self, *, away: bool = False) -> None:
        self.here = asyncio.Event()
        if not away:
            self.here.set()
        self.taken: list[Outgoing] = []

    async def deliver(self, records: Sequence[Outgoing]) -> list[int]:
        await self.here.wait()
        for record in records:
            if record.value.startswith(b"xx"):
                raise Undeliverable(record, ValueError("too large"))
        self.taken += records
        return list(range(len(self.taken) - len(records), len(self.taken)))


def delivery(broker: Broker) -> Delivery:
    return Delivery(broker, Role.ADMISSION, Speaker(SERVICE_SIGNERS[Role.ADMISSION], PLACEMENT), lambda: MORNING)


async def test_the_offset_of_each_record_comes_back() -> None:
    assert await delivery(Broker()).deliver([GOOD, GOOD], lambda: True) == [0, 1]


async def test_what_no_broker_takes_is_replaced_by_its_dead_letter_and_the_rest_is_sent() -> None:
    broker = Broker()
    assert await delivery(broker).deliver([GOOD, TOO_LARGE, GOOD], lambda: True) == [0, -1, 2]
    letter = json.loads(broker.taken[1].value)["data"]
    assert broker.taken[1].topic == DEAD_LETTERS[Role.ADMISSION].name
    assert (letter["reason"], letter["topic"], letter["size"]) == ("undeliverable", "signals", 300)
    assert base64.b64decode(letter["head"]).startswith(b"xxx")


async def test_it_waits_for_the_broker_as_long_as_it_takes() -> None:
    broker = Broker(away=True)
    delivering = asyncio.ensure_future(delivery(broker).deliver([GOOD], lambda: True))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not delivering.done()
    broker.here.set()
    assert await delivering == [0]


async def test_it_stops_trying_when_the_partitions_are_another_workers() -> None:
    broker = Broker(away=True)
    assert await delivery(broker).deliver([GOOD], lambda: False) is None
    broker.here.set()
    await asyncio.sleep(0)
    assert broker.taken == []
