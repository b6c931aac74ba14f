"""What `pip install qaqpa` brings: the rooms with their data, the two commands, and nothing of the workshop."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.repository.tree import ROOT, files

ROOMS = ("schemas/", "services/", "turnstile_bridge/", "deploy/")
MADE_BY_PREPARE = {
    "services/web/static/vendor/htmx.min.js",
    "services/web/static/vendor/sse.js",
    *(f"services/i18n/locale/{language}/LC_MESSAGES/qaqpa.mo" for language in ("kk", "ru", "en")),
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel of this checkout, without a registry."""
    folder = tmp_path_factory.mktemp("wheel")
    alone = ["--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-build-isolation"]
    command = [sys.executable, "-m", "pip", "wheel", *alone, "--wheel-dir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("qaqpa-*.whl")
    return zipfile.ZipFile(built)


def test_it_brings_every_committed_file_of_the_rooms_and_what_prepare_made(wheel: zipfile.ZipFile) -> None:
    wanted = {str(path) for path in files() if str(path).startswith(ROOMS)} | MADE_BY_PREPARE
    assert wanted - set(wheel.namelist()) == set()


def test_it_brings_nothing_of_the_workshop(wheel: zipfile.ZipFile) -> None:
    tops = {Path(name).parts[0] for name in wheel.namelist()}
    assert tops == {"schemas", "services", "turnstile_bridge", "deploy", "qaqpa-0.1.0.dist-info"}


@pytest.mark.parametrize("command", ["qaqpa", "qaqpa-bridge"])
def test_a_command_tells_what_it_can_do(command: str) -> None:
    program = Path(sys.executable).with_name(command)
    done = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Usage: {command} " in done.stdout
