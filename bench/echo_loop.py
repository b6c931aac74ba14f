"""Engine ``echo``: a raw aiokafka echo, which does nothing with a read but say it again: the floor that any round trip
stands on.

Started as a process: ``python -m bench.echo_loop SETTINGS``.
"""

import asyncio
import signal
import sys
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.placement import gate_partitions_of
from schemas.topics import ACCESS_DECISIONS, CREDENTIAL_READS
from services.kafka_client.connection import kafka_options, topic_name
from services.settings import Configuration


async def _run(configuration: Configuration) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    placement = configuration.placement()
    consumer = AIOKafkaConsumer(**kafka_options(configuration), enable_auto_commit=False)
    producer = AIOKafkaProducer(**kafka_options(configuration), acks="all")
    await consumer.start()
    await producer.start()
    name, said = topic_name(configuration, CREDENTIAL_READS), topic_name(configuration, ACCESS_DECISIONS)
    consumer.assign([TopicPartition(name, partition) for partition in range(placement.stream_partitions)])
    await consumer.seek_to_end()
    try:
        while not stop.is_set():
            fetched = await consumer.getmany(timeout_ms=200)
            sent = [
                await producer.send(said, record.value, record.key, _partition(configuration, where.partition))
                for where, records in fetched.items()
                for record in records
            ]
            await asyncio.gather(*sent)
    finally:
        await consumer.stop()
        await producer.stop()


def _partition(configuration: Configuration, stream_partition: int) -> int:
    placement = configuration.placement()
    return next(gate_partitions_of(stream_partition, placement.stream_partitions, placement.gate_partitions))


if __name__ == "__main__":
    asyncio.run(_run(Configuration.load(Path(sys.argv[1]))))
