"""Somebody who comes to visit, with a phone: asks on the portal, types the code of the mail, shows the pass. And the
host, who answers by the link of a mail. They see pages only, as browsers do.
"""

import io
import re
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import httpx
import zxingcpp
from PIL import Image, ImageDraw

from deploy.demo.page import PageFailed, form_token

LASTS = timedelta(hours=2)
_SVG_PATH = re.compile(r'class="qrline"[^>]*\bd="([^"]+)"')
_STEP = re.compile(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?")
_CONSENT = re.compile(r'name="consent" value="([^"]+)"')
_MODULE, _SIDE = 6, 110
_QUESTIONS_AT_MOST = 20


class Asking(NamedTuple):
    """What a visitor answers on the portal; ``at`` is the school's local time, and the visit is from then on."""

    name: str
    host: str
    purpose: str
    contact: str
    at: datetime


class Visitor:
    """One visitor's phone."""

    def __init__(self, url: str, site: str) -> None:
        """Take the address of the pages and the school."""
        self.client = httpx.AsyncClient(base_url=url, timeout=10.0, trust_env=False, follow_redirects=True)
        self.home = f"/visit/{site}"
        self.status = ""

    async def asks(self, asking: Asking) -> None:
        """Answer question after question, as the portal leads; a code is on its way then. Raises PageFailed."""
        page = await self.client.get(f"{self.home}/ask/who")
        for _ in range(_QUESTIONS_AT_MOST):
            form = {"csrf": form_token(page.text), **_answers(asking, page.text)}
            page = await self.client.post(page.url.path, data=form)
            if page.status_code != httpx.codes.OK:
                message = f"the portal did not take an answer at {page.url.path}: status {page.status_code}"
                raise PageFailed(message)
            if page.url.path == f"{self.home}/code":
                return
        message = f"the portal asks for ever, at last at {page.url.path}"
        raise PageFailed(message)

    async def confirms(self, code: str) -> None:
        """Type the code; the school is asked then. Raises PageFailed."""
        page = await self.client.get(f"{self.home}/code")
        answered = await self.client.post(f"{self.home}/code", data={"csrf": form_token(page.text), "code": code})
        self.status = answered.url.path
        if not self.status.startswith(f"{self.home}/v/"):
            message = f"the code led to {self.status} with status {answered.status_code}"
            raise PageFailed(message)

    async def pass_in_hand(self) -> str | None:
        """Open the pass's page and give what a scanner reads off it; None while there is no pass."""
        page = await self.client.get(f"{self.status}/pass")
        drawn = _SVG_PATH.search(page.text)
        return _read(drawn[1]) if drawn else None

    async def close(self) -> None:
        """Put the phone away."""
        await self.client.aclose()


async def host_answers(url: str, link: str, deed: str) -> int:
    """Answer by the link of a host's mail, as a browser would; give the status of the answer."""
    async with httpx.AsyncClient(base_url=url, timeout=10.0, trust_env=False, follow_redirects=True) as client:
        page = await client.get(link)
        answered = await client.post(link, data={"csrf": form_token(page.text), "deed": deed})
        return answered.status_code


def _answers(asking: Asking, page: str) -> dict[str, str]:
    """Give the answers to all questions; each page takes its own."""
    consent = _CONSENT.search(page)
    begins = asking.at - timedelta(minutes=5)
    if begins.date() != asking.at.date():
        begins = datetime.combine(asking.at.date(), time.min)
    ends = min(begins + LASTS, datetime.combine(begins.date(), time(23, 59)))
    return {
        "name": asking.name,
        "category": "representative",
        "iin": "",
        "passport": "",
        "host_text": asking.host,
        "purpose": asking.purpose,
        "often": "once",
        "date": _day(begins),
        "from": f"{begins:%H:%M}",
        "until": f"{ends:%H:%M}",
        "consent": consent[1] if consent else "",
        "contact": asking.contact,
    }


def _day(at: datetime) -> str:
    return date.isoformat(at.date())


def _read(path: str) -> str | None:
    """Draw a code's lines, each one module high, as a screen does, and read it as a scanner does."""
    picture = Image.new("L", (_SIDE * _MODULE, _SIDE * _MODULE), 255)
    pen = ImageDraw.Draw(picture)
    x = y = 0.0
    for step, first, second in _STEP.findall(path):
        if step == "h":
            top = (y - 0.5) * _MODULE
            pen.rectangle((x * _MODULE, top, (x + float(first)) * _MODULE - 1, top + _MODULE - 1), fill=0)
            x += float(first)
        elif step == "M":
            x, y = float(first), float(second)
        else:
            x, y = x + float(first), y + float(second or 0)
    held = io.BytesIO()
    picture.save(held, "PNG")
    codes = zxingcpp.read_barcodes(Image.open(held))
    return codes[0].text if codes else None
