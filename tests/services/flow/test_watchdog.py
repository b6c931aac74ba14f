"""A worker in whose partitions records wait while nothing is taken is ended; one that is idle or slow is not."""

import subprocess
import sys

import pytest

from services.flow.watchdog import EXIT_STUCK, STUCK_AFTER_S, Seen, seen_after, stuck
from tests.services.flow.people import panic
from tests.services.flow.stream import Stream

PLACE = ("credential_reads", 0)


def watched(*looks: tuple[int | None, int], every_s: float = 10.0) -> bool:
    seen: Seen | None = None
    for number, (taken, end) in enumerate(looks):
        seen = seen_after(seen, taken, end, number * every_s)
    assert seen is not None
    return stuck({PLACE: seen}, (len(looks) - 1) * every_s) == [PLACE]


@pytest.mark.parametrize(
    ("looks", "is_stuck"),
    [
        ([(None, 0)] * 10, False),
        ([(None, 700)] * 10, False),
        ([(5, 5)] * 10, False),
        ([(5, 9), (6, 9), (7, 9), (8, 9), (9, 9), (9, 9)], False),
        ([(5, 9)] * 4, True),
        ([(5, 9)] * 3, False),
        ([(None, 0), (None, 4), (None, 8), (None, 9), (None, 9)], True),
        ([(5, 5)] * 10 + [(5, 6)], False),
    ],
    ids=["empty", "idle after a restart", "idle", "slow", "stopped", "not yet", "never began", "just came"],
)
def test_what_is_stuck(looks: list[tuple[int | None, int]], is_stuck: bool) -> None:  # noqa: FBT001  a table's column
    assert watched(*looks) is is_stuck
    assert STUCK_AFTER_S == 30.0


WATCHING = """
import sys, asyncio
from pathlib import Path
from schemas.topics import PANICS
from services.flow.watchdog import Watchdog
from services.settings import Configuration
taken = {(sys.argv[2] + "panics", partition): 0 for partition in (0, 1)}
dog = Watchdog(Configuration.load(Path(sys.argv[1])), [PANICS], lambda: ([0, 1], taken), every_s=0.2, after_s=1.0)
dog.start()
print("watching", flush=True)
dog.thread.join()
"""


def test_a_process_that_has_stopped_is_ended_with_its_own_status(stream: Stream) -> None:
    stream.say(panic(1))
    watching = subprocess.run(
        [sys.executable, "-c", WATCHING, str(stream.settings), stream.prefix],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert watching.returncode == EXIT_STUCK, watching.stderr.decode()[-2000:]
