"""Says whether this machine has a Java that can run Kafka; for the broker and for `make prepare`. Standard library
only.
"""

from __future__ import annotations

import re
import shutil
import subprocess

LEAST_MAJOR = 17
"""Kafka 4 brokers need Java 17 or later (Apache Kafka 4.0, release notes, KIP-1013)."""

VERSION_LINE = re.compile(r'version "(?:1\.)?(\d+)')


def java_problem() -> str | None:
    """Return why the `java` on the PATH cannot run a broker, in words for the person at the terminal, or None if it
    can.
    """
    path = shutil.which("java")
    if path is None:
        return "there is no `java` on the PATH"
    said = subprocess.run([path, "-version"], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - a fixed question
    major = java_major(said.stderr + said.stdout)
    if major is None:
        return f"`{path} -version` does not say which version it is"
    if major < LEAST_MAJOR:
        return f"`{path}` is Java {major}; Kafka needs Java {LEAST_MAJOR} or later"
    return None


def java_major(said: str) -> int | None:
    """Return the major version in what `java -version` printed: 17 for `"17.0.15"`, 8 for `"1.8.0_292"`, None if
    there is none.
    """
    found = VERSION_LINE.search(said)
    return int(found[1]) if found else None
