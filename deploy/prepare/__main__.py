"""`python3 -m deploy.prepare [--for demo|test] [--no-install]`: makes a checkout ready; a second run asks no registry.

Exit status: 0 when all is ready; 1 when a step failed; 2 when the machine lacks a program that we may not install,
after
printing the one line to type. Standard library only, since it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import sys

from deploy.prepare import checkout, system
from deploy.prepare.steps import PreparationFailedError, Step, one_at_a_time, run

EXIT_FAILED, EXIT_MISSING = 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Prepare what the arguments ask for; return the exit status."""
    asked = _parse(arguments)
    parts = system.FOR_TEST if asked.purpose == "test" else system.FOR_DEMO
    steps = [checkout.messages_step()] if asked.purpose == "messages" else checkout.steps()
    try:
        if asked.purpose != "messages" and not _system_is_ready(parts, install=asked.install):
            return EXIT_MISSING
        _run(steps)
    except PreparationFailedError as error:
        _say(str(error))
        return EXIT_FAILED
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.prepare", description="Make this checkout ready to run.")
    parser.add_argument(
        "--for", dest="purpose", choices=("demo", "test", "messages"), default="demo", help="what for (demo)"
    )
    parser.add_argument(
        "--no-install",
        dest="install",
        action="store_false",
        help="never install system packages: print the line to type",
    )
    return parser.parse_args(arguments)


def _run(steps: list[Step]) -> None:
    with one_at_a_time(checkout.VAR / "prepare.lock", _say):
        run(steps, _say)


def _system_is_ready(parts: tuple[system.SystemPart, ...], *, install: bool) -> bool:
    """Return whether the machine has the programs, after installing them when that is allowed; else say the line to
    type.
    """
    missing = system.what_is_missing(parts)
    if not missing:
        return True
    for part, problem in missing:
        _say(f"{part.name}: {problem}")
    lacking = [part for part, _ in missing]
    packages = system.apt_packages(lacking)
    if not (install and system.may_install()):
        _say(f"Type this once, then again what you typed:\n  {system.apt_line(packages)}")
        return False
    _say(f"installing {' '.join(packages)} from the system's packages ...")
    log = checkout.LOGS / "apt.log"
    system.apt_install(lacking, log, _say)
    if system.what_is_missing(lacking):
        raise PreparationFailedError(f"apt-get installed {' '.join(packages)}, and yet it is missing; see {log}")
    return True


def _say(text: str) -> None:
    sys.stdout.write(f"prepare: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
