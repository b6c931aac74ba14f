"""A step is done once: again when what it was made from changes, or when what it made is gone, and not else."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.prepare.steps import PreparationFailedError, Say, Step, call, digest, is_done, one_at_a_time, run
from tests.repository.tree import ROOT

ANOTHER = """
import pathlib, sys
from deploy.prepare.steps import one_at_a_time
with one_at_a_time(pathlib.Path(sys.argv[1]), print):
    print("mine")
"""


class Bakery:
    """A step that bakes a loaf from a recipe, and counts."""

    def __init__(self, folder: Path) -> None:
        """Write the first recipe."""
        self.recipe, self.loaf, self.baked = folder / "recipe", folder / "out" / "loaf", 0
        self.recipe.write_text("rye", encoding="utf-8")
        self.said: list[str] = []

    def step(self) -> Step:
        """Return the step as it is now."""
        stamp = self.loaf.with_name("stamp")
        return Step("bread", (self.recipe, "oven 1"), (self.loaf,), stamp, self._bake)

    def go(self) -> int:
        """Run the step if it is needed; return how often it was baked so far."""
        run([self.step()], self.said.append)
        return self.baked

    def _bake(self, _: Say) -> None:
        self.loaf.parent.mkdir(exist_ok=True)
        self.loaf.write_text("bread", encoding="utf-8")
        self.baked += 1


@pytest.fixture
def bakery(tmp_path: Path) -> Bakery:
    """Give a bakery of its own."""
    return Bakery(tmp_path)


def test_a_second_run_does_and_says_nothing(bakery: Bakery) -> None:
    assert bakery.go() == 1
    said = len(bakery.said)
    assert bakery.go() == 1
    assert len(bakery.said) == said == 2


def test_a_changed_input_is_done_again(bakery: Bakery) -> None:
    bakery.go()
    bakery.recipe.write_text("wheat", encoding="utf-8")
    assert bakery.go() == 2


def test_what_is_gone_is_made_again(bakery: Bakery) -> None:
    bakery.go()
    bakery.loaf.unlink()
    assert bakery.go() == 2


def test_a_step_that_failed_is_not_taken_for_done(bakery: Bakery) -> None:
    bakery.go()
    step = bakery.step()

    def burn(_: Say) -> None:
        raise PreparationFailedError("burnt")

    bakery.recipe.write_text("wheat", encoding="utf-8")
    burning = Step(step.name, step.made_from, step.makes, step.stamp, burn)
    with pytest.raises(PreparationFailedError):
        run([burning], bakery.said.append)
    assert not is_done(step)


def test_what_a_step_takes_away_is_made_again_by_the_one_after_it(bakery: Bakery, tmp_path: Path) -> None:
    bakery.go()
    oven = tmp_path / "oven"

    def rebuild(_: Say) -> None:
        oven.write_text("new", encoding="utf-8")
        bakery.step().stamp.unlink()

    run([Step("oven", ("brick",), (oven,), tmp_path / "oven.stamp", rebuild), bakery.step()], bakery.said.append)
    assert bakery.baked == 2


def test_the_digest_is_of_content_not_of_place(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("same", encoding="utf-8")
    assert digest([tmp_path / "a"]) == digest([tmp_path / "b"])
    assert digest(["ab", "c"]) != digest(["a", "bc"])


def test_a_command_that_fails_shows_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(PreparationFailedError, match="no such loaf"):
        call([sys.executable, "-c", "import sys; sys.exit('no such loaf')"], tmp_path / "log", print)


def test_two_preparations_take_turns(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with one_at_a_time(lock, print):
        second = subprocess.Popen(
            [sys.executable, "-u", "-c", ANOTHER, lock], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert second.stdout
        assert "waiting for another" in second.stdout.readline()
        assert second.poll() is None
    said, _ = second.communicate(timeout=30)
    assert said.strip() == "mine"


def test_a_prepared_checkout_is_ready_within_a_second() -> None:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "deploy.prepare"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    took_s = time.monotonic() - began
    assert (done.returncode, done.stdout) == (0, "")
    assert took_s < 5, "one second on an idle machine; the tests' machine is busy"
