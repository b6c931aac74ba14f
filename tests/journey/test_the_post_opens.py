"""What only people can allow: an ambulance crew comes in while the school is locked down, and a pupil is taken home in
lessons. The guard says so at the post, in a real browser, and the gate and the alarms follow.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import yaml
from playwright.async_api import Browser, Page

from deploy.demo.pupils import CARD_BITS, Person
from deploy.demo.stage import GATE, GUARD_LOGIN, GUARD_PASSWORD, READER, SITE
from deploy.kafka.broker import LocalKafka
from deploy.ports import free_ports
from schemas.envelope import Event
from schemas.gate_act import GateAct
from schemas.passage import Passage
from tests.journey.site import Site, staged
from tests.parts.waiting import eventually_async

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXIT_READER = "main-exit"
WHOLE_DAY = "mon-sun 00:00-24:00"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def school(home: Path, journey_kafka: LocalKafka) -> AsyncIterator[Site]:
    """Give a school in lessons, whose gate reads cards both ways."""
    site = staged(home / "school", journey_kafka, free_ports(2))
    site.stage.readers[EXIT_READER] = "exit"
    async with site:
        await asyncio.to_thread(_holds_lessons, site)
        await site.enters_duty_administrator()
        await site.a_pupil_enters_online()
        yield site


def _holds_lessons(site: Site) -> None:
    """Let lessons last all day, by the school's own file."""
    rules = yaml.safe_load(site.stage.run("policy", "show", "--site", SITE))
    rules["categories"]["pupil"]["lessons"] = [WHOLE_DAY]
    file = site.stage.folder / "rules.yaml"
    file.write_text(yaml.safe_dump(rules, allow_unicode=True), encoding="utf-8")
    site.stage.run("policy", "publish", str(file), "--wait", "20")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def post(school: Site, phones: Browser) -> Page:
    """Give the guard's page, signed in."""
    page = await (await phones.new_context(locale="kk-KZ")).new_page()
    await page.goto(f"{school.stage.url}/sign-in")
    await page.fill('[name="name"]', GUARD_LOGIN)
    await page.fill('[name="password"]', GUARD_PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/post")
    return page


async def _shows(site: Site, person: Person, reader: str) -> Event[GateAct]:
    """Show a card until the gate has taken it, as people do, and give what the gate did."""
    acts = site.observed.acts_of_credential[site.morning.credential(person)]
    before = len(acts)

    async def taken() -> bool:
        site.morning.school.do("show_card", reader=reader, bits=CARD_BITS, data=person.data.hex())
        return await site.observed.until(lambda: len(acts) > before, 2)

    await eventually_async(taken, 20)
    return acts[before]


def _free(site: Site) -> list[Event[Passage]]:
    return [passage for passage in site.observed.passages.values() if passage.data.outcome == "free"]


async def _walks_freely(site: Site) -> None:
    before = len(_free(site))
    site.morning.school.do("walk_through", direction="entry", within_s=5)
    assert await site.observed.until(lambda: len(_free(site)) > before, 10)


async def _mode(site: Site, mode: str, *more: str) -> None:
    await asyncio.to_thread(site.stage.run, "mode", "set", mode, "--site", SITE, *more)


async def test_in_a_lockdown_a_crew_walks_in_when_the_guard_has_said_so_twice_and_nobody_else_does(
    school: Site, post: Page
) -> None:
    await _mode(school, "lockdown")

    async def locked() -> bool:
        return (await _shows(school, school.pupil(), READER)).data.reason == "lockdown"

    await eventually_async(locked, 20, saying="the gate did not lock")
    await post.goto(f"{school.stage.url}/post")
    await post.keyboard.press("F10")
    await post.wait_for_url("**/post/crew")
    place = len(school.morning.school.told)
    await post.check('[name="in_lockdown"]')
    await post.keyboard.press("1")
    await post.wait_for_url("**/post")
    assert await school.morning.school.hears("relay_closed", place, within_s=10, direction="entry")

    for _ in range(3):
        await _walks_freely(school)
    assert {passage.data.gate for passage in _free(school)} == {GATE}

    place = len(school.morning.school.told)
    await post.goto(f"{school.stage.url}/post/crew")
    await post.keyboard.press("0")
    await post.wait_for_url("**/post")
    assert await school.morning.school.hears("relay_opened", place, within_s=10, direction="entry")
    assert (await _shows(school, school.pupil(), READER)).data.reason == "lockdown"
    assert len(_free(school)) == 3
    await _mode(school, "normal", "--with", "iman")
    await school.a_pupil_enters_online()


async def _leaves(site: Site, person: Person) -> str:
    """Go out by card, and give the passage's id."""
    site.morning.school.do("walk_through", direction="exit", within_s=20)
    act = await _shows(site, person, EXIT_READER)
    grant = act.data.grant or ""
    assert await site.observed.until(lambda: bool(site.observed.passages_of[grant]), 20)
    (passage,) = site.observed.passages_of[grant]
    assert passage.data.outcome == "left"
    return passage.id


def _left_early(site: Site) -> list[str]:
    """Give the signals for which an alarm of leaving early was raised."""
    raised = [events[0] for events in site.observed.alarms.values() if events[0].data.rule == "left_early"]
    return [event for alarm in raised for event in alarm.data.joined]


async def test_a_pupil_who_was_released_goes_home_in_peace_and_one_who_was_not_is_told_of(
    school: Site, post: Page
) -> None:
    released, sudden = school.pupil(), school.pupil()
    for pupil in (released, sudden):
        await school.morning.enters(pupil)
    people = school.stage.folder / "entitled.csv"
    mother = f"{released.holder},Қасымова Айгүл,mother,identity_card,4821"
    people.write_text(f"pupil,name,relation,document_kind,document_tail\n{mother}\n", encoding="utf-8")
    await asyncio.to_thread(school.stage.run, "entitled", "import", str(people), "--site", SITE)
    await post.goto(f"{school.stage.url}/post/release/{released.holder}")
    await post.check('[name="basis"][value="illness"]')
    await post.check('[name="taker"] >> nth=0')
    await post.fill('[name="document_tail"]', "4821")
    await post.click("main button.first")
    await post.wait_for_url("**/release/written/*")

    await _leaves(school, released)
    went = await _leaves(school, sudden)
    assert await school.observed.until(lambda: bool(_left_early(school)), 20)
    assert _left_early(school) == [f"signal/left_early/{went}"]
    await school.holds()
