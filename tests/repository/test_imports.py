"""Who may import what, and that each contract bites: a planted violation breaks exactly the contract that forbids
it.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.repository.tree import ROOT, files

LINT = Path(sys.executable).with_name("lint-imports")


class Planted(NamedTuple):
    """A line of Python put at the end of a module (or into a new one) that a contract must not let pass."""

    contract: str
    module: str
    line: str


VIOLATIONS = (
    Planted("rooms", "services/web/__init__.py", "import services.flow"),
    Planted("rooms", "services/store/__init__.py", "import services.web"),
    Planted("rooms", "services/rules/__init__.py", "import services.settings"),
    Planted("rooms", "services/a_new_room/__init__.py", ""),
    Planted("top", "schemas/__init__.py", "import services.rules"),
    Planted("top", "services/web/__init__.py", "import turnstile_bridge"),
    Planted("top", "turnstile_bridge/__init__.py", "import deploy"),
    Planted("gate-pc", "turnstile_bridge/__init__.py", "import services.kafka_client"),
    Planted("gate-pc", "turnstile_bridge/__init__.py", "import sqlalchemy"),
    Planted("pure", "schemas/ids.py", "import uuid"),
    Planted("pure", "services/rules/decide.py", "import time"),
    Planted("pure", "services/rules/decide.py", "import logging"),
    Planted("pure", "services/rules/decide.py", "import asyncio"),
    Planted("pure", "services/rules/decide.py", "import sqlite3"),
    Planted("demo-outside", "deploy/demo/__init__.py", "import services.web"),
    Planted("stdlib-only", "deploy/prepare/__init__.py", "import schemas"),
    Planted("one-aiokafka", "services/flow/__init__.py", "import aiokafka"),
    Planted("one-faust", "services/kafka_client/__init__.py", "import faust"),
    Planted("one-rocksdict", "services/store/__init__.py", "import rocksdict"),
    Planted("one-kafka", "turnstile_bridge/journal.py", "import kafka"),
    Planted("one-serial", "turnstile_bridge/journal.py", "import serial"),
    Planted("one-serial", "turnstile_bridge/journal.py", "import osdp"),
    Planted("one-nacl", "turnstile_bridge/journal.py", "import nacl"),
    Planted("one-jwt", "services/web/__init__.py", "import jwt"),
    Planted("one-rapidfuzz", "services/store/__init__.py", "import rapidfuzz"),
    Planted("one-pysiaalarm", "services/police_link/__init__.py", "import pysiaalarm"),
    Planted("no-cycles", "services/rules/planted/__init__.py", "import services.rules.planted.one.a"),
)


def lint(tree: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter on a tree, on all contracts or on those named."""
    chosen = [argument for contract in contracts for argument in ("--contract", contract)]
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache", *chosen], cwd=tree, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def clean_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what import-linter looks at."""
    tree = tmp_path_factory.mktemp("tree")
    for path in files():
        if path.suffix == ".py" and path.parts[0] != "tests":
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, tree / path)
    shutil.copyfile(ROOT / "pyproject.toml", tree / "pyproject.toml")
    return tree


def test_the_tree_keeps_every_contract() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


def test_every_contract_was_tried_with_a_violation() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    assert {contract["id"] for contract in configured} == {planted.contract for planted in VIOLATIONS}


@pytest.mark.parametrize(
    "planted", VIOLATIONS, ids=lambda planted: f"{planted.contract}: {planted.line or 'a new room'}"
)
def test_a_planted_violation_breaks_its_contract(clean_copy: Path, tmp_path: Path, planted: Planted) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(clean_copy, tree)
    plant(tree, planted)
    done = lint(tree, planted.contract)
    assert done.returncode == 1
    assert "BROKEN" in done.stdout, done.stdout + done.stderr


def plant(tree: Path, planted: Planted) -> None:
    """Put the violation into the tree; for the cycle, two rooms that import each other."""
    if planted.contract == "no-cycles":
        for ours, theirs in (("one", "two"), ("two", "one")):
            room = tree / "services" / "rules" / "planted" / ours
            room.mkdir(parents=True)
            (room / "__init__.py").write_text("", encoding="utf-8")
            (room / "a.py").write_text(f"import services.rules.planted.{theirs}.b\n", encoding="utf-8")
            (room / "b.py").write_text("", encoding="utf-8")
    module = tree / planted.module
    module.parent.mkdir(parents=True, exist_ok=True)
    before = module.read_text(encoding="utf-8") if module.exists() else ""
    module.write_text(f"{before}\n{planted.line}\n", encoding="utf-8")
