"""Every page of visits, of the rooms at the post and of the director, in three languages on a phone's and a desk's
width: nothing that axe-core finds, nothing wider than the screen, and a picture of each in ``var/screenshots``.
"""

import io
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import product

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page
from pypdf import PdfReader
from sqlmodel import Session, select

from deploy.kafka.broker import LocalKafka
from deploy.ports import free_port
from schemas.credential import Credential
from schemas.screening import FoundItem
from services.store import administration, users
from services.store.journal_book import paper
from services.store.lists import entries
from services.store.lists.entries import Entry
from services.store.releases import entitled
from services.store.releases.entitled import Entitled
from services.store.screenings import checks, custody, photos, pupil_refusals
from services.store.screenings.checks import Check
from services.store.screenings.custody import Thing
from services.store.visitors_journal import entries as journal
from services.store.visitors_journal import walk_ins
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
POST = {
    "by name": ("by-name", "by-name?q=Қас", "walk-in"),
    "checks": ("checks", "checks/visitor-1?q=пышақ", "checks/pupil-1"),
    "custody": ("custody", "custody/new?holder=visitor-1", "custody/1"),
    "release": ("release?q=Қас", "release/pupil-1"),
    "crew": ("crew",),
}
CARD = Credential(
    credential="0" * 32,
    version=0,
    holder="visitor-1",
    category="visitor",
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    valid_until=datetime(2036, 1, 1, tzinfo=UTC),
    revoked_at=None,
)
PUPIL_CARD = msgspec.structs.replace(CARD, credential="1" * 32, holder="pupil-1", category="pupil")
WALK_IN = WalkIn(
    visit=walk_ins.new_visit(),
    name="Касымов Болат",
    category="representative",
    document_kind="identity_card",
    document_tail="1234",
    host_text="5 «А»",
    purpose="жиналыс",
)
LISTED = {
    "lists": "/lists",
    "lists-new-ban": "/lists/new?kind=ban",
    "lists-new-custody": "/lists/new?kind=custody&q=Қас",
    "matches": "/matches",
}
PATIENCE_S = 600
"""For the story with every question: six looks at each of seventeen pages, on a machine with other work."""

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
        _list_somebody(session, at)
        director = users.UserRole.DIRECTOR
        users.put(
            session, site=SITE, login="iman", name="Иман", role=director, language="kk", password=PASSWORD, by="test"
        )

    try:
        school.found()
        school.store.write_now(enter)
        school.store.write_now(lies_too_long)
        school.publish(datetime.now(UTC))
        school.web.start_ready()
        school.await_live()
        yield school
    finally:
        school.close()


def _list_somebody(session: Session, at: datetime) -> None:
    """Keep somebody from a pupil who has a mother, and let somebody of that name come to the post."""
    duty = users.UserRole.DUTY_ADMIN
    users.put(session, site=SITE, login="duty", name="Жанар", role=duty, language="kk", password=PASSWORD, by="test")
    administration.issue_credential(session, site=SITE, credential=PUPIL_CARD, by="test")
    mother = Entitled(pupil="pupil-1", name="Қасымова Айгүл", relation="mother", phone="+77011234567", tell=True)
    entitled.enter(session, site=SITE, told=mother, by="test", at=at)
    for number, until in enumerate((at + timedelta(days=365), at)):
        entry = Entry(
            entry=f"entry-{number:016x}",
            kind="custody",
            names=["Қасымов Болат Ерланұлы", "Kassymov Bolat"],
            iin_hash=None,
            pupil="pupil-1",
            basis="Алмалы аудандық сотының шешімі № 2-1234",
            basis_on=at.date(),
            until=until,
        )
        entries.enter(session, site=SITE, told=entry, by="test", at=at)
    walk_ins.register(session, site=SITE, told=WALK_IN, by="sabit", post="post-1", at=at)


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


def approves(desk: Looker) -> str:
    """Approve the visit that waits, as the director, and give its page."""
    desk.signs_in("iman")
    desk.page.goto(f"{desk.school.url}/visits")
    desk.page.click("a.visit-line")
    visit = desk.page.url
    desk.page.click('[name="deed"][value="approve"]')
    return visit


@pytest.mark.timeout(PATIENCE_S)
def test_a_visit_from_the_first_page_to_its_own(looker: Looker) -> None:
    for name in ("", "/items", "/again", "/offline"):
        looker.looks_at(f"visit-opening{name.replace('/', '-')}", f"{looker.school.url}/visit/{SITE}{name}")
    asks(looker, looks=True)
    looker.looks_at("visit-status")
    assert looker.found == []


