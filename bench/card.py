"""Measures a card: from its showing at the reader to the relay that unlocks, on pseudo-terminals, through bridge, Kafka
and admission.

The clock is the simulated school's own: it shows the card and it sees the relay, both outside the bridge.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from bench.measure import RoundTrip, quantiles
from deploy.demo.processes import stop_all
from deploy.demo.pupils import CARD_BITS, Person
from deploy.demo.school_talk import SchoolTalk
from deploy.demo.stage import BRIDGE, READER, SCHOOL, Stage

STARTED = ("recorder", "admission", BRIDGE)
UNLOCKS_WITHIN_S = 8.0
PASSES_WITHIN_S = 10.0
WARM_UP = 5


class NotUnlocked(Exception):  # noqa: N818  told to the person at the terminal
    """A good card did not unlock in time, or something that was said did not reach the gate."""


class Site(NamedTuple):
    """A school that runs: its processes, and what happens at its gate."""

    stage: Stage
    school: SchoolTalk


@asynccontextmanager
async def running_site(folder: Path, bootstrap: str, people: Sequence[Person]) -> AsyncIterator[Site]:
    """Run a site with these people on a broker, while the context lasts."""
    stage = Stage(folder, bootstrap, prefix="card-")
    try:
        await asyncio.to_thread(_start, stage, people)
        yield Site(stage, SchoolTalk(stage.running[SCHOOL]))
    finally:
        stop_all(list(stage.running.values()))


async def card_to_unlock(site: Site, people: Sequence[Person]) -> RoundTrip:
    """Let people in, one after the other, and give how long each waited for the relay; the first few are not
    counted.
    """
    waited_ms = [await _enters(site.school, person.data.hex()) for person in people]
    return quantiles(waited_ms[WARM_UP:])


def _start(stage: Stage, people: Sequence[Person]) -> None:
    stage.prepare()
    seed = stage.seed(people)
    stage.start(SCHOOL)
    stage.run("store", "upgrade")
    stage.run("seed", str(seed))
    stage.run("topics", "apply")
    for name in STARTED:
        stage.start(name)
    for name in STARTED:
        stage.ready(name)


async def _enters(school: SchoolTalk, card: str) -> float:
    place = school.do("show_card", reader=READER, bits=CARD_BITS, data=card)
    school.do("walk_through", direction="entry", within_s=PASSES_WITHIN_S)
    shown = await school.hears("card_shown", place)
    closed = await school.hears("relay_closed", place, within_s=UNLOCKS_WITHIN_S)
    if shown is None or closed is None:
        message = f"a card did not unlock within {UNLOCKS_WITHIN_S:.0f} s"
        raise NotUnlocked(message)
    await school.hears("walked", place, within_s=PASSES_WITHIN_S)
    return float((closed["s"] - shown["s"]) * 1000)
