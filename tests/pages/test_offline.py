"""A pass on a phone without a network: at the gate, after the phone was switched off, and when it was cancelled."""

import io
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from sqlmodel import Session

from deploy.kafka.broker import LocalKafka
from deploy.ports import free_port
from deploy.prepare.system import chromium_program
from schemas.site_policy import PassKey
from services.store import administration
from services.store.records import site_policies
from services.store.visits import deeds, party, pass_keys
from services.store.visits.deeds import Asked, Decision
from services.store.visits.pass_keys import PassKeys
from services.store.visits.seals import Seals
from services.store.visits.visits import VisitRow
from tests.pages.lived_in import MAIL, VISITS
from tests.pages.school import FILES, School
from tests.parts.browser import OPTIONS
from tests.services.web.said import SITE, policy

SEALS = Seals(FILES.seeds["visits"])
PHONE: ViewportSize = {"width": 360, "height": 740}
NO_NETWORK = "Желі жоқ"


@pytest.fixture(scope="module")
def open_school(tmp_path_factory: pytest.TempPathFactory, kafka: LocalKafka) -> Iterator[School]:
    """A school with a visitor portal, which a test may end and start again."""
    folder = tmp_path_factory.mktemp("offline")
    more = VISITS + MAIL.format(port=free_port())
    school = School(folder, kafka.bootstrap, f"t{secrets.token_hex(4)}-", free_port(), more)

    def enter(session: Session) -> None:
        at = datetime.now(UTC)
        administration.publish_policy(session, site=SITE, policy=policy(at).data, by="test")
        pass_keys.rotate(session, site=SITE, keys=PassKeys(folder / "passes"), by="test", at=at)

    try:
        school.found()
        school.store.write_now(enter)
        school.web.start_ready()
        yield school
    finally:
        school.close()


@pytest.fixture
def visit(open_school: School) -> VisitRow:
    """A visit that was approved."""
    return approved(open_school)


def approved(school: School, *companions: str) -> VisitRow:
    """Have a visit asked for and approved, of somebody alone or with others."""
    now = datetime.now(UTC)
    asked = Asked(
        category="visitor",
        name="Серік Ахметов",
        iin_hash=None,
        document_kind=None,
        document_tail=None,
        host_text="Ахметова",
        purpose="жиналыс",
        arrives_at=now,
        leaves_at=now + timedelta(hours=2),
        companions=list(companions),
        vehicle=None,
        things=None,
        contact="serik@example.kz",
        contact_checked_at=now,
        language="kk",
        consent_version="2026-11",
        consent_at=now,
    )
    rules = policy(now).data

    def act(session: Session) -> VisitRow:
        draft = secrets.token_hex(8)
        row = deeds.ask(session, site=SITE, draft=draft, asked=asked, policy=rules, seals=SEALS, at=now)
        decision = Decision(deed="approve")
        deeds.decide(session, site=SITE, visit=row.visit, decision=decision, by="t", policy=rules, seals=SEALS, at=now)
        return row

    return school.store.write_now(act)


class Phone:
    """A phone that can be switched off: its browser keeps what it has in a folder."""

    def __init__(self, browser: Browser, home: Path) -> None:
        self._browser, self._home = browser, home
        self.context: BrowserContext
        self.page: Page
        self.switch_on()

    def switch_on(self) -> None:
        self.context = self._browser.browser_type.launch_persistent_context(
            self._home,
            executable_path=chromium_program(),
            args=list(OPTIONS),
            viewport=PHONE,
            device_scale_factor=2,
            locale="kk-KZ",
        )
        self.page = self.context.new_page()

    def switch_off(self) -> None:
        self.context.close()

    def code(self) -> str:
        """Give what a scanner reads off the screen."""
        expect(self.page.locator(".qr svg")).to_be_visible()
        (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(self.page.screenshot())))
        return str(found.text)


@pytest.fixture
def phone(browser: Browser, tmp_path: Path) -> Iterator[Phone]:
    """A visitor's phone."""
    phone = Phone(browser, tmp_path / "phone")
    yield phone
    phone.switch_off()


def address_of(school: School, visit: VisitRow) -> str:
    return f"{school.url}/visit/{SITE}/v/{SEALS.link('status', SITE, visit.visit)}"


