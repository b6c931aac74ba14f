"""The batch table on real files: a batch's own rows are read first, and rows and offset reach the disk together or
not at all.
"""

from pathlib import Path
from typing import Any

import pytest
from faust.types import TP

from services.flow.app import make_app, make_tables
from services.flow.batch_table import BatchTable
from services.settings import Configuration, KafkaSettings, Settings, TrustSettings


@pytest.fixture
def table(tmp_path: Path) -> BatchTable:
    return make_table(tmp_path)


def make_table(folder: Path) -> BatchTable:
    kafka = KafkaSettings(bootstrap="127.0.0.1:9", stream_partitions=2, gate_partitions=4)
    configuration = Configuration(Settings(kafka=kafka, trust=TrustSettings(keyring="none")), folder)
    (table,) = make_tables(make_app(configuration, "trial-v1", folder), ["rows"], 2).values()
    table.app.conf.tabledir.mkdir(parents=True, exist_ok=True)
    return table


def changelog(partition: int) -> Any:
    return TP("trial-v1-rows-changelog", partition)


def test_a_batch_reads_its_own_rows_before_they_are_settled(table: BatchTable) -> None:
    table.collect(0, b"key", b"one")
    table.collect(0, b"key", b"two")
    assert table.row(0, b"key") == b"two"
    assert table.row(1, b"key") is None
    assert [tuple(change) for change in table.changes()] == [(0, b"key", b"two")], "the last value of each key"


def test_a_settled_batch_is_on_disk_with_the_changelogs_offset(tmp_path: Path) -> None:
    table = make_table(tmp_path)
    table.collect(0, b"a", b"1")
    table.collect(1, b"b", b"2")
    table.settle({0: 17, 1: 4})
    assert table.changes() == []
    table.data._dbs.clear()
    again = make_table(tmp_path)
    assert (again.row(0, b"a"), again.row(1, b"b"), again.row(0, b"b")) == (b"1", b"2", None)
    assert (again.persisted_offset(changelog(0)), again.persisted_offset(changelog(1))) == (17, 4)


def test_a_batch_that_is_forgotten_leaves_nothing(table: BatchTable) -> None:
    table.collect(0, b"a", b"1")
    table.settle({0: 1})
    table.collect(0, b"a", b"2")
    table.forget()
    assert (table.row(0, b"a"), table.persisted_offset(changelog(0))) == (b"1", 1)


def test_faults_own_way_of_writing_is_shut(table: BatchTable) -> None:
    with pytest.raises(TypeError, match=r"collect\(\)"):
        table.on_key_set(b"a", b"1")
    with pytest.raises(TypeError, match=r"collect\(\)"):
        table.on_key_del(b"a")


async def test_a_partition_that_goes_to_another_worker_leaves_no_file_behind(table: BatchTable) -> None:
    for partition in (0, 1):
        table.collect(partition, b"a", b"1")
    table.settle({0: 5, 1: 5})
    assert table.data.partition_path(0).exists()
    await table.on_rebalance({changelog(1)}, {changelog(0), TP("credential_reads", 1)}, set())
    assert not table.data.partition_path(0).exists()
    assert table.row(1, b"a") == b"1"
    assert table.row(0, b"a") is None
