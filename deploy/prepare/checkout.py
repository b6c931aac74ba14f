"""The steps that prepare a checkout: Python's packages, Java's jars, the browser's scripts, the texts. Standard
library only.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tomllib
from pathlib import Path

from deploy.prepare.steps import Say, Step, call

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
VAR = ROOT / "var"
LOGS = VAR / "prepare"
POM = ROOT / "deploy" / "kafka" / "pom.xml"
JARS = VAR / "jars"
WEBJARS = VAR / "webjars"
VENDOR = ROOT / "services" / "web" / "static" / "vendor"
SCRIPTS = ("htmx.min.js", "sse.js")
TEXTS = ROOT / "services" / "i18n"


def steps() -> list[Step]:
    """Return the steps in the order in which they need each other."""
    return [python_step(), editable_step(), jars_step(), scripts_step(), messages_step()]


def python_step() -> Step:
    """Return the step that makes .venv from requirements/dev.txt, every file checked against its hash."""
    pins = ROOT / "requirements" / "dev.txt"
    return Step(
        name="virtual environment in .venv",
        made_from=(pins, sys.version),
        makes=(VENV / "bin" / "python", VENV / "bin" / "pip"),
        stamp=VENV / "requirements.stamp",
        do=lambda say: _make_venv(pins, say),
    )


def _make_venv(pins: Path, say: Say) -> None:
    for stamp in VENV.glob("*.stamp"):  # what was installed after the pins goes with them
        stamp.unlink()
    call([sys.executable, "-m", "venv", "--clear", VENV], LOGS / "venv.log", say)
    pip = [str(VENV / "bin" / "python"), "-m", "pip"]
    install = [*pip, "install", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    call([*install, "-r", str(pins)], LOGS / "pip.log", say)


def editable_step() -> Step:
    """Return the step that puts this tree, and the commands qaqpa and qaqpa-bridge, into .venv; it asks no registry."""
    pip = [str(VENV / "bin" / "python"), "-m", "pip"]
    install = [
        *pip,
        "install",
        "--disable-pip-version-check",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
        "-e",
        str(ROOT),
    ]
    return Step(
        name="qaqpa itself in .venv",
        made_from=(_what_is_installed(), sys.version, str(ROOT)),
        makes=(VENV / "bin" / "qaqpa", VENV / "bin" / "qaqpa-bridge"),
        stamp=VENV / "editable.stamp",
        do=lambda say: call(install, LOGS / "editable.log", say),
    )


def _what_is_installed() -> str:
    """Return the parts of pyproject.toml that an installation depends on; the rules of style are none of them."""
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return json.dumps([said["build-system"], said["project"], said["tool"]["hatch"]], sort_keys=True)


def jars_step() -> Step:
    """Return the step that brings Kafka's jars and the WebJars by the one Maven pom."""
    return Step(
        name="Kafka's jars and htmx, by Maven",
        made_from=(POM,),
        makes=(JARS, WEBJARS),
        stamp=JARS / "pom.stamp",
        do=_bring_jars,
    )


def _bring_jars(say: Say) -> None:
    for folder in (JARS, WEBJARS):
        shutil.rmtree(folder, ignore_errors=True)
    where = [f"-Dqaqpa.jars={JARS}", f"-Dqaqpa.webjars={WEBJARS}"]
    call(["mvn", "-B", "-ntp", "-C", "-f", POM, *where, "generate-resources"], LOGS / "maven.log", say)


def scripts_step() -> Step:
    """Return the step that lays the WebJars' scripts where the web process serves them from."""
    return Step(
        name="htmx for the pages",
        made_from=(POM,),
        makes=tuple(VENDOR / script for script in SCRIPTS),
        stamp=VENDOR / "pom.stamp",
        do=_lay_scripts,
    )


def _lay_scripts(_: Say) -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    for script in SCRIPTS:
        (found,) = WEBJARS.rglob(script)
        shutil.copyfile(found, VENDOR / script)


def messages_step() -> Step:
    """Return the step that compiles the catalogues of texts, kk, ru and en."""
    catalogues = sorted(TEXTS.rglob("*.po"))
    return Step(
        name="texts (kk, ru, en)",
        made_from=tuple(catalogues),
        makes=tuple(catalogue.with_suffix(".mo") for catalogue in catalogues),
        stamp=VAR / "stamps" / "messages",
        do=lambda say: _compile(catalogues, say),
    )


def _compile(catalogues: list[Path], say: Say) -> None:
    for catalogue in catalogues:
        files = ["-i", str(catalogue), "-o", str(catalogue.with_suffix(".mo"))]
        call(
            [str(VENV / "bin" / "pybabel"), "compile", *files],
            LOGS / "babel.log",
            say,
            environment={**os.environ, "LC_ALL": "C.UTF-8"},
        )
