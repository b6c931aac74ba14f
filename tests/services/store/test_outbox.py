"""The outbox on a real broker: in order, the same id again after a kill, one runner at a time."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy.engine import URL
from sqlmodel import Session

from schemas.alarm_action import AlarmAction
from schemas.outgoing import Outgoing
from schemas.topics import ALARM_ACTIONS, Role
from services.kafka_client.producer import RecordProducer, Undeliverable
from services.settings import RecorderSettings
from services.store import outbox
from services.store.database import Store
from services.store.outbox_runner import OutboxRunner
from tests.parts.waiting import eventually_async
from tests.schemas.examples import KEYRING, SITE
from tests.services.store.ground import PLACEMENT, Ground


class Killed(BaseException):
    """The process is gone, as far as its tasks can tell."""


class DiesAfterDelivery(RecordProducer):
    """A producer whose process is killed when the broker has the records and nobody has noted it yet."""

    async def deliver(self, records: Sequence[Outgoing]) -> list[int]:
        """Deliver for real, and die."""
        await super().deliver(records)
        raise Killed


def acknowledgement(number: int) -> AlarmAction:
    """Give something that administration says."""
    return AlarmAction(
        alarm=f"alarm-{number}",
        action="acknowledge",
        by="guard",
        post="entrance",
        seen_version=1,
        cause=None,
        comment=None,
    )


def put(store: Store, *numbers: int, site: str = SITE) -> None:
    """Put records into the outbox in one transaction."""

    def act(session: Session) -> None:
        for number in numbers:
            outbox.put(session, site=site, topic=ALARM_ACTIONS, data=acknowledgement(number), by="guard")

    store.write_now(act)


def runner(ground: Ground, store: Store, producer: RecordProducer) -> OutboxRunner:
    """Give a runner as the recorder's process has one."""
    settings = ground.configuration.section("recorder", RecorderSettings)
    signer = ground.configuration.signer(
        Role.ADMINISTRATION, "recorder.administration_key", settings.administration_key
    )
    return OutboxRunner(store, producer, signer, PLACEMENT, 0.01)


async def sent(ground: Ground) -> list[tuple[str, str]]:
    """Give the ids and alarms on the broker, in their order, each record checked."""
    trust = ground.configuration.trust()
    assert KEYRING
    told = []
    for kept in await ground.all_of(ALARM_ACTIONS):
        event = trust.read(kept.topic, kept.partition, kept.value)
        assert isinstance(event.data, AlarmAction)
        told.append((event.id, event.data.alarm))
    return told


async def test_rows_are_sent_once_in_their_order_signed_by_administration(ground: Ground, store: Store) -> None:
    put(store, *range(40))
    put(store, 40)
    producer = RecordProducer(ground.configuration)
    outbox_runner = runner(ground, store, producer)
    assert [await outbox_runner.send_waiting(), await outbox_runner.send_waiting()] == [41, 0]
    await producer.stop()
    told = await sent(ground)
    assert [alarm for _, alarm in told] == [f"alarm-{number}" for number in range(41)]
    assert len({event_id for event_id, _ in told}) == 41


async def test_after_a_kill_between_delivery_and_note_the_same_ids_go_out_again(ground: Ground, store: Store) -> None:
    put(store, 1, 2)
    dying = DiesAfterDelivery(ground.configuration)
    with pytest.raises(Killed):
        await runner(ground, store, dying).send_waiting()
    await dying.stop()
    first = await ground.all_of(ALARM_ACTIONS)
    producer = RecordProducer(ground.configuration)
    assert await runner(ground, store, producer).send_waiting() == 2
    await producer.stop()
    both = await ground.all_of(ALARM_ACTIONS)
    assert [kept.value for kept in both] == [kept.value for kept in first] * 2, (
        "byte for byte, so every reader knows the repeat"
    )


async def test_one_runner_sends_and_the_other_takes_over_when_it_ends(
    ground: Ground, store: Store, database_url: URL
) -> None:
    other_store = Store(database_url)
    producers = [RecordProducer(ground.configuration) for _ in range(2)]
    runners = [
        asyncio.create_task(runner(ground, place, producer).run())
        for place, producer in zip((store, other_store), producers, strict=True)
    ]
    put(store, 1)
    await eventually_async(lambda: store.read_now(lambda session: not outbox.unsent(session, 9)))
    for ended in (0, 1):
        put(store, 10 + ended)
        await eventually_async(lambda: store.read_now(lambda session: not outbox.unsent(session, 9)))
        runners[ended].cancel()
        await asyncio.gather(runners[ended], return_exceptions=True)
    put(store, 99)
    for producer in producers:
        await producer.stop()
    other_store.close()
    told = [alarm for _, alarm in await sent(ground)]
    assert told == ["alarm-1", "alarm-10", "alarm-11"], "each once, and nothing after both have ended"


async def test_a_row_that_no_broker_takes_is_noted_and_the_next_one_goes_on(ground: Ground, store: Store) -> None:
    class Picky(RecordProducer):
        async def deliver(self, records: Sequence[Outgoing]) -> list[int]:
            for record in records:
                if b"alarm-2" in record.value:
                    raise Undeliverable(record, ValueError("too large"))
            return await super().deliver(records)

    put(store, 1, 2, 3)
    producer = Picky(ground.configuration)
    await runner(ground, store, producer).send_waiting()
    await producer.stop()
    assert [alarm for _, alarm in await sent(ground)] == ["alarm-1", "alarm-3"]
    rows = store.read_now(lambda session: [session.get_one(outbox.OutboxRow, number).refused for number in (1, 2, 3)])
    assert rows == [None, "alarm_actions: ValueError", None]


def test_a_store_made_anew_in_the_place_of_another_gives_other_ids(store: Store) -> None:
    put(store, 1)
    (row,) = store.read_now(lambda session: outbox.unsent(session, 9))
    assert row.event_id == f"administration:{row.boot}:1"
    assert row.boot > 1_700_000_000, "the second in which the store was made"
