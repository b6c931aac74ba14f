"""A school's folder as an installer has it: keys, settings, a seed file; and ``qaqpa`` as a program."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from services.store.database import Store

SEED = """
site = "school-1"
card_key = "keys/card.key"

[policy]
name = "№ 1 мектеп"

[policy.categories.pupil]
anti_passback = "hard"
windows = [{ weekdays = [1, 2, 3, 4, 5, 6], opens = "07:00", closes = "20:00" }]

[policy.categories.official]
windows = [{ weekdays = [1, 2, 3, 4, 5, 6, 7], opens = "00:00", closes = "24:00" }]

[policy.gates.school-1-main]
name = "Бас кіреберіс"
public_key_files = ["keys/school-1-main.pub"]

[[people]]
holder = "p-1"
name = "Айгүл Сәрсен"
group = "5А"

[[credentials]]
holder = "p-1"
category = "pupil"
card = { bits = 26, data = "2a5b7c40" }
valid_from = 2026-09-01T00:00:00+05:00
valid_until = 2027-06-01T00:00:00+05:00

[[users]]
login = "guard"
name = "Болат"
role = "guard"
post = "entrance"
password_file = "guard.password"
"""

SETTINGS = """
[kafka]
bootstrap = "127.0.0.1:1"
[trust]
keyring = "keyring.json"
[store]
url = "sqlite:///qaqpa.db"
[recorder]
administration_key = "keys/administration.key"
recorder_key = "keys/recorder.key"
"""

Qaqpa = Callable[..., subprocess.CompletedProcess[str]]


def run_in(folder: Path, *arguments: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``qaqpa`` in a folder."""
    root = Path(__file__).resolve().parents[3]
    environment = os.environ | {"PYTHONPATH": str(root), "QAQPA_SETTINGS": "settings.toml", "COLUMNS": "200"}
    command = [sys.executable, "-m", "services.cli", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        input=typed or "",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def qaqpa(tmp_path: Path) -> Qaqpa:
    """Run ``qaqpa`` in the school's folder and give what it said."""
    return partial(run_in, tmp_path)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a school's folder as it was just installed, by the commands themselves; each test works on a copy."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "seed.toml").write_text(SEED, encoding="utf-8")
    (folder / "guard.password").write_text("a good one\n", encoding="utf-8")
    for name in ("administration", "admission", "alarming", "recorder", "police-link", "card", "school-1-main"):
        assert run_in(folder, "keys", "make", name, "--out", "keys").returncode == 0
    for command in (("keys", "keyring", "keys", "--out", "keyring.json"), ("store", "upgrade")):
        assert run_in(folder, *command).returncode == 0
    return folder


@pytest.fixture
def school(installed: Path, tmp_path: Path) -> Path:
    """Give a school's folder, ready to be seeded."""
    return shutil.copytree(installed, tmp_path, dirs_exist_ok=True)


@pytest.fixture
def kept(school: Path) -> Store:
    """Give the school's store, to look into."""
    return Store(make_url(f"sqlite:///{school / 'qaqpa.db'}"))
