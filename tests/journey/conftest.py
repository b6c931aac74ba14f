"""The sites of the stories: one that only has good days, one whose broker and processes may be ended."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from deploy.kafka.broker import LocalKafka
from deploy.ports import free_ports
from deploy.prepare.system import chromium_program
from tests.journey.site import Site, staged
from tests.parts.broker import JARS
from tests.parts.browser import OPTIONS


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Give a folder with a short path: ptys and sockets have short names."""
    with tempfile.TemporaryDirectory(prefix="qaqpa-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def journey_kafka(home: Path) -> Iterator[LocalKafka]:
    """Give a broker of this story alone, which it may end."""
    broker = LocalKafka(JARS, home / "kafka", heap_mb=256)
    try:
        broker.start()
        broker.wait_ready()
        yield broker
    finally:
        broker.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(home: Path, journey_kafka: LocalKafka) -> AsyncIterator[Site]:
    """Give a site with everything running."""
    async with staged(home, journey_kafka, free_ports(2)) as running:
        await (
            running.a_pupil_enters_online()
        )  # the first of the morning may be let in by the gate while the stream wakes up
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phones() -> AsyncIterator[Browser]:
    """Give the browser of people's phones."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_program(), args=list(OPTIONS))
        yield browser
        await browser.close()
