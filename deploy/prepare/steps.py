"""Runs steps that are needed, shows each with its seconds, and remembers what each was made from. Standard library
only.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TAIL_LINES = 25
STILL_AT_IT_S = 10.0
LINE_CHARS = 100

Say = Callable[[str], None]
"""Tells the person at the terminal one line."""


class PreparationFailedError(Exception):
    """A step could not be done; the text says why and what to do next."""


@dataclass(frozen=True)
class Step:
    """One thing to prepare.

    `made_from` are the files and words that it depends on, `makes` the files that must be there when it is done.
    The digest of
    `made_from` lies in `stamp`, which is inside the thing itself: whoever deletes the thing deletes the stamp.
    """

    name: str
    made_from: tuple[Path | str, ...]
    makes: tuple[Path, ...]
    stamp: Path
    do: Callable[[Say], None]


def digest(made_from: Iterable[Path | str]) -> str:
    """Return a digest of words and of the content of files; it does not depend on where the checkout lies."""
    total = hashlib.sha256()
    for item in made_from:
        content = item.read_bytes() if isinstance(item, Path) else item.encode()
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()


def is_done(step: Step) -> bool:
    """Return whether the step was done from just these inputs and what it made is still there."""
    if not step.stamp.exists() or not all(made.exists() for made in step.makes):
        return False
    return step.stamp.read_text(encoding="utf-8").strip() == digest(step.made_from)


def run(steps: Sequence[Step], say: Say) -> None:
    """Do the steps that are not done, in order, with a line before and after each. Each is looked at when its turn
    comes: what a step before it took away is to be done again.
    """
    for number, step in enumerate(steps, start=1):
        if is_done(step):
            continue
        place = f"[{number}/{len(steps)}] {step.name}"
        say(f"{place} ...")
        began = time.monotonic()
        step.stamp.unlink(missing_ok=True)
        step.do(say)
        step.stamp.parent.mkdir(parents=True, exist_ok=True)
        step.stamp.write_text(digest(step.made_from) + "\n", encoding="utf-8")
        say(f"{place}: done in {time.monotonic() - began:.1f} s")


def call(command: Sequence[str | Path], log: Path, say: Say, *, environment: Mapping[str, str] | None = None) -> None:
    """Run a command to its end with its words in `log`; every 10 s say the last of them: it goes on.

    Raises PreparationFailedError with the last words when it fails.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("wb") as said,
        subprocess.Popen(  # noqa: S603 - commands are written in this package
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, env=environment
        ) as running,
    ):
        while _still_at_it(running):
            say(f"  ... {' '.join(_last_lines(log, 1)).strip()[:LINE_CHARS]}")
    if running.returncode:
        text = "\n".join(_last_lines(log, TAIL_LINES))
        raise PreparationFailedError(
            f"{' '.join(map(str, command[:4]))} ended with {running.returncode}. The end of {log}:\n{text}"
        )


def _still_at_it(running: subprocess.Popen[bytes]) -> bool:
    try:
        running.wait(STILL_AT_IT_S)
    except subprocess.TimeoutExpired:
        return True
    return False


def _last_lines(log: Path, count: int) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]


@contextlib.contextmanager
def one_at_a_time(lock: Path, say: Say) -> Iterator[None]:
    """Let one preparation of a checkout run at a time; a second one waits."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another `make` that prepares this checkout ...")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
