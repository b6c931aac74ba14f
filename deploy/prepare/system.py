"""What Qaqpa takes from the system's packages: which of it is missing, and the one line that installs it. Standard
library only.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.kafka.java import java_problem
from deploy.prepare.steps import PreparationFailedError, Say, call


@dataclass(frozen=True)
class SystemPart:
    """A program of the system: `packages` are names of which the first that Debian knows is installed."""

    name: str
    problem: Callable[[], str | None]
    packages: tuple[str, ...]
    also: tuple[str, ...] = ()


def postgresql_programs() -> Path | None:
    """Return the folder with the newest PostgreSQL server's initdb and postgres, or None. Debian keeps it off the
    PATH.
    """
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders = sorted(debian, key=lambda folder: _number(folder.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def chromium_program() -> str | None:
    """Return the path of a Chromium that can be driven, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def _number(text: str) -> float:
    return float(text) if text.replace(".", "", 1).isdigit() else 0.0


def _venv_problem() -> str | None:
    missing = importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None
    return f"{sys.executable} cannot make a virtual environment" if missing else None


def _maven_problem() -> str | None:
    return None if shutil.which("mvn") else "there is no `mvn` on the PATH"


def _setpriv_problem() -> str | None:
    return None if shutil.which("setpriv") else "there is no `setpriv` on the PATH"


def _postgresql_problem() -> str | None:
    return None if postgresql_programs() else "PostgreSQL's server programs are nowhere to be found"


def _chromium_problem() -> str | None:
    return None if chromium_program() else "there is no `chromium` on the PATH"


def _zbar_problem() -> str | None:
    return None if any(Path("/").glob("usr/lib*/**/libzbar.so.0")) else "zbar's library is nowhere to be found"


def kannel_programs() -> dict[str, str] | None:
    """Return the paths of Kannel's programs by name, and of its simulated operator, or None. Debian keeps them off a
    person's PATH.
    """
    folders = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/lib/kannel/test"))
    found = {name: shutil.which(name, path=folders) for name in ("bearerbox", "smsbox", "fakesmsc")}
    return {name: path for name, path in found.items() if path} if all(found.values()) else None


def _kannel_problem() -> str | None:
    return None if kannel_programs() else "Kannel's programs are nowhere to be found"


FOR_DEMO = (
    SystemPart("Python's venv", _venv_problem, (f"python3.{sys.version_info.minor}-venv", "python3-venv")),
    SystemPart("Java", java_problem, ("openjdk-17-jre-headless", "openjdk-21-jre-headless", "default-jre-headless")),
    SystemPart("Maven", _maven_problem, ("maven",)),
    SystemPart("setpriv", _setpriv_problem, ("util-linux",)),
)
FOR_TEST = (
    *FOR_DEMO,
    SystemPart("PostgreSQL", _postgresql_problem, ("postgresql",)),
    SystemPart("Chromium", _chromium_problem, ("chromium", "chromium-browser"), also=("fonts-dejavu-core",)),
    SystemPart("zbar (reads QR codes, beside zxing)", _zbar_problem, ("libzbar0",)),
    SystemPart("Kannel (an SMS gateway)", _kannel_problem, ("kannel",), also=("kannel-extras",)),
)


def what_is_missing(parts: Iterable[SystemPart]) -> list[tuple[SystemPart, str]]:
    """Return the parts that this machine lacks, each with why."""
    looked_at = [(part, part.problem()) for part in parts]
    return [(part, problem) for part, problem in looked_at if problem is not None]


def apt_packages(parts: Iterable[SystemPart]) -> list[str]:
    """Return the names to install: of each part the first that this machine's package lists know."""
    names: list[str] = []
    for part in parts:
        names += [next(filter(_apt_knows, part.packages), part.packages[-1]), *part.also]
    return names


def apt_line(packages: Iterable[str]) -> str:
    """Return the one line that a person types to install `packages`."""
    return f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {' '.join(packages)}"


def may_install() -> bool:
    """Return whether we can install packages ourselves: we are root, and this is a Debian."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(parts: Iterable[SystemPart], log: Path, say: Say) -> None:
    """Install what is missing, keeping what apt says in `log`; raise PreparationFailedError when apt could not."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with contextlib.suppress(PreparationFailedError):  # a list that cannot be fetched now: the one that is there may do
        call(["apt-get", "update"], log, say, environment=environment)
    call(
        ["apt-get", "install", "-y", "--no-install-recommends", *apt_packages(parts)], log, say, environment=environment
    )


def _apt_knows(package: str) -> bool:
    if shutil.which("apt-cache") is None:
        return False
    shown = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)  # noqa: S603, S607
    return shown.returncode == 0
