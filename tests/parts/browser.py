"""A real browser for tests of pages: Debian's Chromium, driven by Playwright."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from deploy.prepare.system import chromium_program

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a headless Chromium; a test makes its own context: `browser.new_context(locale="kk-KZ", viewport=…)`.

    Playwright's blocking interface holds this thread's event loop until the module is done: in a module that asks
    for the
    browser, no test can be `async`.
    """
    program = chromium_program()
    if program is None:
        pytest.fail("Chromium is not on this machine. Type: make prepare FOR=test", pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
        yield chromium
        chromium.close()
