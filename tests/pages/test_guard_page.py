"""The guard's page in a real browser, told by a real broker: what a guard sees and does in a morning."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from schemas.reasons import Reason, Verdict
from tests.pages.school import PASSWORD, School
from tests.parts.waiting import eventually
from tests.services.web.said import acknowledged, act, alarm_of, delivered, gate_event, passage, press, refused

SCREENSHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"
LANGUAGES = ("kk", "ru", "en")
WIDTHS = {360: 740, 1280: 800}
AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def now() -> datetime:
    return datetime.now(UTC)


class Guard:
    """A guard at a screen: signs in, looks, presses."""

    def __init__(self, school: School, context: BrowserContext, login: str = "sabit") -> None:
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.page.on(
            "console",
            lambda message: self.faults.append(message.text) if message.type in {"error", "warning"} else None,
        )
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.goto(f"{school.url}/sign-in")
        self.page.get_by_label("Пайдаланушы аты").fill(login)
        self.page.get_by_label("Құпиясөз").fill(PASSWORD)
        self.page.get_by_role("button", name="Кіру", exact=True).click()
        self.page.wait_for_url("**/post")

    def speak(self, language: str) -> None:
        self.page.locator(f"button[name=language][value={language}]").click()
        expect(self.page.locator("html")).to_have_attribute("lang", language)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser's profile of its own, wide as a desk."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


def test_a_refused_visitor_is_on_the_page_with_the_reason(school: School, context: BrowserContext) -> None:
    guard = Guard(school, context)
    school.say(refused(100, now(), Reason.OUTSIDE_WINDOW, values={"windows": "13:00-14:00"}))
    card = guard.page.locator("#zone-now [data-held=yes]")
    expect(card).to_contain_text("КІРГІЗБЕҢІЗ")
    expect(card).to_contain_text("Бүгінгі кіру уақыты: 13:00–14:00.")
    expect(card).to_contain_text("Ерланова Мәдина Серікқызы")
    guard.page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    assert guard.faults == []


def test_a_pupil_who_enters_is_among_the_latest(school: School, context: BrowserContext) -> None:
    guard = Guard(school, context)
    read = act(110, now())
    school.say(read, passage(111, now(), "entered", read))
    line = guard.page.locator(f'#zone-recent [data-event="{read.id}"]')
    expect(line).to_contain_text("Қасымов Арман")
    expect(line).to_contain_text("кірді")


def test_a_press_is_acknowledged_by_a_key_and_confirmed_when_alarming_has_spoken(
    school: School, context: BrowserContext
) -> None:
    guard = Guard(school, context)
    pressed = press(120, now())
    alarm = alarm_of(pressed)
    school.say(pressed)
    card = guard.page.locator(f'[data-alarm="{alarm.data.alarm}"]')
    expect(card).to_have_attribute("data-version", "0")
    expect(card).to_contain_text("Дабыл түймесі басылды")
    guard.page.keyboard.press("F8")
    expect(card.locator("[data-standing=sent]")).to_be_visible()
    expect(card.get_by_role("button")).to_have_count(0)
    rows, records, deeds = school.acknowledgements()
    assert [(row.alarm, row.by, row.seen_version) for row in rows] == [(alarm.data.alarm, "sabit", 0)]
    assert [record.topic for record in records] == ["alarm_actions"]
    assert len(deeds) == 1
    school.say(alarm, acknowledged(alarm, "sabit", now()), delivered(alarm.data.alarm, now()))
    expect(card.locator("[data-standing=confirmed]")).to_contain_text("Қабылдады: Сәбит Жақсылықов")
    expect(card.locator("[data-police=received]")).to_be_visible()
    assert guard.faults == []


def test_the_other_guard_sees_at_once_that_somebody_has_pressed(
    school: School, context: BrowserContext, browser: Browser
) -> None:
    other = browser.new_context()
    sabit, aigul = Guard(school, context), Guard(school, other, "aigul")
    raised = alarm_of(passage(130, now(), "forced", gate="gate-2"))
    school.say(raised)
    sabit.page.locator(f"#acknowledge-{raised.data.alarm}").click()
    for guard in (sabit, aigul):
        expect(guard.page.locator(f'[data-alarm="{raised.data.alarm}"] [data-standing=sent]')).to_contain_text(
            "Сәбит Жақсылықов"
        )
    school.say(acknowledged(raised, "sabit", now()))
    for guard in (sabit, aigul):
        expect(guard.page.locator(f'[data-alarm="{raised.data.alarm}"]')).to_contain_text("Қабылдады: Сәбит Жақсылықов")
    other.close()


def test_nothing_moves_under_a_finger(school: School, context: BrowserContext, browser: Browser) -> None:
    elsewhere = browser.new_context()
    guard, other = Guard(school, context), Guard(school, elsewhere, "aigul")
    first, second = alarm_of(passage(140, now(), "forced")), press(141, now())
    school.say(first)
    button = guard.page.locator(f"#acknowledge-{first.data.alarm}")
    button.hover()
    guard.page.mouse.down()
    place = button.bounding_box()
    school.say(second)
    expect(other.page.locator(f'[data-event="{second.id}"]')).to_be_visible()
    assert button.bounding_box() == place
    guard.page.mouse.up()
    expect(guard.page.locator(f'[data-alarm="{first.data.alarm}"] [data-standing=sent]')).to_be_visible()
    expect(guard.page.locator(f'[data-event="{second.id}"]')).to_be_visible()
    elsewhere.close()


def test_the_page_is_whole_without_script(school: School, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    raised = alarm_of(passage(150, now(), "forced", gate="gate-2"))
    school.say(refused(151, now()), raised)
    guard = Guard(school, context)
    eventually(lambda: raised.data.alarm in guard.page.content() or guard.page.reload() is None)
    expect(guard.page.locator("#zone-now")).to_contain_text("КІРГІЗБЕҢІЗ")
    guard.page.locator(f"#acknowledge-{raised.data.alarm}").click()
    guard.page.wait_for_url("**/post")
    expect(guard.page.locator(f'[data-alarm="{raised.data.alarm}"] [data-standing=sent]')).to_be_visible()
    guard.speak("ru")
    expect(guard.page.locator("#zone-now")).to_contain_text("НЕ ПУСКАТЬ")
    context.close()


def test_the_page_says_that_it_has_lost_its_server_and_when_it_is_back(school: School, context: BrowserContext) -> None:
    guard = Guard(school, context)
    school.web.stop()
    expect(guard.page.locator("#page-lost")).to_be_visible(timeout=15_000)
    school.web.start_ready()
    school.await_live()
    expect(guard.page.locator("#page-lost")).to_be_hidden(timeout=15_000)
    event = act(160, now())
    school.say(event)
    expect(guard.page.locator(f'#zone-recent [data-event="{event.id}"]')).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_every_screen_in_every_language_and_passes_axe(
    school: School, browser: Browser, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme, reduced_motion="reduce"
    )
    school.calm(now())
    busy(school)
    guard = Guard(school, context)
    for language in LANGUAGES:
        guard.speak(language)
        expect(guard.page.locator("#zone-now [data-held=yes]")).to_be_visible()
        assert guard.page.evaluate("document.documentElement.scrollWidth") <= width
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        guard.page.screenshot(path=SCREENSHOTS / f"post-{language}-{width}-{scheme}.png", full_page=True)
        found = Axe().run(guard.page, options=AXE_RULES)
        assert found.violations_count == 0, found.generate_report()
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_sign_in_fits_every_screen_and_passes_axe(school: School, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": WIDTHS[width]})
    page = context.new_page()
    page.goto(f"{school.url}/sign-in")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=SCREENSHOTS / f"sign-in-kk-{width}.png", full_page=True)
    assert Axe().run(page, options=AXE_RULES).violations_count == 0
    context.close()


def busy(school: School) -> None:
    """A morning in which everything happens at once."""
    number = int(now().timestamp() * 1000) % 10**9
    entering, leaving = (
        act(number, now()),
        act(number + 1, now(), Verdict.ADMIT, Reason.EXIT_FREE, direction="exit", gate="gate-2"),
    )
    school.say(
        gate_event(number + 2, now(), "heartbeat"),
        gate_event(number + 3, now(), "device_silent", gate="gate-2", device="out"),
        entering,
        passage(number + 4, now(), "entered", entering),
        leaving,
        passage(number + 5, now(), "left", leaving, gate="gate-2"),
        act(number + 6, now(), decided_by="gate", policy_age_s=190.0),
        passage(number + 7, now(), "forced", gate="gate-2"),
        alarm_of(passage(number + 7, now(), "forced", gate="gate-2")),
        press(number + 8, now()),
        refused(number + 9, now(), Reason.UNKNOWN_CREDENTIAL, holder=None, category=None),
        refused(number + 10, now(), Reason.EXPIRED, values={"until": "2026-09-01 08:00"}),
    )
