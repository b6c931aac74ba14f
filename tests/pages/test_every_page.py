"""Every page of visits, of the rooms at the post and of the director, in three languages on a phone's and a desk's
width: nothing that axe-core finds, nothing wider than the screen, and a picture of each in ``var/screenshots``.
"""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from sqlmodel import Session, col, select

from deploy.kafka.broker import LocalKafka
from deploy.ports import free_port
from schemas.credential import Credential
from services.store import administration, users
from services.store.visits import hosts, pass_keys
from services.store.visits.drafts import DraftRow
from services.store.visits.pass_keys import PassKeys
from services.store.visits.seals import Seals
from services.store.visits.visits import VisitRow
from tests.pages.school import FILES, PASSWORD, School
from tests.pages.test_guard_page import AXE_RULES, LANGUAGES, SCREENSHOTS, WIDTHS
from tests.services.web.said import SITE, policy

MAIL = '[mail]\nhost = "127.0.0.1"\nport = {port}\nsender = "school@example.kz"\ntls = "off"\n'
VISITS = '[visits]\nkey = "visits.key"\npass_keys = "passes"\npublic_url = "http://127.0.0.1"\n'
POST = ("by-name", "by-name?q=Қас", "checks", "checks/visitor-1", "custody", "walk-in")
CARD = Credential(
    credential="0" * 32,
    version=0,
    holder="visitor-1",
    category="visitor",
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    valid_until=datetime(2036, 1, 1, tzinfo=UTC),
    revoked_at=None,
)
PATIENCE_S = 600
"""For the story with every question: six looks at each of seventeen pages, on a machine with other work."""

RULES = ("", "/categories/visitor", "/calendar", "/threat", "/measures/red")


@pytest.fixture(scope="module")
def open_school(tmp_path_factory: pytest.TempPathFactory, kafka: LocalKafka) -> Iterator[School]:
    """A school with a visitor portal, a host and a director."""
    more = VISITS + MAIL.format(port=free_port())
    folder = tmp_path_factory.mktemp("open")
    school = School(folder, kafka.bootstrap, f"t{secrets.token_hex(4)}-", free_port(), more)

    def enter(session: Session) -> None:
        at = datetime.now(UTC)
        administration.publish_policy(session, site=SITE, policy=policy(at).data, by="test")
        administration.issue_credential(session, site=SITE, credential=CARD, by="test")
        pass_keys.rotate(session, site=SITE, keys=PassKeys(folder / "passes"), by="test", at=at)
        hosts.put(
            session, site=SITE, host="t-1", name="Ахметова Гүлнар", email="g@example.kz", language="kk", by="test"
        )
        director = users.UserRole.DIRECTOR
        users.put(
            session, site=SITE, login="iman", name="Иман", role=director, language="kk", password=PASSWORD, by="test"
        )

    try:
        school.found()
        school.store.write_now(enter)
        school.publish(datetime.now(UTC))
        school.web.start_ready()
        school.await_live()
        yield school
    finally:
        school.close()


