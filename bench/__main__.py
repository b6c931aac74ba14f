"""``python -m bench``: measures engines side by side on a real broker, prints a table, and writes
``var/bench/latest.json``.

How to read what it says: ``bench/README.md``.
"""

import argparse
import asyncio
import os
import platform
import shutil
import statistics
import sys
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from bench import decisions, portal
from bench.card import WARM_UP as CARDS_WARM_UP
from bench.card import NotUnlocked, card_to_unlock, running_site
from bench.ground import Ground
from bench.measure import Engine, EngineFailed, Rate, RoundTrip, round_trip, throughput
from bench.reach import TARGET_MS, Reached, reached
from deploy.demo.page import PageFailed
from deploy.demo.processes import ProcessFailed
from deploy.demo.pupils import pupils
from deploy.kafka.broker import KafkaUnavailableError, LocalKafka

HOME = Path("var/bench")
JARS = Path("var/jars")
COMPARED = ("faust", "aiokafka", "quixstreams")
ECHO = "echo"
WARM_UP = -1
"""The round that is not counted: a Java broker that was just started is slow, whoever comes first."""

WARM_UP_TRIPS = 10

TARGET_A_SECOND = 3000
TARGET_SHARE = 0.25
READS_A_SECOND = 50.0
PACKAGES = (
    "faust-streaming",
    "mode-streaming",
    "aiokafka",
    "quixstreams",
    "confluent-kafka",
    "rocksdict",
    "msgspec",
    "pynacl",
)


class Sizes(msgspec.Struct, frozen=True):
    """How much is measured."""

    rounds: int
    backlog: int
    trips: int
    cards: int
    revoked: int


QUICK = Sizes(rounds=1, backlog=10_000, trips=100, cards=20, revoked=40)
LONG = Sizes(rounds=3, backlog=30_000, trips=1_000, cards=200, revoked=200)


def main() -> int:
    """Measure and give the exit status: 1 when something could not be measured. Figures never fail it: compare them
    yourself.
    """
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--long", action="store_true", help="three rounds and larger numbers: about ten minutes")
    sizes = LONG if parser.parse_args().long else QUICK
    shutil.rmtree(HOME / "ground", ignore_errors=True)
    console = Console()
    try:
        with LocalKafka(JARS, HOME / "ground" / "kafka") as kafka:
            result = asyncio.run(_measured(kafka.bootstrap, sizes, console))
    except (EngineFailed, NotUnlocked, PageFailed, ProcessFailed, KafkaUnavailableError) as error:
        console.print(str(error), style="bold red", markup=False)
        return 1
    finally:
        shutil.rmtree(HOME / "ground" / "kafka", ignore_errors=True)
    (HOME / "latest.json").write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2))
    _show(console, result)
    return 0


async def _measured(bootstrap: str, sizes: Sizes, console: Console) -> dict[str, Any]:
    console.print("decide() on a whole school", style="dim")
    decide = await asyncio.to_thread(decisions.measured)
    rates: dict[str, list[Rate]] = {name: [] for name in COMPARED}
    trips: dict[str, RoundTrip] = {}
    console.print("warming the broker up", style="dim")
    await _round(bootstrap, "aiokafka", WARM_UP, sizes, {"aiokafka": []})
    for number in range(sizes.rounds):
        for name in (*COMPARED, *([] if number else [ECHO])):
            console.print(f"round {number + 1} of {sizes.rounds}: {name}", style="dim")
            trip = await _round(bootstrap, name, number, sizes, rates)
            trips.setdefault(name, trip)
    console.print("card to unlock, and how soon a gate knows", style="dim")
    people = pupils(CARDS_WARM_UP + sizes.cards + sizes.revoked)
    entering = people[: CARDS_WARM_UP + sizes.cards]
    leaving = [replace(person, category="staff") for person in people[len(entering) :]]
    async with running_site(HOME / "ground" / "card", bootstrap, [*entering, *leaving]) as site:
        card = await card_to_unlock(site, entering)
        reach = await reached(site, leaving)
    console.print("the visitor portal", style="dim")
    figures = await portal.measured(HOME / "ground" / "portal", bootstrap)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "sizes": msgspec.structs.asdict(sizes),
        "throughput_per_s": {name: statistics.median(rate.per_s for rate in found) for name, found in rates.items()},
        "throughput_rounds_per_s": {name: [rate.per_s for rate in found] for name, found in rates.items()},
        "cpu_us_each": {name: statistics.median(rate.cpu_us_each for rate in found) for name, found in rates.items()},
        "round_trip_ms": {name: msgspec.structs.asdict(trip) for name, trip in trips.items()},
        "card_to_unlock_ms": msgspec.structs.asdict(card),
        "reach_ms": msgspec.to_builtins(reach),
        "decide": msgspec.to_builtins(decide),
        "portal": figures,
        "machine": _machine(),
        "versions": {
            "python": platform.python_version(),
            "kafka": _kafka_version(),
            **{name: version(name) for name in PACKAGES},
        },
    }


