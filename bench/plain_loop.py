"""Engine ``aiokafka``: a plain consumer loop with the same work and the same durable state: a changelog record and a
row on disk for each answer.

Started as a process: ``python -m bench.plain_loop SETTINGS``.
"""

import asyncio
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from aiokafka import AIOKafkaConsumer
from rocksdict import Options, Rdict, WriteBatch

from bench.judge import Judge
from schemas.outgoing import Outgoing
from schemas.topics import CREDENTIAL_READS, changelog_name
from services.kafka_client.connection import group_name, kafka_options, topic_name
from services.kafka_client.producer import RecordProducer
from services.settings import Configuration

APP = "admission-v1"
BATCH = 400
COMMIT_EVERY_S = 0.5


class _Rows:
    """Answers of every partition in one file, this batch's first."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._stored = Rdict(str(folder), options=Options(raw_mode=True))
        self.fresh: dict[tuple[str, str], bytes] = {}

    def row(self, table: str, key: str) -> bytes | None:
        return self.fresh.get((table, key)) or self._stored.get(f"{table}/{key}".encode())

    def settle(self, offsets: Mapping[tuple[str, int], int]) -> None:
        written = WriteBatch(raw_mode=True)
        for (table, key), value in self.fresh.items():
            written.put(f"{table}/{key}".encode(), value)
        for (topic, partition), offset in offsets.items():
            written.put(f"offset/{topic}/{partition}".encode(), str(offset).encode())
        self._stored.write(written)
        self.fresh.clear()


async def _run(configuration: Configuration) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    judge = Judge(configuration)
    rows = _Rows(judge.data_dir / "rows")
    producer = RecordProducer(configuration)
    partitions = range(configuration.placement().stream_partitions)
    await judge.facts.follow(partitions)
    consumer = AIOKafkaConsumer(
        topic_name(configuration, CREDENTIAL_READS),
        **kafka_options(configuration),
        group_id=group_name(configuration, APP),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=128 * 1024,
    )
    await consumer.start()
    try:
        await _loop(stop, consumer, judge, rows, producer)
    finally:
        await consumer.stop()
        await judge.facts.stop()
        await producer.stop()


async def _loop(
    stop: asyncio.Event, consumer: AIOKafkaConsumer, judge: Judge, rows: _Rows, producer: RecordProducer
) -> None:
    committed_s = 0.0
    while not stop.is_set():
        fetched = await consumer.getmany(timeout_ms=200, max_records=BATCH)
        if not fetched:
            continue
        await judge.facts.current({where.partition for where in fetched}, lambda: True)
        spoken: list[Outgoing] = []
        changes: list[Outgoing] = []
        for where, records in fetched.items():
            for record in records:
                case = judge.judge(where.partition, record.value, rows)
                spoken += case.spoken
                rows.fresh |= case.changes
                changes += [
                    Outgoing(changelog_name(APP, table), key.encode(), value, where.partition)
                    for (table, key), value in case.changes.items()
                ]
        offsets = await producer.deliver(changes)
        rows.settle({(change.topic, change.partition): offset for change, offset in zip(changes, offsets, strict=True)})
        await producer.deliver(spoken)
        now_s = asyncio.get_running_loop().time()
        if now_s - committed_s > COMMIT_EVERY_S:
            await consumer.commit()
            committed_s = now_s


if __name__ == "__main__":
    asyncio.run(_run(Configuration.load(Path(sys.argv[1]))))
