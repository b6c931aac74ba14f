"""Measures an engine from outside: how many decisions a second it says, and how long a read waits for its decision."""

import asyncio
import math
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.ground import Ground
from schemas.topics import ACCESS_DECISIONS
from services.kafka_client.connection import kafka_options, topic_name
from services.kafka_client.ends import Ends

ENGINES: dict[str, Sequence[str]] = {
    "faust": ("services.cli", "admission", "--settings"),
    "aiokafka": ("bench.plain_loop",),
    "quixstreams": ("bench.quix_loop",),
    "echo": ("bench.echo_loop",),
}
"""What is started for each: a module and its arguments, the settings file comes last."""

LOOK_EVERY_S = 0.05
BEGINS, ENDS = 0.15, 0.95
"""Between which shares of the backlog the rate is taken: neither the start nor the last small batches."""

GIVE_UP_S = 180.0
STOP_S = 20.0


class EngineFailed(Exception):  # noqa: N818  told to the person at the terminal
    """An engine ended or did not get on; the text has the end of its log."""


class RoundTrip(msgspec.Struct, frozen=True):
    """Milliseconds from just before a read is produced until its decision is consumed."""

    p50: float
    p99: float
    n: int


class Engine:
    """One engine as a process."""

    def __init__(self, name: str, ground: Ground) -> None:
        """Start it."""
        self.name = name
        self._log = ground.folder / f"{name}.log"
        command = [sys.executable, "-m", *ENGINES[name], str(ground.settings)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603  our own programs

    def check(self) -> None:
        """Raise EngineFailed when it has ended."""
        if self._process.poll() is not None:
            message = f"{self.name} ended with {self._process.returncode}:\n{_tail(self._log)}"
            raise EngineFailed(message)

    def cpu_s(self) -> float:
        """Give the processor time that it has used, all threads together."""
        return cpu_s(self._process.pid)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def cpu_s(pid: int) -> float:
    """Give the processor time that a process has used, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Rate(msgspec.Struct, frozen=True):
    """What an engine said a second, and the processor time of each, which a busy machine changes less."""

    per_s: float
    cpu_us_each: float


class _Look(NamedTuple):
    at_s: float
    said: int
    cpu_s: float


async def throughput(engine: Engine, ground: Ground, reads: int) -> Rate:
    """Give the rate of an engine that was just started before a backlog of ``reads``."""
    ends = Ends(ground.configuration)
    looks: list[_Look] = []
    try:
        deadline = time.monotonic() + GIVE_UP_S
        while not looks or looks[-1].said < reads:
            engine.check()
            if time.monotonic() > deadline:
                message = f"{engine.name} said {looks[-1].said} of {reads} decisions in {GIVE_UP_S:.0f} s"
                raise EngineFailed(message)
            await asyncio.sleep(LOOK_EVERY_S)
            looks.append(_Look(time.monotonic(), await _said(ends, ground), engine.cpu_s()))
    finally:
        await ends.stop()
    first = next(look for look in looks if look.said >= BEGINS * reads)
    last = next(look for look in looks if look.said >= ENDS * reads)
    said = last.said - first.said
    per_s = said / max(last.at_s - first.at_s, LOOK_EVERY_S)
    return Rate(round(per_s), round((last.cpu_s - first.cpu_s) / said * 1_000_000))


async def round_trip(engine: Engine, ground: Ground, first: int, reads: int, a_second: float) -> RoundTrip:
    """Give the round trip of reads that are produced at an even pace, whatever the engine does (open loop)."""
    watching = _Watching(ground)
    try:
        await watching.start()
        number = await _warmed_up(engine, ground, watching, first)
        sent: dict[str, float] = {}
        sending = []
        start_s = time.perf_counter()
        for place in range(reads):
            record = ground.read(number + place)
            await asyncio.sleep(max(0.0, start_s + place / a_second - time.perf_counter()))
            sent[_read_id(record.value)] = time.perf_counter()
            sending.append(asyncio.create_task(ground.send([record])))
        await asyncio.gather(*sending)
        await watching.has(sent)
        return quantiles([(watching.seen[read] - at_s) * 1000 for read, at_s in sent.items()])
    finally:
        await watching.stop()


def quantiles(times_ms: Sequence[float]) -> RoundTrip:
    """Give the median and the 99th percentile (nearest rank)."""
    return RoundTrip(rank(times_ms, 0.5), rank(times_ms, 0.99), len(times_ms))


def rank(times_ms: Sequence[float], share: float) -> float:
    """Give the time that a share of them did not exceed (nearest rank)."""
    ordered = sorted(times_ms)
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 2)


async def _warmed_up(engine: Engine, ground: Ground, watching: "_Watching", number: int) -> int:
    """Send reads until they are answered, and give the number of the next."""
    deadline = time.monotonic() + GIVE_UP_S
    for _ in range(20):
        read = _read_id((record := ground.read(number)).value)
        await ground.send([record])
        while read not in watching.seen:
            engine.check()
            if time.monotonic() > deadline:
                message = f"{engine.name} answered nothing in {GIVE_UP_S:.0f} s"
                raise EngineFailed(message)
            if engine.name == "echo":
                await ground.send([record])
            await asyncio.sleep(LOOK_EVERY_S)
        number += 1
    return number


class _Watching:
    """Reads decisions as they come, and notes when."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._consumer = AIOKafkaConsumer(**kafka_options(ground.configuration), enable_auto_commit=False)
        self._task: asyncio.Task[None] | None = None
        self._more = asyncio.Event()
        self.seen: dict[str, float] = {}

    async def start(self) -> None:
        await self._consumer.start()
        name = topic_name(self._ground.configuration, ACCESS_DECISIONS)
        self._consumer.assign([TopicPartition(name, number) for number in range(_decision_partitions(self._ground))])
        await self._consumer.seek_to_end()
        self._task = asyncio.create_task(self._read())

    async def has(self, reads: dict[str, float]) -> None:
        async with asyncio.timeout(GIVE_UP_S):
            while not reads.keys() <= self.seen.keys():
                self._more.clear()
                await self._more.wait()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        await self._consumer.stop()

    async def _read(self) -> None:
        while True:
            for records in (await self._consumer.getmany(timeout_ms=500)).values():
                now_s = time.perf_counter()
                for record in records:
                    self.seen.setdefault(_read_id(record.value), now_s)
            self._more.set()


class _Data(msgspec.Struct):
    read: str = ""


class _Record(msgspec.Struct):
    id: str
    data: _Data


def _read_id(value: bytes) -> str:
    """Give the read that a record is about: a decision's, or the record itself when it is the read."""
    record = msgspec.json.decode(value, type=_Record)
    return record.data.read or record.id


async def _said(ends: Ends, ground: Ground) -> int:
    found = await ends.ends([(ACCESS_DECISIONS, number) for number in range(_decision_partitions(ground))])
    return sum(found.values()) if found else 0


def _decision_partitions(ground: Ground) -> int:
    return ground.configuration.placement().partitions(ACCESS_DECISIONS)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
