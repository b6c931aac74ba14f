"""A machine that lacks a program: the person is told the one line to type, and nothing else is tried."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.kafka.java import LEAST_MAJOR, java_major, java_problem
from deploy.prepare.system import apt_line
from tests.repository.tree import ROOT

WITHOUT_JAVA = ("python3", "make", "awk", "sh", "mvn", "setpriv", "dirname", "id", "uname")


@pytest.fixture
def path_without_java(tmp_path: Path) -> str:
    """Make a PATH on which there is all but Java."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in WITHOUT_JAVA:
        found = sys.executable if name == "python3" else shutil.which(name)
        assert found, f"this machine has no {name}"
        (folder / name).symlink_to(found)
    return str(folder)


def prepare(path: str, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run the preparation with that PATH; `before` is run first, when all is imported."""
    program = f"import os, sys\nfrom deploy.prepare.__main__ import main\n{before}\nsys.exit(main({list(arguments)}))"
    environment = {**os.environ, "PATH": path}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_no_java_and_no_leave_to_install_is_one_line_to_type_and_exit_2(path_without_java: str) -> None:
    done = prepare(path_without_java, "--no-install")
    assert done.returncode == 2
    assert "Java: there is no `java` on the PATH" in done.stdout
    lines = [line.strip() for line in done.stdout.splitlines() if "apt-get install" in line]
    assert len(lines) == 1
    assert lines[0].endswith("-jre-headless")
    assert done.stderr == ""


NOT_ROOT = "import ctypes\nos.geteuid() == 0 and (os.seteuid(65534), ctypes.CDLL(None).setfsuid(0))"
"""Anybody but root, who may still read a checkout that only root may: the file system's own user id stays."""


def test_whoever_is_not_root_is_told_the_same(path_without_java: str) -> None:
    done = prepare(path_without_java, before=NOT_ROOT)
    assert done.returncode == 2
    assert "Java: there is no `java` on the PATH" in done.stdout
    assert done.stdout.count("sudo apt-get update && sudo apt-get install") == 1
    assert done.stderr == ""


def test_make_demo_without_java_stops_before_anything_is_made(path_without_java: str) -> None:
    environment = {**os.environ, "PATH": path_without_java}
    done = subprocess.run(
        ["make", "demo", "INSTALL=0"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "apt-get install" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("said", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_292"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ("java: command not found", None),
    ],
)
def test_java_s_version_is_read_from_what_it_says(said: str, major: int | None) -> None:
    assert java_major(said) == major


@pytest.mark.parametrize(("major", "ok"), [(LEAST_MAJOR - 1, False), (LEAST_MAJOR, True), (LEAST_MAJOR + 8, True)])
def test_an_old_java_is_named_as_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, major: int, *, ok: bool
) -> None:
    java = tmp_path / "java"
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{major}.0.1\"' >&2\n", encoding="utf-8")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    problem = java_problem()
    assert (problem is None) == ok
    assert ok or f"Java {major}; Kafka needs Java {LEAST_MAJOR} or later" in str(problem)


def test_the_line_is_one_that_can_be_typed_as_it_is() -> None:
    line = apt_line(["maven", "openjdk-17-jre-headless"])
    assert line.endswith("sudo apt-get install -y --no-install-recommends maven openjdk-17-jre-headless")
    assert "\n" not in line
