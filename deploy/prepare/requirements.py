"""`.venv/bin/python -m deploy.prepare.requirements`: pins every package with its hashes into requirements/*.txt.

For whoever changes a dependency in pyproject.toml. The same result on every machine: no index, no folder and no
command line
of the machine is written. dev.txt is resolved first, and the others keep to its versions, so that what is tested is
what runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path("requirements")
EXTRAS = {"dev": ("bridge", "services", "dev"), "services": ("services",), "bridge": ("bridge",)}
"""The file's name -> the extras that it installs; dev first."""

NOTHING_OF_THE_MACHINE = (
    "--no-config",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-emit-trusted-host",
    "--no-emit-options",
    "--no-annotate",
)


def compile_pins(name: str, extras: tuple[str, ...]) -> None:
    """Write requirements/`name`.txt with the packages of `extras`, keeping the versions that are there where it can."""
    command = [
        sys.executable,
        "-m",
        "piptools",
        "compile",
        "--quiet",
        "--generate-hashes",
        "--strip-extras",
        "--allow-unsafe",
    ]
    command += [*NOTHING_OF_THE_MACHINE, *(f"--extra={extra}" for extra in extras)]
    if name != "dev":
        command.append(f"--constraint={FOLDER / 'dev.txt'}")
    command += [f"--output-file={FOLDER / name}.txt", "pyproject.toml"]
    environment = {key: value for key, value in os.environ.items() if key != "PIP_FIND_LINKS"}
    environment["CUSTOM_COMPILE_COMMAND"] = "make requirements"
    subprocess.run(command, cwd=ROOT, env=environment, check=True)  # noqa: S603


def main() -> None:
    """Pin all three files."""
    for name, extras in EXTRAS.items():
        sys.stdout.write(f"requirements/{name}.txt ...\n")
        sys.stdout.flush()
        compile_pins(name, extras)


if __name__ == "__main__":
    main()
