"""Every page of visits, of the rooms at the post and of the director, in three languages on a phone's and a desk's
width: nothing that axe-core finds, nothing wider than the screen, and a picture of each in ``var/screenshots``.
"""

import io
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from pypdf import PdfReader
from sqlmodel import Session, select

from deploy.kafka.broker import LocalKafka
from deploy.ports import free_port
from schemas.credential import Credential
from services.store import administration, users
from services.store.journal_book import paper
from services.store.visitors_journal import entries, walk_ins
from services.store.visitors_journal.walk_ins import WalkIn
from services.store.visits import hosts, pass_keys
from services.store.visits.drafts import DraftRow
from services.store.visits.pass_keys import PassKeys
from services.store.visits.seals import Seals
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
JOURNAL = ("", "/entries/1", "/columns", "/export", "/paper", "/paper/1", "/paper/print?printing=p1")
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
    """Somebody with a browser, who looks at every page closely."""

    def __init__(self, school: School, context: BrowserContext) -> None:
        self.school = school
        self.context = context
        self.page: Page = context.new_page()
        self.found: list[str] = []

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
def looker(open_school: School, browser: Browser) -> Iterator[Looker]:
    """A browser of its own for each story."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(locale="kk-KZ")
    yield Looker(open_school, context)
    context.close()


def the_code(school: School) -> str:
    """Give the code that the only draft's contact is sent."""
    row = school.store.read_now(lambda session: session.exec(select(DraftRow)).one())
    return Seals(FILES.seeds["visits"]).contact_code(SITE, row.draft, row.answers["contact"], row.code_number)


def test_a_visit_from_the_first_page_to_the_badge(looker: Looker, browser: Browser) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    home = f"{looker.school.url}/visit/{SITE}"
    looker.looks_at("visit-opening", home)
    steps: dict[str, dict[str, str]] = {
        "who": {"name": "Серік Ахметов"},
        "role": {},
        "document": {"iin": "900101100014"},
        "whom": {"host_text": "Ахметова", "purpose": "Жиналыс"},
        "when": {"date": tomorrow, "from": "14:00", "until": "15:30"},
        "with": {"vehicle": "123 ABC 02"},
        "consent": {},
        "contact": {"contact": "serik@example.kz"},
    }
    for step, fields in steps.items():
        looker.looks_at(f"visit-{step}", f"{home}/ask/{step}")
        for name, value in fields.items():
            looker.page.fill(f'[name="{name}"]', value)
        for tick in ("representative", "2026-11"):
            for box in looker.page.locator(f'[value="{tick}"]').all():
                box.check()
        looker.page.click("main button.first")
    looker.looks_at("visit-code")
    looker.page.fill("#code", the_code(looker.school))
    looker.page.click("main button.first")
    looker.page.wait_for_url("**/v/*")
    looker.looks_at("visit-status")
    status = looker.page.url
    desk = Looker(looker.school, browser.new_context(locale="kk-KZ"))
    desk.signs_in("iman")
    desk.looks_at("host-list", f"{looker.school.url}/visits")
    desk.page.click("a.visit-line")
    desk.looks_at("host-visit")
    desk.page.click('[name="deed"][value="approve"]')
    for name in ("", "/pass", "/badge"):
        looker.looks_at(f"visit-approved{name.replace('/', '-')}", status + name)
    desk.context.close()
    assert looker.found + desk.found == []


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


def write_a_journal(school: School) -> None:
    """Have two visitors registered, one corrected, one written on paper."""
    at = datetime.now(UTC)

    def enter(session: Session) -> None:
        told = {"category": "visitor", "document_kind": "passport", "host_text": "7 «Б» сынып жетекшісі"}
        for number, name in enumerate(("Ерланова Мәдина Қуанышқызы", "Сыдықов Әділет"), 1):
            more = {"visit": f"walk-in-{number:016x}", "name": name, "document_tail": "5678", "purpose": "жиналыс"}
            walk_in = msgspec.convert({**told, **more}, WalkIn)
            walk_ins.register(session, site=SITE, told=walk_in, by="sabit", post="post-1", at=at)
        text = "Аты дұрысы: Ерланова Мадина"
        entries.add(session, site=SITE, number=1, column="name", text=text, by="sabit", at=at, form="f")
        paper.print_sheets(session, site=SITE, count=2, printing="p1", by="iman", at=at)
        line = {**told, "line": 1, "came_at": at, "left_at": at, "name": "Оспан Дана", "purpose": "іс"}
        lines = [msgspec.convert({**line, "document_tail": "12"}, paper.PaperLine)]
        paper.type_in(session, site=SITE, sheet=1, told=lines, by="sabit", post="post-1", at=at)

    school.store.write_now(enter)


@pytest.mark.parametrize("pages", [JOURNAL[:3], JOURNAL[3:5], JOURNAL[5:]], ids=["entries", "files", "sheets"])
def test_the_visitors_journal(looker: Looker, pages: tuple[str, ...]) -> None:
    write_a_journal(looker.school)
    looker.signs_in("iman")
    for name in pages:
        room = name.partition("?")[0].replace("/", "-")
        looker.looks_at(f"journal{room}", f"{looker.school.url}/post/journal{name}")
    assert looker.found == []


def test_a_paper_sheet_is_one_page_a4_across(looker: Looker) -> None:
    write_a_journal(looker.school)
    looker.signs_in("iman")
    looker.page.goto(f"{looker.school.url}/post/journal/paper/print?printing=p1")
    printed = looker.page.pdf(path=SCREENSHOTS / "journal-paper-printed.pdf", prefer_css_page_size=True)
    pages = PdfReader(io.BytesIO(printed)).pages
    assert [round(page.mediabox.width) for page in pages] == [842, 842]
    assert all(f"{number}-парақ" in page.extract_text() for number, page in enumerate(pages, 1))
