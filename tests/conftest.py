"""What every test can rely on: the real parts of tests/parts, and that a test either runs or fails."""

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = (
    "tests.parts.browser",
    "tests.parts.broker",
    "tests.parts.kannel",
    "tests.parts.mailbox",
    "tests.parts.ports",
    "tests.parts.postgresql",
)

# A property is right or wrong however slow the machine is at the moment; what has a limit in time says so itself.
settings.register_profile("qaqpa", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("qaqpa")

REAL_PARTS = frozenset({"kafka", "broker_of_its_own", "postgres_url", "postgres_database", "browser", "kannel"})
"""Fixtures that start a program. `make check` leaves out the tests that ask for one."""

SLOW_ROOMS = ("tests/journey/", "tests/pages/")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs a real part, so that nobody has to remember to; of several workers, one begins with the long
    stories, so that none is left for the end.
    """
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(SLOW_ROOMS))
    for item in items:
        asked = REAL_PARTS.intersection(getattr(item, "fixturenames", ()))
        if asked or item.nodeid.startswith(SLOW_ROOMS):
            item.add_marker("parts")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip, and an expected failure, into a failure: here a test runs, or it says what to type."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"Tests of this repository are never skipped: {report.longrepr}"
    return report
