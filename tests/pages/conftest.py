"""One broker, one store and one ``qaqpa web`` for the tests of a module; each test tells it new things."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser
from sqlmodel import Session

from deploy.kafka.broker import LocalKafka
from deploy.ports import free_port
from tests.pages.lived_in import MAIL, VISITS, open_doors
from tests.pages.looker import Looker
from tests.pages.school import School
from tests.pages.test_guard_page import SCREENSHOTS


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, kafka: LocalKafka) -> Iterator[School]:
    """Give a founded school whose web process is up and live."""
    school = School(tmp_path_factory.mktemp("school"), kafka.bootstrap, f"t{secrets.token_hex(4)}-", free_port())
    try:
        school.found()
        school.publish(datetime.now(UTC))
        school.web.start_ready()
        school.await_live()
        yield school
    finally:
        school.close()


@pytest.fixture(scope="module")
def open_school(tmp_path_factory: pytest.TempPathFactory, kafka: LocalKafka) -> Iterator[School]:
    """Give a school with a visitor portal, in which something has happened."""
    folder = tmp_path_factory.mktemp("open")
    more = VISITS + MAIL.format(port=free_port())
    school = School(folder, kafka.bootstrap, f"t{secrets.token_hex(4)}-", free_port(), more)

    def enter(session: Session) -> None:
        open_doors(session, folder)

    try:
        school.found()
        school.store.write_now(enter)
        school.publish(datetime.now(UTC))
        school.web.start_ready()
        school.await_live()
        yield school
    finally:
        school.close()


@pytest.fixture
def desk(open_school: School, browser: Browser) -> Iterator[Looker]:
    """The browser of the school's administration."""
    context = browser.new_context(locale="kk-KZ")
    yield Looker(open_school, context)
    context.close()


@pytest.fixture
def guard(open_school: School, browser: Browser) -> Iterator[Looker]:
    """The browser at the post."""
    context = browser.new_context(locale="kk-KZ")
    yield Looker(open_school, context)
    context.close()


@pytest.fixture
def looker(open_school: School, browser: Browser) -> Iterator[Looker]:
    """A browser of its own for each story."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(locale="kk-KZ")
    yield Looker(open_school, context)
    context.close()
