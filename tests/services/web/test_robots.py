"""Robots: a thousand forms, many cookies, guessed codes and links, addresses that are not theirs. Nobody else waits."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlmodel import func, select

from schemas.setting import WrongSetting
from services.settings import WebSettings
from services.store.database import Store
from services.store.visits import drafts
from services.store.visits.drafts import DraftRow
from services.web.app import make_app
from services.web.shared.outside import Visits
from services.web.shared.rate_limit import OF_ACCOUNT, WINDOW, Attempts
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, client_of
from tests.services.web.visit_school import HOME, TOKEN, ask, open_school, the_code

FORMS = 1_000
AT_ONCE = 20
BEGUN = 60
OF_ONE, OF_ADDRESS = 120, 1_500
PROXY = "192.0.2.7"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def visits(store: Store, tmp_path: Path, clock: Clock) -> Visits:
    """What the pages about visits work with, at a school that is open."""
    return open_school(store, tmp_path, clock.now)


@pytest.fixture
def app(store: Store, clock: Clock, visits: Visits) -> FastAPI:
    """The app with its portal, behind a proxy at the address of this test's clients."""
    return make_app(store, b"k" * 32, secure_cookies=True, clock=clock, visits=visits, trusted_proxies=[PROXY])


@pytest.fixture
async def proxy(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests come from the proxy."""
    async with client_of(app) as client:
        yield client


async def _begin(client: httpx.AsyncClient, token: str, cookie: str, **headers: str) -> int:
    """Send the first question's form as a browser of its own would, and give the answer's status."""
    sent = await client.post(
        f"{HOME}/ask/who",
        data={"csrf": token, "name": "Робот Роботов"},
        headers={"cookie": cookie, **headers},
    )
    client.cookies.clear()
    return sent.status_code


async def _session(client: httpx.AsyncClient) -> tuple[str, str]:
    """Give a browser's form token and its session cookie."""
    page = await client.get(HOME)
    found = TOKEN.search(page.text)
    assert found is not None
    cookie = page.headers["set-cookie"].partition(";")[0]
    client.cookies.clear()
    return found[1], cookie


def _drafts(store: Store) -> int:
    return store.read_now(lambda session: session.exec(select(func.count()).select_from(DraftRow)).one())


async def test_a_thousand_forms_from_one_address_with_many_cookies_begin_sixty_and_hinder_nobody_else(
    proxy: httpx.AsyncClient, store: Store, visits: Visits, clock: Clock
) -> None:
    browsers = [await _session(proxy) for _ in range(AT_ONCE)]
    robot, honest = {"x-forwarded-for": "198.51.100.1"}, {"x-forwarded-for": "198.51.100.2"}
    found: list[int] = []
    for _ in range(FORMS // AT_ONCE):
        found += await asyncio.gather(*(_begin(proxy, token, cookie, **robot) for token, cookie in browsers))
    assert found.count(303) == BEGUN
    assert found.count(429) == FORMS - BEGUN
    assert _drafts(store) == BEGUN
    assert await _begin(proxy, *browsers[0], **honest) == 303
    assert len(visits.attempts) <= 2 * (BEGUN + 1)
    clock.now += WINDOW
    assert await _begin(proxy, *browsers[0], **robot) == 303
    assert len(visits.attempts) <= 3
    clock.now += drafts.LASTS
    assert await _begin(proxy, *browsers[0], **honest) == 303
    assert _drafts(store) == 1


async def test_a_robot_that_posts_to_one_form_is_stopped_and_nothing_of_it_is_kept(
    proxy: httpx.AsyncClient, store: Store
) -> None:
    token, cookie = await _session(proxy)
    begun = await proxy.post(
        f"{HOME}/ask/who", data={"csrf": token, "name": "Робот Роботов"}, headers={"cookie": cookie}
    )
    form = f"{cookie}; {begun.headers['set-cookie'].partition(';')[0]}"
    proxy.cookies.clear()
    names = [f"Робот {'б' * (number % 40 + 1)}" for number in range(1, FORMS)]
    found = []
    for name in names:
        data = {"csrf": token, "name": name}
        found.append(await proxy.post(f"{HOME}/ask/who", data=data, headers={"cookie": form}))
        proxy.cookies.clear()
    assert [one.status_code for one in found] == [303] * (OF_ONE - 1) + [429] * (FORMS - OF_ONE)
    assert "5 минуттан кейін" in found[-1].text
    (row,) = store.read_now(lambda session: session.exec(select(DraftRow)).all())
    assert row.answers["name"] == names[OF_ONE - 2]
    assert await _begin(proxy, *await _session(proxy)) == 303, "another browser of the same address"


PAGES = ("ask/who", "code", "again", "again/code", "again/visit", "e/x", "i/x")


async def test_a_whole_school_behind_one_address_is_taken_a_robot_of_many_browsers_is_not(
    proxy: httpx.AsyncClient, clock: Clock
) -> None:
    browsers = [await _session(proxy) for _ in range(50)]

    async def post(number: int, **headers: str) -> int:
        token, cookie = browsers[number % len(browsers)]
        path = f"{HOME}/{PAGES[number % len(PAGES)]}"
        answered = await proxy.post(path, data={"csrf": token}, headers={"cookie": cookie, **headers})
        proxy.cookies.clear()
        return answered.status_code

    found = [await post(number) for number in range(OF_ADDRESS + AT_ONCE)]
    assert 429 not in found[:OF_ADDRESS]
    assert set(found[OF_ADDRESS:]) == {429}
    assert await post(0, **{"x-forwarded-for": "198.51.100.2"}) != 429
    clock.now += WINDOW
    assert await post(0) != 429


async def test_guessed_links_are_not_found_and_then_too_many_while_a_true_one_is_shown(
    proxy: httpx.AsyncClient, store: Store, visits: Visits, clock: Clock
) -> None:
    visitor = Browser(proxy)
    await ask(visitor, clock.now)
    sent = await visitor.send(f"{HOME}/code", f"{HOME}/code", code=the_code(store, visits))
    guessed = [
        (await proxy.get(f"{HOME}/{what}/{number:032}")).status_code for number in range(50) for what in ("v", "host")
    ]
    assert guessed == sorted(guessed)
    assert set(guessed) == {404, 429}
    limited = await proxy.get(f"{HOME}/v/{'A' * 32}")
    assert "5 минуттан кейін" in limited.text
    assert (await proxy.get(sent.headers["location"])).status_code == 200
    elsewhere = await proxy.get(f"{HOME}/v/{'A' * 32}", headers={"x-forwarded-for": "198.51.100.2"})
    assert elsewhere.status_code == 404


FORWARDED = (
    ("198.51.100.1", "198.51.100.1"),
    ("203.0.113.66, 198.51.100.1", "198.51.100.1"),
    (f"203.0.113.66, 198.51.100.1, {PROXY}", "198.51.100.1"),
    ("198.51.100.1:4711", "198.51.100.1"),
    ("::ffff:198.51.100.1", "198.51.100.1"),
    ("2001:db8:0:1::7", "2001:db8:0:1::/64"),
    ("[2001:db8:0:1:ffff::9]:443", "2001:db8:0:1::/64"),
    ("<x>" * 100, ("<x>" * 100)[:64]),
    ("", PROXY),
)


@pytest.mark.parametrize(("told", "counted"), FORWARDED)
async def test_a_trusted_proxy_tells_whose_request_it_is(
    proxy: httpx.AsyncClient, app: FastAPI, told: str, counted: str
) -> None:
    for _ in range(OF_ACCOUNT):
        await _sign_in(proxy, told)
    assert (await _sign_in(proxy, told)).status_code == 429
    assert app.state.parts.attempts.wait(counted, "sabit", app.state.parts.clock()) > timedelta(0)


async def test_whoever_is_no_trusted_proxy_cannot_say_who_they_are(app: FastAPI) -> None:
    async with client_of(app) as client:
        client._transport.client = ("198.51.100.9", 5000)  # type: ignore[attr-defined]
        for number in range(OF_ACCOUNT):
            await _sign_in(client, f"203.0.113.{number}")
        assert (await _sign_in(client, "203.0.113.99")).status_code == 429


async def _sign_in(client: httpx.AsyncClient, told: str) -> httpx.Response:
    token = TOKEN.search((await client.get("/sign-in")).text)
    assert token is not None
    form = {"csrf": token[1], "name": "sabit", "password": "wrong-password"}
    return await client.post("/sign-in", data=form, headers={"x-forwarded-for": told})


@pytest.mark.parametrize("wrong", ["*", "proxy", "10.0.0.1/8", "10.0.0.0/33", ""])
def test_a_proxy_that_is_no_address_is_named(wrong: str) -> None:
    settings = WebSettings(session_key="session.key", trusted_proxies=["10.0.0.0/8", wrong])
    with pytest.raises(WrongSetting, match=r"web\.trusted_proxies"):
        settings.proxies()


def test_what_is_counted_takes_no_more_memory_than_it_may() -> None:
    attempts = Attempts(most_kept=1_000)
    for number in range(20_000):
        attempts.failed(f"2001:db8:{number % 65536:x}::/64", f"guess-{number}", NOON + timedelta(milliseconds=number))
    assert len(attempts) == 1_000
    assert sys.getsizeof(attempts._failed) < 200_000
    late = "2001:db8:4e1f::/64"
    attempts.failed(late, "guess-0", NOON + timedelta(seconds=20))
    assert len(attempts) == 1_000
    attempts.failed(late, "x", NOON + timedelta(hours=1))
    assert len(attempts) == 2
