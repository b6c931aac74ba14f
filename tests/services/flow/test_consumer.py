"""The consumer hands over every record of a partition in its order, whatever Faust does with the partitions meanwhile.

Played against a log in this process, whose takes end when the test says so: on a real broker the moments in question
last some thousandths of a second (``test_bad_days.py`` plays the same there).
"""

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from faust.types import TP, Message

from services.flow.app import make_app
from services.flow.consumer import PromptConsumer
from services.settings import Configuration, KafkaSettings, Settings, TrustSettings

READS = TP("credential_reads", 0)
OTHER = TP("credential_reads", 1)


class _Record(NamedTuple):
    topic: str
    partition: int
    offset: int
    key: bytes = b""
    value: bytes = b""
    timestamp: int = 0
    timestamp_type: int = 0
    headers: tuple[()] = ()
    checksum: None = None
    serialized_key_size: int = 0
    serialized_value_size: int = 0


class _Sent:
    """A producer that has sent everything."""

    async def flush(self) -> None:
        return


class _Played(PromptConsumer):
    """The consumer, on a log of its own: ``begins`` to ``ends`` of each partition, and what the group has committed."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.begins = {READS: 0, OTHER: 0}
        self.ends = {READS: 0, OTHER: 0}
        self.committed: dict[TP, int] = {}
        self.position = {READS: 0, OTHER: 0}
        self.asked: list[frozenset[TP]] = []
        self.taking = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.handed: list[tuple[int, int]] = []
        self.tried: list[dict[TP, int]] = []
        self.coordinator_knows_us = True

    def assignment(self) -> set[TP]:
        return {READS, OTHER}

    def _is_changelog_tp(self, tp: TP) -> bool:
        return tp not in self.assignment()

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        self.position |= self.committed
        return {place: self.committed.get(place) for place in self.assignment()}

    async def earliest_offsets(self, *places: TP) -> Mapping[TP, int]:
        return {place: self.begins[place] for place in places}

    async def _seek(self, place: TP, offset: int) -> None:
        self.position[place] = offset

    async def _getmany(self, active_partitions: Collection[TP], **_: float) -> Mapping[TP, list[_Record]]:
        self.asked.append(frozenset(active_partitions))
        self.taking.set()
        await self.may_end.wait()
        taken = {}
        for place in active_partitions:
            begin = max(self.position[place], self.begins[place])
            if records := [_Record(place.topic, place.partition, offset) for offset in range(begin, self.ends[place])]:
                taken[place] = records
                self.position[place] = self.ends[place]
        return taken

    def _to_message(self, _: TP, record: _Record) -> Any:
        return record

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        self.tried.append(dict(offsets))
        return self.coordinator_knows_us

    async def turn(self) -> None:
        """Take once and hand over."""
        await self._hand_over(await self._take())


@pytest.fixture
async def consumer(tmp_path: Path) -> _Played:
    async def nothing(*_: Any, **__: Any) -> None:
        pass

    async def handed(message: Message) -> None:
        played.handed.append((message.partition, message.offset))

    kafka = KafkaSettings(bootstrap="127.0.0.1:9", topic_prefix="t-", stream_partitions=2, gate_partitions=4)
    settings = Settings(kafka=kafka, trust=TrustSettings(keyring="none"))
    app = make_app(Configuration(settings, tmp_path), "admission-v1", tmp_path)
    app.producer = _Sent()
    played = _Played(app.transport, handed, nothing, nothing)
    return played


async def _recovered(consumer: _Played) -> None:
    """What Faust does at a recovery's end, in its order."""
    consumer.resume_partitions(consumer.assignment())
    await consumer.perform_seek()
    consumer.resume_flow()


def _reads(*offsets: range) -> list[tuple[int, int]]:
    return [(0, offset) for each in offsets for offset in each]


async def test_nothing_is_taken_before_it_has_been_sought_and_resumed(consumer: _Played) -> None:
    consumer._set_active_tps(consumer.assignment())
    consumer.ends[READS] = 3
    await consumer.turn()
    consumer.resume_partitions(consumer.assignment())
    await consumer.turn()
    assert consumer.asked == []
    await consumer.perform_seek()
    await consumer.turn()
    assert consumer.asked == []
    consumer.resume_flow()
    await consumer.turn()
    assert consumer.handed == _reads(range(3))


async def test_a_take_asks_for_what_was_active_when_it_began(consumer: _Played) -> None:
    """Faust empties its set while the take waits, and aiokafka reads an empty set as "all"."""
    await _recovered(consumer)
    consumer.may_end.clear()
    taking = asyncio.create_task(consumer.turn())
    await consumer.taking.wait()
    consumer.pause_partitions(consumer.assignment())
    consumer.may_end.set()
    await taking
    assert consumer.asked == [frozenset({READS, OTHER})]