class Looker:
    """Somebody with a browser, who looks at every page closely, and weighs what came over the wire for it."""

    def __init__(self, school: School, context: BrowserContext) -> None:
        self.school = school
        self.context = context
        self.page: Page = context.new_page()
        self.found: list[str] = []
        self.weighed: dict[str, int] = {}
        self._came_bytes = 0
        self._wire = context.new_cdp_session(self.page)
        self._wire.send("Network.enable")
        self._wire.on("Network.loadingFinished", self._came)
        self._wire.on("Network.requestWillBeSent", self._asked)

    def weighs(self, name: str, address: str) -> None:
        """Open a page as somebody who was never here, and note what came for it, headers and all."""
        self._wire.send("Network.clearBrowserCache")
        self._came_bytes = 0
        self.page.goto(address, wait_until="networkidle")
        self.weighed[name] = self._came_bytes

    def _came(self, event: dict[str, float]) -> None:
        self._came_bytes += int(event["encodedDataLength"])

    def _asked(self, event: dict[str, dict[str, str]]) -> None:
        address = event["request"]["url"]
        if not address.startswith((self.school.url, "data:")):
            self.found.append(f"asked another server: {address}")

    def signs_in(self, login: str) -> None:
        self.page.goto(f"{self.school.url}/sign-in")
        self.page.fill("#name", login)
        self.page.fill("#password", PASSWORD)
        self.page.click("button.first")
        self.page.wait_for_url(lambda url: "sign-in" not in url)

    def looks_at(self, name: str, address: str | None = None) -> None:
        """Look at a page in every language and width, and come back to it in Kazakh."""
        address = address or self.page.url
        for language, (width, height) in product((*LANGUAGES[1:], LANGUAGES[0]), WIDTHS.items()):
            self.context.add_cookies([{"name": "qaqpa_language", "value": language, "url": self.school.url}])
            self.page.set_viewport_size({"width": width, "height": height})
            answered = self.page.goto(address)
            if answered is None or answered.status != 200:
                self.found.append(f"{name}: {answered and answered.status}")
                return
            self.page.screenshot(path=SCREENSHOTS / f"{name}-{language}-{width}.png", full_page=True)
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                self.found.append(f"{name} in {language} is {wide} wide on {width}")
            if width == min(WIDTHS):
                results = Axe().run(self.page, options=AXE_RULES)
                self.found += [
                    f"{name} in {language}: {each['id']} {each['nodes'][0]['html'][:120]}"
                    for each in results.response["violations"]
                ]


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


def the_code(school: School) -> str:
    """Give the code that the only draft with a code is about."""
    query = select(DraftRow).where(DraftRow.code_number > 0)
    row = school.store.read_now(lambda session: session.exec(query).one())
    return Seals(FILES.seeds["visits"]).contact_code(SITE, row.draft, row.answers["contact"], row.code_number)


def asks(looker: Looker, *, looks: bool) -> str:
    """Ask for a visit with everything, look at each page of it where it should be, and give the address of its own."""
    first, last = (datetime.now(UTC) + timedelta(days=days) for days in (0, 14))
    home = f"{looker.school.url}/visit/{SITE}"
    steps: dict[str, dict[str, str]] = {
        "who": {"name": "Серік Ахметов"},
        "role": {},
        "document": {"iin": "900101100014"},
        "whom": {"host_text": "Ахметова", "purpose": "Жиналыс"},
        "often": {},
        "days": {"from": "14:00", "until": "15:30", "date": first.date().isoformat(), "last": last.date().isoformat()},
        "with": {},
        "people": {"companions": "Айша Серікова\nМарат Серіков"},
        "vehicle": {"vehicle": "123 ABC 02", "cargo": "Парта, 20 дана", "waybill": "З-2 № 17"},
        "things": {"things": "Бұрғы"},
        "consent": {},
        "contact": {"contact": "serik@example.kz"},
    }
    days = tuple(str(day) for day in range(1, 8))
    looker.page.goto(f"{home}/ask/who")
    for step, fields in steps.items():
        if looks:
            looker.looks_at(f"visit-{step}", f"{home}/ask/{step}")
        for name, value in fields.items():
            looker.page.fill(f'[name="{name}"]', value)
        for tick in ("representative", "regularly", *days, "people", "vehicle", "things", "2026-11"):
            for box in looker.page.locator(f'[value="{tick}"]').all():
                box.check()
        looker.page.click("main button.first")
    if looks:
        looker.looks_at("visit-code")
    looker.page.fill("#code", the_code(looker.school))
    looker.page.click("main button.first")
    looker.page.wait_for_url("**/v/*")
    return looker.page.url


def newest(school: School) -> str:
    """Give the page of the visit that was asked for last, for the school's administration."""
    query = select(VisitRow).order_by(col(VisitRow.requested_at).desc())
    row = school.store.read_now(lambda session: session.exec(query).first())
    assert row is not None
    return f"{school.url}/visits/{row.visit}"


