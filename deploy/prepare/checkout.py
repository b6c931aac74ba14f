"""The steps that prepare a checkout: Python's packages, Java's jars, the browser's scripts, the texts. Standard library only."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from deploy.prepare.steps import Step, call

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
        do=lambda: _make_venv(pins),
    )


def _make_venv(pins: Path) -> None:
    for stamp in VENV.glob("*.stamp"):  # what was installed after the pins goes with them
        stamp.unlink()
    call([sys.executable, "-m", "venv", "--clear", VENV], LOGS / "venv.log")
    install = [VENV / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    call([*install, "-r", pins], LOGS / "pip.log")


def editable_step() -> Step:
    """Return the step that puts this tree, and the commands qaqpa and qaqpa-bridge, into .venv; it asks no registry."""
    python = VENV / "bin" / "python"
    install = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-build-isolation"]
    return Step(
        name="qaqpa itself in .venv",
        made_from=(ROOT / "pyproject.toml", sys.version, str(ROOT)),
        makes=(VENV / "bin" / "qaqpa", VENV / "bin" / "qaqpa-bridge"),
        stamp=VENV / "editable.stamp",
        do=lambda: call([*install, "-e", ROOT], LOGS / "editable.log"),
    )


def jars_step() -> Step:
    """Return the step that brings Kafka's jars and the WebJars by the one Maven pom."""
    return Step(
        name="Kafka's jars and htmx, by Maven",
        made_from=(POM,),
        makes=(JARS, WEBJARS),
        stamp=JARS / "pom.stamp",
        do=_bring_jars,
    )


def _bring_jars() -> None:
    for folder in (JARS, WEBJARS):
        shutil.rmtree(folder, ignore_errors=True)
    where = [f"-Dqaqpa.jars={JARS}", f"-Dqaqpa.webjars={WEBJARS}"]
    call(["mvn", "-B", "-ntp", "-C", "-f", POM, *where, "generate-resources"], LOGS / "maven.log")


def scripts_step() -> Step:
    """Return the step that lays the WebJars' scripts where the web process serves them from."""
    return Step(
        name="htmx for the pages",
        made_from=(POM,),
        makes=tuple(VENDOR / script for script in SCRIPTS),
        stamp=VENDOR / "pom.stamp",
        do=_lay_scripts,
    )


def _lay_scripts() -> None:
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
        do=lambda: _compile(catalogues),
    )


def _compile(catalogues: list[Path]) -> None:
    for catalogue in catalogues:
        files = ["-i", catalogue, "-o", catalogue.with_suffix(".mo")]
        call([VENV / "bin" / "pybabel", "compile", *files], LOGS / "babel.log", environment={**os.environ, "LC_ALL": "C.UTF-8"})
