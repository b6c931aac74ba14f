"""`make` says all that can be typed, and what the documents tell people to type exists."""

import os
import re
import subprocess

from tests.repository.tree import ROOT, files

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WANTED = {"help", "prepare", "demo", "test", "check", "bench", "requirements", "messages", "clean"}
SPOKEN = re.compile(r"`(?:[A-Z]+=\S+ )*make ([a-z][a-z-]*)|^\s*make ([a-z][a-z-]*)", re.MULTILINE)


def targets() -> set[str]:
    """Return the targets of the Makefile that a person may type."""
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    return set(phony[1].split()) - {"python-is-new-enough"}


def test_help_lists_every_target_with_what_it_does() -> None:
    said = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = dict(re.findall(r"^  make ([a-z-]+) +(\S.*)$", said, re.MULTILINE))
    assert set(listed) == targets()
    assert targets() >= WANTED


def test_what_the_documents_say_to_type_exists() -> None:
    spoken = {
        (str(path), one or other)
        for path in files()
        if path.suffix == ".md"
        for one, other in SPOKEN.findall((ROOT / path).read_text(encoding="utf-8"))
    }
    assert {(path, target) for path, target in spoken if target not in targets()} == set()


def test_ci_runs_what_everybody_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    commands = [line for line in script.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert commands[0] == "set -euo pipefail"
    assert commands[-1] == "exec make test"