def approves(desk: Looker) -> str:
    """Approve the visit that was asked for last, as the director, and give its page."""
    desk.signs_in("iman")
    visit = newest(desk.school)
    desk.page.goto(visit)
    desk.page.click('[name="deed"][value="approve"]')
    desk.page.wait_for_selector(".note.go")
    return visit


@pytest.mark.timeout(PATIENCE_S)
def test_a_visit_from_the_first_page_to_its_own(looker: Looker) -> None:
    for name in ("", "/items", "/again"):
        looker.looks_at(f"visit-opening{name.replace('/', '-')}", f"{looker.school.url}/visit/{SITE}{name}")
    asks(looker, looks=True)
    looker.looks_at("visit-status")
    assert looker.found == []


def test_a_visit_from_the_hosts_page_to_the_badges(looker: Looker, desk: Looker) -> None:
    status = asks(looker, looks=False)
    desk.signs_in("iman")
    desk.looks_at("host-list", f"{looker.school.url}/visits")
    desk.looks_at("host-visit", newest(looker.school))
    desk.page.click('[name="deed"][value="approve"]')
    desk.page.wait_for_selector(".note.go")
    for name in ("", "/pass", "/pass/1", "/badge"):
        looker.looks_at(f"visit-approved{name.replace('/', '-')}", status + name)
    assert looker.found + desk.found == []


def test_a_visit_at_another_time_and_at_the_post(looker: Looker, desk: Looker, guard: Looker) -> None:
    status = asks(looker, looks=False)
    visit = approves(desk)
    looker.page.goto(f"{status}/pass")
    guard.signs_in("sabit")
    guard.page.goto(f"{looker.school.url}/post/visits")
    guard.page.fill("#code", looker.page.inner_text(".short-code strong"))
    guard.page.click("main button.first")
    guard.looks_at("post-visits-pass")
    guard.looks_at("post-visits", f"{looker.school.url}/post/visits")
    desk.page.goto(visit)
    desk.page.click("summary >> nth=0")
    desk.page.fill('[name="date"]', (datetime.now(UTC) + timedelta(days=1)).date().isoformat())
    desk.page.fill('[name="from"]', "16:00")
    desk.page.fill('[name="until"]', "17:00")
    desk.page.click('[name="deed"][value="change"]')
    desk.page.wait_for_selector(".note.go")
    looker.looks_at("visit-changed", status)
    assert looker.page.locator('form[action$="/accept"]').count() == 1
    looker.page.click('form[action$="/anew"] button')
    looker.looks_at("visit-again")
    assert looker.found + desk.found + guard.found == []


def test_a_page_of_the_portal_weighs_little_with_everything(looker: Looker, desk: Looker) -> None:
    status = asks(looker, looks=False)
    approves(desk)
    home = f"{looker.school.url}/visit/{SITE}"
    questions = tuple(f"/ask/{step}" for step in ("who", "role", "document", "whom"))
    for name in ("", "/items", "/again", *questions):
        looker.weighs(f"home{name}", home + name)
    for name in ("", "/pass", "/badge"):
        looker.weighs(f"status{name}", status + name)
    assert {name: weight for name, weight in looker.weighed.items() if not 1_000 < weight <= 60_000} == {}
    assert looker.found == []


def test_the_rooms_at_the_post(looker: Looker) -> None:
    looker.signs_in("sabit")
    for room in POST:
        looker.looks_at(f"post-{room.partition('?')[0].replace('/', '-')}", f"{looker.school.url}/post/{room}")
    assert looker.found == []


def test_the_rules_on_the_directors_page(looker: Looker) -> None:
    looker.signs_in("iman")
    for part in RULES:
        looker.looks_at(f"rules{part.replace('/', '-')}", f"{looker.school.url}/administration{part}")
    assert looker.found == []