def test_a_visit_from_the_hosts_page_to_the_badges(looker: Looker, desk: Looker) -> None:
    status = asks(looker, looks=False)
    desk.signs_in("iman")
    desk.looks_at("host-list", f"{looker.school.url}/visits")
    desk.page.click("a.visit-line")
    desk.looks_at("host-visit")
    desk.page.click('[name="deed"][value="approve"]')
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
    desk.page.wait_for_load_state()
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


@pytest.mark.parametrize("rooms", POST.values(), ids=POST)
def test_the_rooms_at_the_post(looker: Looker, rooms: tuple[str, ...]) -> None:
    looker.signs_in("sabit")
    for room in rooms:
        looker.looks_at(f"post-{room.partition('?')[0].replace('/', '-')}", f"{looker.school.url}/post/{room}")
    assert looker.found == []


def test_an_entry_that_is_held_open_for_a_crew(looker: Looker) -> None:
    looker.signs_in("sabit")
    looker.page.goto(f"{looker.school.url}/post/crew")
    looker.page.keyboard.press("1")
    looker.page.wait_for_url("**/post")
    looker.looks_at("post-held", f"{looker.school.url}/post")
    looker.looks_at("post-crew-held", f"{looker.school.url}/post/crew")
    assert looker.found == []


def test_the_lists_and_a_match_on_the_duty_administrators_pages(looker: Looker, browser: Browser) -> None:
    school = looker.school
    guard = Looker(school, browser.new_context(locale="kk-KZ"))
    guard.signs_in("sabit")
    guard.looks_at("post-walk-in-held", f"{school.url}/post/walk-in/{WALK_IN.visit}")
    paper = {"basis": "family", "taker": "other", "taker_name": "Қасымов Болат", "document_tail": "1234"}
    guard.page.goto(f"{school.url}/post/release/pupil-1")
    guard.page.check(f'[name="basis"][value="{paper["basis"]}"]')
    guard.page.check('[name="taker"][value="other"]')
    guard.page.fill("#taker_name", paper["taker_name"])
    guard.page.fill("#document_tail", paper["document_tail"])
    guard.page.locator('[name="caller"]').last.check()
    guard.page.fill("#until", "23:59")
    guard.page.fill("#called_at", "00:00")
    guard.page.click("main button.first")
    guard.page.wait_for_url("**/written/*")
    guard.looks_at("post-release-held")
    guard.looks_at("post-release", f"{school.url}/post/release")
    looker.signs_in("duty")
    for name, address in LISTED.items():
        looker.looks_at(name, school.url + address)
    looker.page.goto(f"{school.url}/matches")
    looker.page.locator(".lines a.who").first.click()
    looker.looks_at("match")
    guard.context.close()
    assert looker.found + guard.found == []


def lies_too_long(session: Session) -> None:
    """A knife with its photo lies at the post since yesterday, and a pupil would not show what they bring."""
    now, written = datetime.now(UTC), BytesIO()
    knife = Thing(holder="visitor-1", item="W2.knife", count=1, description="қара сапты, бүктемелі", form="f" * 16)
    yesterday = now - timedelta(days=1)
    number = custody.leave(session, site=SITE, thing=knife, by="sabit", post="entrance", at=yesterday)
    Image.linear_gradient("L").resize((1600, 900)).save(written, "JPEG")
    photos.keep(session, site=SITE, number=number, jpeg=written.getvalue(), by="sabit", at=yesterday)
    pupil = msgspec.structs.replace(CARD, credential="1" * 32, holder="pupil-1", category="pupil")
    administration.issue_credential(session, site=SITE, credential=pupil, by="test")
    pupil_refusals.tell(session, site=SITE, holder="pupil-1", by="sabit", post="entrance", at=now)
    found = FoundItem(code="W3.lighter", count=2, exception=None)
    check = Check(holder="visitor-1", category="visitor", method="shown", outcome="found", items=[found])
    checks.record_check(session, site=SITE, check=check, by="sabit", post="entrance", at=now)


def test_a_pupil_who_shows_nothing_as_who_may_settle_it_sees_it(looker: Looker) -> None:
    looker.signs_in("iman")
    looker.looks_at("post-checks-pupil-1-may-settle", f"{looker.school.url}/post/checks/pupil-1")
    assert looker.found == []


def test_the_rules_on_the_directors_page(looker: Looker) -> None:
    looker.signs_in("iman")
    for part in RULES:
        looker.looks_at(f"rules{part.replace('/', '-')}", f"{looker.school.url}/administration{part}")
    looker.looks_at("directory", f"{looker.school.url}/directory")
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
        journal.add(session, site=SITE, number=1, column="name", text=text, by="sabit", at=at, form="f")
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
