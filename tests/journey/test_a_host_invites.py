"""A teacher sends for people: a craftsman who is invited, and the parents of a class by one link. Each has a pass that
opens the gate, and nobody had to answer a question about them.

Everything is real: the browsers, the mails, Kafka, the gate's lines.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from deploy.demo.stage import SITE
from deploy.kafka.broker import LocalKafka
from deploy.ports import free_ports
from tests.journey.phones import HOST, answers, code_in, newest_mail, pass_on, phone, times, walks_in, with_portal
from tests.journey.site import Site, staged
from tests.parts.mailbox import Mailbox
from tests.parts.waiting import eventually_async

pytestmark = pytest.mark.asyncio(loop_scope="module")

GUEST, PARENT = "dauren@example.kz", "serik@example.kz"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def school(home: Path, journey_kafka: LocalKafka, mailbox: Mailbox) -> AsyncIterator[Site]:
    """Give a school that receives visitors."""
    async with with_portal(staged(home / "school", journey_kafka, free_ports(2)), mailbox) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(school: Site, phones: Browser, mailbox: Mailbox) -> Page:
    """Give the teacher's desk, entered by the link that was mailed."""
    page = await phone(phones)
    await page.goto(f"{school.stage.url}/visit/{SITE}/host")
    await answers(page, email=HOST)
    await page.goto(await _link(mailbox, HOST))
    await answers(page)
    await page.wait_for_url("**/host/desk")
    return page


async def _link(mailbox: Mailbox, address: str) -> str:
    await eventually_async(lambda: mailbox.links_to(address), 20, saying=f"no link came to {address}")
    return mailbox.links_to(address)[-1]


async def _opens_the_gate(site: Site, page: Page) -> None:
    """Open the pass of the visit that a phone shows, and go in with it."""
    await page.wait_for_url("**/v/*")
    status = page.url.rstrip("/")
    await page.goto("about:blank")
    await page.goto(f"{status}/pass")
    await walks_in(site, await pass_on(page))
    await site.holds()


async def test_a_guest_whom_the_teacher_invited_agrees_on_a_phone_and_the_gate_opens(
    school: Site, phones: Browser, desk: Page, mailbox: Mailbox
) -> None:
    await desk.goto(f"{school.stage.url}/visit/{SITE}/host/desk/invite")
    await answers(desk, name="Дәурен Оспанов", contact=GUEST, purpose="Терезе жөндеу", **times(school))
    await desk.wait_for_url("**/invite?said=sent")
    page = await phone(phones)
    await page.goto(await _link(mailbox, GUEST))
    await page.check('[name="consent"]')
    await answers(page)
    await _opens_the_gate(school, page)


async def test_a_parent_registers_for_the_evening_by_the_classs_one_link_and_the_gate_opens(
    school: Site, phones: Browser, desk: Page, mailbox: Mailbox
) -> None:
    await desk.goto(f"{school.stage.url}/visit/{SITE}/host/desk/evenings/new")
    await answers(desk, title="5 «А» жиналысы", names="Ахметов Серік\nҚасымова Айгүл", **times(school))
    await desk.wait_for_url("**/evenings/evening-*")
    page = await phone(phones)
    await page.goto(await desk.inner_text(".link-text"))
    await page.check('[name="consent"]')
    await answers(page, name="Ахметов Серік", contact=PARENT)
    await answers(page, code=code_in(await newest_mail(mailbox, PARENT, 0)))
    await _opens_the_gate(school, page)