async def test_a_seek_waits_for_the_end_of_the_take_before_it(consumer: _Played) -> None:
    await _recovered(consumer)
    consumer.ends[READS], consumer.committed[READS] = 9, 4
    consumer.may_end.clear()
    taking = asyncio.create_task(consumer.turn())
    await consumer.taking.wait()
    consumer.pause_partitions(consumer.assignment())
    recovering = asyncio.create_task(_recovered(consumer))
    await asyncio.sleep(0)
    assert consumer.position[READS] == 0, "sought under a take"
    consumer.may_end.set()
    await asyncio.gather(taking, recovering)
    await consumer.turn()
    assert consumer.handed == _reads(range(4, 9))


async def test_what_is_missing_before_a_record_is_sought_and_handed_over_first(consumer: _Played) -> None:
    consumer.committed[READS], consumer.ends[READS] = 812, 862
    await _recovered(consumer)
    consumer.position[READS], consumer.ends[READS] = 862, 900
    await consumer.turn()
    assert consumer.handed == []
    await consumer.turn()
    assert consumer.handed == _reads(range(812, 900))
    assert not consumer._gap[READS], "a hole must not be told to Faust as a gap: it commits over it"


async def test_what_a_retention_has_deleted_is_passed_over_and_said(
    consumer: _Played, caplog: pytest.LogCaptureFixture
) -> None:
    consumer.committed[READS], consumer.ends[READS] = 5, 20
    consumer.begins[READS] = 10
    await _recovered(consumer)
    await consumer.turn()
    assert consumer.handed == _reads(range(10, 20))
    assert "expired_unread topic=credential_reads partition=0 missing=5..9" in caplog.text
    assert [(gap.begin, gap.end) for gap in consumer._gap[READS]] == [(6, 10)], (
        "Faust counts from behind what is committed"
    )


async def test_a_log_that_lacks_a_record_in_its_middle_does_not_stop_the_way(
    consumer: _Played, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await _recovered(consumer)

    async def lacking(**_: Any) -> Mapping[TP, list[_Record]]:
        return {READS: [_Record(READS.topic, READS.partition, offset) for offset in (7, 8)]}

    monkeypatch.setattr(consumer, "_getmany", lacking)
    await consumer.turn()
    await consumer.turn()
    assert consumer.handed == _reads(range(7, 9))
    assert caplog.text.count("sought_back") == 1
    assert caplog.text.count("expired_unread") == 1


async def test_a_record_that_was_handed_over_is_not_handed_over_again(consumer: _Played) -> None:
    consumer.ends[READS] = 5
    await _recovered(consumer)
    await consumer.turn()
    consumer.position[READS] = 2
    consumer.ends[READS] = 7
    await consumer.turn()
    assert consumer.handed == _reads(range(7))


async def test_a_partition_without_a_committed_offset_begins_at_the_begin_of_its_log(consumer: _Played) -> None:
    consumer.begins[OTHER], consumer.ends[OTHER] = 3, 6
    consumer.position[OTHER] = 6
    await _recovered(consumer)
    await consumer.turn()
    assert consumer.handed == [(1, offset) for offset in range(3, 6)]


async def test_what_is_left_of_a_take_when_the_partitions_go_comes_again_with_them(consumer: _Played) -> None:
    consumer.ends[READS] = 6

    async def going(message: Message) -> None:
        consumer.handed.append((message.partition, message.offset))
        if message.offset == 2 and len(consumer.handed) == 3:
            consumer.stop_flow()
            consumer.pause_partitions(consumer.assignment())

    consumer.callback = going
    await _recovered(consumer)
    await consumer.turn()
    assert consumer.handed == _reads(range(3))
    consumer.committed[READS] = 2
    await _recovered(consumer)
    await consumer.turn()
    assert consumer.handed == _reads(range(3), range(2, 6))


async def test_a_commit_that_was_refused_is_tried_again_without_another_record(consumer: _Played) -> None:
    """A broker that has died begins the group anew; Faust took the refused commit for done."""
    for coordinator_knows_us in (False, True, True):
        consumer.coordinator_knows_us = coordinator_knows_us
        if offsets := {place: 9 for place in consumer.assignment() if consumer._should_commit(place, 9)}:
            await consumer._commit_offsets(offsets)
    assert consumer.tried == [{READS: 9, OTHER: 9}] * 2
