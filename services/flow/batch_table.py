"""A Faust table whose changes of a batch go out together: the last value of each key to the changelog, then rows and
offset to disk in one write.

Faust's own table sends one changelog record and writes one stored offset for each change, which is three quarters of
its cost, and it commits the source whether or not the changelog took them. Here nothing reaches the disk before the
changelog has it, and nothing is committed before the disk has it. Rests on private names of faust 0.15.3
(``Store._db_for_partition``, ``Store._dbs``, ``Store.offset_key``): ``tests/services/flow/test_faust_names.py`` fails
when they move.
"""

import shutil
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import faust
from faust.types import TP
from rocksdict import WriteBatch

STORE_OPTIONS = {"write_buffer_size": 4 * 1024 * 1024, "block_cache_size": 8 * 1024 * 1024, "max_open_files": 256}
"""For each partition's file of each table: Faust's own (64 MiB, 2 GiB) are for a worker with one table."""


class Change(NamedTuple):
    """The last value of one key in a batch."""

    partition: int
    key: bytes
    value: bytes


class BatchTable(faust.Table[bytes, bytes]):
    """A table that is written a batch at a time. Keys and values are bytes, the partition is given by hand."""

    mundane_level = "debug"

    def __init__(self, app: faust.App, **options: Any) -> None:
        """Make the table as Faust does."""
        super().__init__(app, **options)
        self._overlay: dict[tuple[int, bytes], bytes] = {}

    def row(self, partition: int, key: bytes) -> bytes | None:
        """Give a row: this batch's own first, then the disk's."""
        changed = self._overlay.get((partition, key))
        return changed if changed is not None else self.data._db_for_partition(partition).get(key)  # noqa: SLF001  see the head

    def collect(self, partition: int, key: bytes, value: bytes) -> None:
        """Change a row in this batch."""
        self._overlay[partition, key] = value

    def changes(self) -> Sequence[Change]:
        """Give what this batch has changed, for the changelog."""
        return [Change(partition, key, value) for (partition, key), value in self._overlay.items()]

    def settle(self, offsets: Mapping[int, int]) -> None:
        """Put the batch on disk with the changelog's last offset of each partition, in one write each; the changelog
        must have it all.
        """
        written: dict[int, WriteBatch] = {}
        for (partition, key), value in self._overlay.items():
            if partition not in written:
                written[partition] = WriteBatch(raw_mode=True)
            written[partition].put(key, value)
        for partition, batch in written.items():
            batch.put(self.data.offset_key, str(offsets[partition]).encode())
            self.data._db_for_partition(partition).write(batch)  # noqa: SLF001  see the head
        self._overlay.clear()

    def forget(self) -> None:
        """Drop the batch: its records will come again."""
        self._overlay.clear()

    def on_key_set(self, key: bytes, value: bytes | None) -> None:  # noqa: ARG002  Faust's own signature
        """Refuse Faust's own way in: it would send and store each change alone."""
        message = f"table {self.name} is written with collect()"
        raise TypeError(message)

    def on_key_del(self, key: bytes) -> None:
        """Refuse Faust's own way in."""
        self.on_key_set(key, None)

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Delete the files of partitions that are another worker's now: what it changes meanwhile is not in them."""
        self.forget()
        for partition in sorted(place.partition for place in revoked if place.topic == self.changelog_topic_name):
            store = self.data._dbs.pop(partition, None)  # noqa: SLF001  see the head
            if store is not None:
                store.close()
            shutil.rmtree(self.data.partition_path(partition), ignore_errors=True)
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)
