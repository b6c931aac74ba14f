"""Measures a card: from its showing at the reader to the relay that unlocks, on pseudo-terminals, through bridge, Kafka
and admission.

The clock is the simulated school's own: it shows the card and it sees the relay, both outside the bridge.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bench.measure import RoundTrip, quantiles
from deploy.demo.processes import stop_all
from deploy.demo.pupils import CARD_BITS, Person, pupils
from deploy.demo.school_talk import SchoolTalk
from deploy.demo.stage import BRIDGE, READER, SCHOOL, Stage

STARTED = ("recorder", "admission", BRIDGE)
UNLOCKS_WITHIN_S = 8.0
PASSES_WITHIN_S = 10.0
WARM_UP = 5


class NotUnlocked(Exception):  # noqa: N818  told to the person at the terminal
    """A good card did not unlock in time."""


async def card_to_unlock(folder: Path, bootstrap: str, cards: int) -> RoundTrip:
    """Let so many pupils in, one after the other, and give how long each waited for the relay."""
    stage = Stage(folder, bootstrap, prefix="card-")
    people = pupils(cards + WARM_UP)
    try:
        await asyncio.to_thread(_start, stage, people)
        school = SchoolTalk(stage.running[SCHOOL])
        waited_ms = [await _enters(school, person.data.hex()) for person in people]
    finally:
        stop_all(list(stage.running.values()))
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