def opened(phone: Phone, address: str) -> str:
    """Open a pass until the page says that it is kept, and give its code."""
    phone.page.goto(f"{address}/pass")
    expect(phone.page.locator("[data-kept]")).to_be_visible()
    return phone.code()


def test_a_pass_once_opened_shows_its_code_without_a_network_and_other_pages_say_so(
    open_school: School, visit: VisitRow, phone: Phone
) -> None:
    address = address_of(open_school, visit)
    code = opened(phone, address)
    phone.context.set_offline(True)
    open_school.web.kill()
    try:
        phone.page.reload()
        assert phone.code() == code
        for other in (address, f"{address}/badge", f"{open_school.url}/visit/{SITE}"):
            phone.page.goto(other)
            expect(phone.page.locator("h1")).to_have_text(NO_NETWORK)
        phone.page.get_by_role("link", name="Рұқсаттама").click()
        assert phone.code() == code
    finally:
        open_school.web.start_ready()


def test_it_shows_after_the_phone_was_switched_off_and_a_cancelled_one_is_gone_when_there_is_a_network(
    open_school: School, visit: VisitRow, phone: Phone
) -> None:
    address = address_of(open_school, visit)
    code = opened(phone, address)
    phone.switch_off()
    open_school.web.kill()
    phone.switch_on()
    phone.page.goto(f"{address}/pass")
    assert phone.code() == code
    open_school.web.start_ready()
    at = datetime.now(UTC)
    open_school.store.write_now(lambda session: deeds.cancel(session, site=SITE, visit=visit.visit, at=at))
    phone.page.wait_for_url(address)
    expect(phone.page.locator(".qr")).to_have_count(0)
    open_school.web.kill()
    try:
        phone.page.goto(f"{address}/pass")
        expect(phone.page.locator("h1")).to_have_text(NO_NETWORK)
        expect(phone.page.locator("[data-passes]")).to_be_hidden()
    finally:
        open_school.web.start_ready()


def test_whoever_comes_along_keeps_the_pass_of_their_own_link_and_loses_it_with_the_visit(
    open_school: School, phone: Phone
) -> None:
    visit = approved(open_school, "Айша Серікова")
    member = open_school.store.read_now(lambda session: party.of_visit(session, SITE, visit.visit))[1]
    address = f"{open_school.url}/visit/{SITE}/c/{SEALS.link('companion', SITE, member.holder)}"
    code = opened(phone, address)
    phone.context.set_offline(True)
    phone.page.reload()
    assert phone.code() == code
    phone.page.goto(f"{address}/badge")
    expect(phone.page.locator("h1")).to_have_text(NO_NETWORK)
    expect(phone.page.locator("[data-passes] a")).to_have_count(1)
    phone.context.set_offline(False)
    phone.page.goto(f"{address}/pass")
    at = datetime.now(UTC)
    open_school.store.write_now(lambda session: deeds.cancel(session, site=SITE, visit=visit.visit, at=at))
    expect(phone.page.locator(".qr")).to_have_count(0)
    phone.context.set_offline(True)
    phone.page.goto(f"{address}/pass")
    expect(phone.page.locator("[data-passes]")).to_be_hidden()


def test_a_fault_of_the_server_does_not_take_the_pass_away(open_school: School, visit: VisitRow, phone: Phone) -> None:
    code = opened(phone, address_of(open_school, visit))
    rules = policy(datetime.now(UTC)).data
    good = open_school.store.read_now(pass_keys_of)
    broken = msgspec.structs.replace(rules, version=0, pass_keys=[])
    open_school.store.write_now(
        lambda session: administration.publish_policy(session, site=SITE, policy=broken, by="test")
    )
    try:
        phone.page.reload()
        assert phone.code() == code
    finally:
        whole = msgspec.structs.replace(rules, version=0, pass_keys=good)
        open_school.store.write_now(
            lambda session: administration.publish_policy(session, site=SITE, policy=whole, by="test")
        )


def pass_keys_of(session: Session) -> list[PassKey]:
    current = site_policies.current(session, SITE)
    assert current is not None
    return current.pass_keys
