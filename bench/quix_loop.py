"""Engine ``quixstreams``: the same work in a StreamingDataFrame, with quixstreams' own state (RocksDB and a changelog).

quixstreams judges a record at a time, so a read waits for its facts only when it is younger than the last time that
they were whole. Started as a process: ``python -m bench.quix_loop SETTINGS``.
"""

import asyncio
import sys
import threading
import time
from pathlib import Path
from typing import Any

from quixstreams import Application, State, message_context

from bench.judge import Judge
from schemas.topics import ACCESS_DECISIONS, CREDENTIAL_READS
from services.kafka_client.connection import group_name, topic_name
from services.settings import Configuration

APP = "admission-v1"
COMMIT_EVERY_S = 0.5


class _StateRows:
    """The rows of one record's site, in quixstreams' state."""

    def __init__(self, state: State[Any, Any]) -> None:
        self._state = state

    def row(self, table: str, key: str) -> bytes | None:
        return self._state.get_bytes(f"{table}/{key}")


class _Facts:
    """The followed facts in a loop of their own; quixstreams has none."""

    def __init__(self, judge: Judge, partitions: range) -> None:
        self._judge = judge
        self._partitions = partitions
        self._whole_at_ms = 0.0
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._do(judge.facts.follow(partitions))

    def whole_for(self, read_at_ms: float) -> None:
        """Return when the facts are whole as of a read."""
        if read_at_ms >= self._whole_at_ms:
            asked_ms = time.time() * 1000
            self._do(self._judge.facts.current(self._partitions, lambda: True))
            self._whole_at_ms = asked_ms

    def _do(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()


def run(configuration: Configuration) -> None:
    """Run until SIGTERM."""
    judge = Judge(configuration)
    facts = _Facts(judge, range(configuration.placement().stream_partitions))
    app = Application(
        configuration.settings.kafka.bootstrap,
        consumer_group=group_name(configuration, APP),
        auto_offset_reset="earliest",
        commit_interval=COMMIT_EVERY_S,
        state_dir=judge.data_dir / "state",
        loglevel="WARNING",
        auto_create_topics=True,
        producer_extra_config={"partitioner": "murmur2", "linger.ms": 2, "acks": "all"},
    )
    reads = app.topic(topic_name(configuration, CREDENTIAL_READS), value_deserializer="bytes", key_deserializer="bytes")
    decisions = app.topic(topic_name(configuration, ACCESS_DECISIONS), value_serializer="bytes", key_serializer="bytes")

    def answer(value: bytes, _: bytes, timestamp_ms: int, __: object, state: State[Any, Any]) -> bytes:
        facts.whole_for(timestamp_ms)
        case = judge.judge(message_context().partition, value, _StateRows(state))
        for (table, key), row in case.changes.items():
            state.set_bytes(f"{table}/{key}", row)
        return case.spoken[0].value

    app.dataframe(reads).apply(answer, stateful=True, metadata=True).to_topic(decisions)
    app.run()


if __name__ == "__main__":
    run(Configuration.load(Path(sys.argv[1])))
