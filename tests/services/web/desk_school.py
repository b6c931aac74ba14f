"""A school whose hosts have a desk: the app, its real mail server, and people with browsers."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from fastapi import FastAPI
from sqlmodel import Session

from deploy.ports import free_port
from services.settings import MailSettings
from services.store import users
from services.store.database import Store
from services.store.visits import hosts
from services.web.app import make_app
from services.web.messages.carriers import Carriers
from services.web.messages.sender import Sender
from services.web.messages.smtp import SmtpCarrier
from services.web.shared.outside import Visits
from tests.parts.mailbox import Mailbox, text_of
from tests.services.web.browser import PASSWORD, Browser
from tests.services.web.conftest import Clock, client_of
from tests.services.web.said import SITE
from tests.services.web.visit_school import open_school

HOME = f"/visit/{SITE}/host"
DESK = f"{HOME}/desk"
_HIDDEN = re.compile(r'name="(invitation|evening)" value="([^"]+)"')
_CODE = re.compile(r"\b\d{6}\b")


class DeskSchool:
    """The school, and its post office: what waits is sent by real SMTP when a test asks for it."""

    def __init__(self, app: FastAPI, store: Store, visits: Visits, clock: Clock, mailbox: Mailbox) -> None:
        self.app, self.store, self.visits, self.clock, self.mailbox = app, store, visits, clock, mailbox
        settings = MailSettings(host="127.0.0.1", port=mailbox.port, sender="qaqpa@school.kz", tls="off")
        self._sender = Sender(store, visits, Carriers(SmtpCarrier(settings, None)), clock)

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[Browser]:
        """Give somebody a browser."""
        async with client_of(self.app) as client:
            yield Browser(client)

    async def post(self) -> None:
        """Send what waits."""
        while await self._sender.send_waiting():
            pass

    async def last_mail(self, address: str) -> str:
        """Send what waits, and give the last mail to an address."""
        await self.post()
        return text_of(self.mailbox.to(address)[-1])

    async def last_link(self, address: str, place: str = "") -> str:
        """Give the path of the last link with a place in it that an address was sent; mails may overtake each other."""
        await self.post()
        links = [link.removeprefix("https://qaqpa.test") for link in self.mailbox.links_to(address)]
        return [link for link in links if place in link][-1]

    async def last_code(self, address: str) -> str:
        """Give the code in the last mail to an address."""
        found = _CODE.search(await self.last_mail(address))
        assert found is not None
        return found[0]

    async def sign_in(self, browser: Browser, email: str = "g@example.kz") -> None:
        """Sign a host in by the link in the mail."""
        assert (await browser.send(HOME, HOME, email=email)).status_code == 303
        link = await self.last_link(email, "/enter/")
        assert (await browser.send(link, link)).headers["location"] == DESK


async def form_of(browser: Browser, path: str) -> dict[str, str]:
    """Give the hidden fields of a page's form."""
    page = (await browser.get(path)).text
    return {"csrf": await browser.token(path), **dict(_HIDDEN.findall(page))}


@pytest.fixture
def visits(store: Store, tmp_path: Path, clock: Clock) -> Visits:
    """What the pages about visits work with, at a school that is open."""
    return open_school(store, tmp_path, clock.now)


@pytest.fixture
def app(store: Store, clock: Clock, visits: Visits) -> FastAPI:
    """The app with its desks."""

    def enter(session: Session) -> None:
        hosts.put(session, site=SITE, host="t-2", name="Сәбитов Ержан", email="e@example.kz", language="kk", by="t")
        duty = users.UserRole.DUTY_ADMIN
        users.put(
            session,
            site=SITE,
            login="dana",
            name="Дана",
            role=duty,
            language="kk",
            password=PASSWORD,
            by="t",
            email="dana@example.kz",
            at=clock.now,
        )

    store.write_now(enter)
    return make_app(store, b"k" * 32, secure_cookies=True, clock=clock, visits=visits)


@pytest.fixture
def post_office() -> Iterator[Mailbox]:
    """A mail server of this test."""
    mailbox = Mailbox(free_port())
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    yield mailbox
    controller.stop()


@pytest.fixture
def school(app: FastAPI, store: Store, visits: Visits, clock: Clock, post_office: Mailbox) -> DeskSchool:
    """The school with its post office."""
    clock.forward(seconds=1)
    return DeskSchool(app, store, visits, clock, post_office)
