"""The pages' app with a real store of its own (SQLite), asked by a client in the same loop; news come by hand."""

import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.engine import make_url
from sqlmodel import Session

from services.store import people, schema_version, users
from services.store.database import Store
from services.web.app import make_app
from services.web.guard_console.posts import Posts
from services.web.guard_console.sight import News
from services.web.shared.outside import Visits
from tests.services.web.browser import PASSWORD, Browser
from tests.services.web.said import SITE, policy
from tests.services.web.visit_school import open_school


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    """The time of the pages."""
    return Clock()


@pytest.fixture(scope="session")
def two_schools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two schools in it, made once; each test gets a copy."""
    path = tmp_path_factory.mktemp("store") / "qaqpa.db"
    store = Store(make_url(f"sqlite:///{path}"))
    schema_version.upgrade(store)
    store.write_now(_enter)
    store.close()
    return path


@pytest.fixture
def store(tmp_path: Path, two_schools: Path) -> Iterator[Store]:
    """A store with two schools."""
    store = Store(make_url(f"sqlite:///{shutil.copy(two_schools, tmp_path)}"))
    yield store
    store.close()


@pytest.fixture
def app(store: Store, clock: Clock) -> FastAPI:
    """The app, live, with the first school's policy known."""
    app = make_app(store, b"k" * 32, secure_cookies=True, clock=clock)
    posts_of(app).tell_news(News("live"))
    posts_of(app).take(policy(clock.now))
    return app


@pytest.fixture
def visits(store: Store, tmp_path: Path, clock: Clock) -> Visits:
    """What the pages about visits work with, at a school that is open."""
    return open_school(store, tmp_path, clock.now)


@pytest.fixture
def portal(store: Store, clock: Clock, visits: Visits) -> FastAPI:
    """The app with its visitor portal."""
    return make_app(store, b"k" * 32, secure_cookies=True, clock=clock, visits=visits)


@pytest.fixture
async def visitor(portal: FastAPI) -> AsyncIterator[Browser]:
    """A visitor's browser."""
    async with client_of(portal) as client:
        yield Browser(client)


@pytest.fixture
def posts(app: FastAPI) -> Posts:
    """The posts that the app shows."""
    return posts_of(app)


def posts_of(app: FastAPI) -> Posts:
    posts = app.state.console.posts
    assert isinstance(posts, Posts)
    return posts


@pytest.fixture
async def browser_at_post(app: FastAPI) -> AsyncIterator[Browser]:
    """A browser in which the guard Sabit has signed in."""
    async with client_of(app) as client:
        browser = Browser(client)
        await browser.sign_in("sabit")
        yield browser


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[Browser]:
    """A browser in which nobody has signed in."""
    async with client_of(app) as client:
        yield Browser(client)


@pytest.fixture
async def director(app: FastAPI, store: Store, clock: Clock) -> Browser:
    """A browser in which the director has signed in."""
    for site, login in ((SITE, "iman"), ("school-2", "other")):
        employ(store, login, users.UserRole.DIRECTOR, clock.now - timedelta(days=1), site=site)
    return await signed_in(app, "iman")


@pytest.fixture
async def duty(app: FastAPI, store: Store, clock: Clock) -> Browser:
    """A browser in which the duty administrator has signed in."""
    employ(store, "duty", users.UserRole.DUTY_ADMIN, clock.now - timedelta(days=1))
    return await signed_in(app, "duty")


def employ(store: Store, login: str, role: users.UserRole, at: datetime | None, **more: str) -> None:
    """Enter somebody who may sign in at the first school, unless another ``site`` is named."""
    told = {"site": SITE, "login": login, "name": login, "language": "kk", "password": PASSWORD, **more}
    store.write_now(lambda session: users.put(session, role=role, by="test", at=at, **told))


async def signed_in(app: FastAPI, login: str) -> Browser:
    browser = Browser(client_of(app))
    await browser.sign_in(login)
    return browser


def client_of(app: FastAPI) -> httpx.AsyncClient:
    """Make a client of an app, as if from 192.0.2.7 by HTTPS."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.7", 5000))
    return httpx.AsyncClient(transport=transport, base_url="https://qaqpa.test")


def _enter(session: Session) -> None:
    for site, login, language in ((SITE, "sabit", "kk"), (SITE, "aigul", "ru"), ("school-2", "marat", "kk")):
        users.put(
            session,
            site=site,
            login=login,
            name=login.title(),
            role=users.UserRole.GUARD,
            language=language,
            password=PASSWORD,
            by="t",
        )
    people.put(session, site=SITE, holder="pupil-1", name="Қасымов Арман", group_name="5 «А»")
    people.put(session, site=SITE, holder="visitor-1", name='<script>alert("x")</script>', group_name=None)
