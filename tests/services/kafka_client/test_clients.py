"""Deliver, follow, read in a group: on a real broker, which one test takes away."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.kafka.broker import LocalKafka
from schemas.outgoing import Outgoing
from schemas.topics import CREDENTIALS, PANICS, Topic
from services.kafka_client import topics_admin
from services.kafka_client.ends import Ends
from services.kafka_client.follower import FROM_END, Follower, Kept, Start
from services.kafka_client.group_reader import GroupReader
from services.kafka_client.producer import RecordProducer, Undeliverable
from services.settings import Configuration
from tests.services.kafka_client.conftest import configured


def record(number: int, topic: Topic = PANICS, partition: int = 0) -> Outgoing:
    """Give a record that says its number."""
    return Outgoing(topic.name, b"site", str(number).encode(), partition)


async def deliver(configuration: Configuration, *records: Outgoing) -> None:
    """Deliver with a producer of its own."""
    producer = RecordProducer(configuration)
    try:
        await producer.deliver(records)
    finally:
        await producer.stop()


async def taken(follower: Follower, count: int, within_s: float = 20.0) -> list[Kept]:
    """Take so many records from a follower."""
    got: list[Kept] = []
    async with asyncio.timeout(within_s), aclosing(follower.batches()) as batches:
        async for batch in batches:
            got += batch
            if len(got) >= count:
                break
    return got


async def test_what_is_delivered_lies_in_its_partition_in_order(configuration: Configuration) -> None:
    """The partition is set by hand, whatever the key."""
    await topics_admin.apply(configuration)
    await deliver(configuration, *(record(number, partition=number % 2) for number in range(50)))
    got = await taken(Follower(configuration, [PANICS]), 50)
    for partition in (0, 1):
        assert [int(kept.value or b"") for kept in got if kept.partition == partition] == list(range(partition, 50, 2))


async def test_a_record_that_no_broker_takes_is_told_and_the_others_can_go(configuration: Configuration) -> None:
    """It would block its partition for ever."""
    await topics_admin.apply(configuration)
    huge = Outgoing(PANICS.name, b"site", b"x" * 2_000_000, 0)
    producer = RecordProducer(configuration)
    try:
        with pytest.raises(Undeliverable) as told:
            await producer.deliver([record(1), huge])
        assert told.value.record == huge
        await producer.deliver([record(2)])
    finally:
        await producer.stop()
    assert b"2" in {kept.value for kept in await taken(Follower(configuration, [PANICS]), 1)}


async def test_a_follower_knows_when_it_has_read_what_was_there(configuration: Configuration) -> None:
    """Caught up means: everything up to the end as it stood when it began."""
    await topics_admin.apply(configuration)
    await deliver(configuration, *(record(number) for number in range(10)))
    follower = Follower(configuration, [PANICS], partitions={PANICS.name: [0]})
    async with asyncio.timeout(20), aclosing(follower.batches()) as batches:
        async for _ in batches:
            if follower.caught_up:
                break
    assert follower.positions()[PANICS.name, 0] == 10


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (FROM_END, [b"late"]),
        (Start(offsets={0: 2}), [b"2", b"late"]),
        (Start(since=timedelta(hours=1)), [b"0", b"1", b"2", b"late"]),
        (Start(offsets={0: 999}), [b"0", b"1", b"2", b"late"]),
    ],
    ids=["from the end", "from a stored offset", "from an hour ago", "from an offset of a topic that was made anew"],
)
async def test_a_follower_begins_where_it_is_told(
    configuration: Configuration, start: Start, expected: list[bytes]
) -> None:
    """An offset past the end means that the topic is another one: it is read from its beginning."""
    await topics_admin.apply(configuration)
    await deliver(configuration, *(record(number) for number in range(3)))
    follower = Follower(configuration, [PANICS], partitions={PANICS.name: [0]}, starts={PANICS.name: start})
    got: list[bytes | None] = []
    sent = False
    async with asyncio.timeout(20), aclosing(follower.batches()) as batches:
        async for batch in batches:
            got += [kept.value for kept in batch]
            if not sent:
                await deliver(configuration, Outgoing(PANICS.name, b"site", b"late", 0))
                sent = True
            if b"late" in got:
                break
    assert got == expected


async def test_what_was_not_committed_comes_again(configuration: Configuration) -> None:
    """At least once: a reader that dies before its commit leaves the batch to the next."""
    await topics_admin.apply(configuration)
    await deliver(configuration, *(record(number, CREDENTIALS) for number in range(5)))

    async def first_batch(*, commit: bool) -> list[bytes | None]:
        reader = GroupReader(configuration, "test", [CREDENTIALS])
        async with asyncio.timeout(30), aclosing(reader.batches()) as batches:
            async for batch in batches:
                if batch:
                    if commit:
                        await reader.commit(batch)
                    return [kept.value for kept in batch]
        raise AssertionError

    assert await first_batch(commit=False) == await first_batch(commit=True) != []
    await deliver(configuration, record(99, CREDENTIALS))
    assert await first_batch(commit=True) == [b"99"]


async def test_clients_that_were_there_before_the_broker_go_on_through_its_death(
    broker_of_its_own: LocalKafka, tmp_path: Path
) -> None:
    """Nothing needs a restart: delivering waits, following goes on where it was."""
    configuration = configured(broker_of_its_own.bootstrap, "", tmp_path)
    await topics_admin.apply(configuration)
    broker_of_its_own.stop()
    follower = Follower(configuration, [PANICS])
    taking = asyncio.create_task(taken(follower, 2, within_s=90))
    producer = RecordProducer(configuration)
    first = asyncio.create_task(producer.deliver([record(1)]))
    try:
        broker_of_its_own.start()
        await asyncio.to_thread(broker_of_its_own.wait_ready)
        await asyncio.wait_for(first, 60)
        broker_of_its_own.kill()
        second = asyncio.create_task(producer.deliver([record(2)]))
        broker_of_its_own.start()
        await asyncio.to_thread(broker_of_its_own.wait_ready)
        await asyncio.wait_for(second, 60)
        assert [kept.value for kept in await taking] == [b"1", b"2"]
    finally:
        taking.cancel()
        await producer.stop()


async def test_ends_are_told_as_of_now_and_not_at_all_while_the_broker_does_not_answer(
    broker_of_its_own: LocalKafka, tmp_path: Path
) -> None:
    """Who must have read everything waits then, and never takes an old answer for a new one."""
    configuration = configured(broker_of_its_own.bootstrap, "", tmp_path)
    await topics_admin.apply(configuration)
    ends = Ends(configuration)
    both = [(PANICS, 0), (PANICS, 1)]
    try:
        assert await ends.ends(both, timeout_s=20) == {(PANICS.name, 0): 0, (PANICS.name, 1): 0}
        await deliver(configuration, record(1), record(2))
        assert await ends.ends(both) == {(PANICS.name, 0): 2, (PANICS.name, 1): 0}
        await asyncio.to_thread(broker_of_its_own.pause)
        assert await ends.ends(both, timeout_s=0.3) is None
        broker_of_its_own.resume()
        assert await ends.ends(both, timeout_s=20) == {(PANICS.name, 0): 2, (PANICS.name, 1): 0}
    finally:
        await ends.stop()
