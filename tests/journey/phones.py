"""A school with a portal, and visitors' phones: a real browser that answers what a page asks, and what a scanner reads
off its screen.
"""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import jwt
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, Page

from deploy.demo.stage import SCANNER, SITE
from schemas.envelope import Event
from schemas.gate_act import GateAct
from schemas.pass_token import credential_of
from tests.journey.site import Site
from tests.parts.mailbox import Mailbox, text_of
from tests.parts.waiting import eventually_async

HOST, HOST_NAME = "gulnar@example.kz", "Ахметова Гүлнар"
NOON = 12
_SIZE = {"width": 360, "height": 740}
_CODE_WITHIN_S = 20


@asynccontextmanager
async def with_portal(site: Site, mailbox: Mailbox) -> AsyncIterator[Site]:
    """Run a school where it is about noon, with a host who may be visited and keys for its passes."""
    site.stage.mail_port = mailbox.port
    site.stage.utc_offset_min = (NOON - datetime.now(UTC).hour) * 60
    async with site:
        run = site.stage.run
        await asyncio.to_thread(run, "keys", "rotate", "--site", SITE)
        await asyncio.to_thread(run, "host", "add", "t-1", "--site", SITE, "--name", HOST_NAME, "--email", HOST)
        yield site


async def phone(phones: Browser) -> Page:
    """Give the phone of one more person."""
    context = await phones.new_context(viewport=_SIZE, device_scale_factor=2, locale="kk-KZ")  # type: ignore[arg-type]
    return await context.new_page()


async def answers(page: Page, **fields: str) -> None:
    """Fill what the page asks, and go on."""
    for name, value in fields.items():
        await page.fill(f'[name="{name}"]', value)
    await page.click("main form:has(.first) button.first")


def times(site: Site, hours: int = 2) -> dict[str, str]:
    """Give the fields of a visit that begins now on the school's wall."""
    wall = datetime.now(UTC) + timedelta(minutes=site.stage.utc_offset_min)
    until = wall + timedelta(hours=hours)
    return {"date": wall.date().isoformat(), "from": f"{wall:%H:%M}", "until": f"{until:%H:%M}"}


async def newest_mail(mailbox: Mailbox, address: str, before: int) -> str:
    """Give the text of the mail that comes to an address after it has had so many."""
    await eventually_async(lambda: len(mailbox.to(address)) > before, _CODE_WITHIN_S, saying=f"no mail to {address}")
    return text_of(mailbox.to(address)[-1])


def code_in(text: str) -> str:
    """Give the six digits of a mail with a code."""
    found = re.search(r"\b(\d{3} ?\d{3})\b", text)
    assert found, text
    return found[1]


async def pass_on(page: Page) -> str:
    """Give what a scanner reads off the screen."""
    await page.wait_for_selector(".qr")
    picture = Image.open(io.BytesIO(await page.screenshot()))
    (found,) = zxingcpp.read_barcodes(picture)
    return found.text


async def shown(site: Site, token: str) -> Event[GateAct] | None:
    """Hold the phone before the scanner and give what the gate did; None when it took it for the read before."""
    jti = jwt.decode(token, options={"verify_signature": False})["jti"]
    acts = site.observed.acts_of_credential[credential_of(jti)]
    before = len(acts)
    site.morning.school.do("show_pass", scanner=SCANNER, text=token)
    return acts[before] if await site.observed.until(lambda: len(acts) > before, 2) else None


async def walks_in(site: Site, token: str) -> None:
    """Show a pass that the gate must admit, and go in."""
    site.morning.school.do("walk_through", direction="entry", within_s=5)
    act = await shown(site, token)
    assert act is not None, "the gate took no notice of the pass"
    assert (act.data.verdict, act.data.reason, act.data.decided_by) == ("admit", "valid", "online")
    grant = act.data.grant or ""
    assert await site.observed.until(lambda: bool(site.observed.passages_of[grant]), 10)
    assert site.observed.passages_of[grant][0].data.outcome == "entered"