async def _round(bootstrap: str, name: str, number: int, sizes: Sizes, rates: dict[str, list[Rate]]) -> RoundTrip:
    """Let one engine meet a backlog (the echo has none) and then reads at an even pace."""
    ground = Ground(HOME / "ground" / f"{name}-{number}", bootstrap, f"{name}-{number}-")
    backlog = sizes.backlog if name in rates else 0
    try:
        await ground.lay()
        await ground.send([ground.read(read) for read in range(backlog)])
        engine = Engine(name, ground)
        try:
            if backlog:
                rates[name].append(await throughput(engine, ground, backlog))
            trips = WARM_UP_TRIPS if number == WARM_UP else sizes.trips
            return await round_trip(engine, ground, backlog, trips, READS_A_SECOND)
        finally:
            engine.stop()
    finally:
        await ground.close()


def _machine() -> dict[str, Any]:
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory_kb = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gb": round(memory_kb / 1024 / 1024, 1),
        "system": platform.platform(),
        "load_before": round(os.getloadavg()[2], 2),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _kafka_version() -> str:
    found = next(JARS.glob("kafka_2.13-*.jar"), None)
    return found.stem.rpartition("-")[2] if found else "unknown"


def _show(console: Console, result: dict[str, Any]) -> None:
    table = Table(title="The same work, engine by engine")
    for heading in ("engine", "decisions/s", "of aiokafka", "CPU us each", "round trip p50 ms", "p99 ms"):
        table.add_column(heading, justify="left" if heading == "engine" else "right")
    rates = result["throughput_per_s"]
    for name in (*COMPARED, ECHO):
        rate = rates.get(name)
        trip = result["round_trip_ms"][name]
        share = f"{rate / rates['aiokafka']:.2f}" if rate else ""
        table.add_row(
            name,
            f"{rate:,.0f}" if rate else "",
            share,
            f"{result['cpu_us_each'][name]:.0f}" if rate else "",
            f"{trip['p50']:.1f}",
            f"{trip['p99']:.1f}",
        )
    console.print(table)
    card = result["card_to_unlock_ms"]
    console.print(f"card to unlock: p50 {card['p50']:.0f} ms, p99 {card['p99']:.0f} ms, {card['n']} cards")
    _show_reach(console, msgspec.convert(result["reach_ms"], Reached))
    decisions.show(console, msgspec.convert(result["decide"], decisions.Measured))
    held = rates["faust"] >= TARGET_A_SECOND and rates["faust"] >= TARGET_SHARE * rates["aiokafka"]
    wanted = f"wanted {TARGET_A_SECOND:,} and {TARGET_SHARE} of aiokafka: {'held' if held else 'NOT held'}"
    console.print(f"admission: {rates['faust']:,.0f} reads/s; {wanted}")
    portal.show(console, result["portal"])
    console.print(f"written to {HOME / 'latest.json'}")


def _show_reach(console: Console, reach: Reached) -> None:
    told = {"published": reach.policy, "revoked": reach.revocation, "revoked, shown": reach.refused}
    for what, trip in told.items():
        end = "refused at the reader" if trip is reach.refused else "known to the gate"
        held = "held" if trip.p99 <= TARGET_MS else "NOT held"
        console.print(
            f"{what} to {end}: p50 {trip.p50:.0f} ms, p99 {trip.p99:.0f} ms, {trip.n} times; "
            f"wanted p99 {TARGET_MS:.0f} ms: {held}",
            soft_wrap=True,
        )


if __name__ == "__main__":
    sys.exit(main())
