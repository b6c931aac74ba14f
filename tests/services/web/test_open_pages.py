"""A page gets the newest state and never a backlog; what is pushed is what changed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from fastapi import FastAPI

from services.i18n.words import Language
from services.web.guard_console import zones
from services.web.guard_console.open_pages import OpenPage
from services.web.guard_console.post_state import Zone
from services.web.guard_console.posts import Posts
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock
from tests.services.web.said import SITE, act, press


class Reader:
    """Takes a page's fragments as a browser would, when it is told to."""

    def __init__(self, page: OpenPage) -> None:
        self.page = page
        self._fragments = page.fragments()

    async def next(self) -> tuple[Zone, str]:
        return await asyncio.wait_for(anext(self._fragments), 5)

    async def rest(self) -> list[tuple[Zone, str]]:
        self.page.close()
        return [fragment async for fragment in self._fragments]


async def test_a_slow_page_skips_what_is_no_longer_true() -> None:
    reader = Reader(OpenPage(Language.KK, "s"))
    for number in range(100):
        reader.page.push(Zone.NOW, f"person {number}")
    assert await reader.rest() == [(Zone.NOW, "person 99")]


async def test_alarms_go_before_everything_else_that_waits() -> None:
    reader = Reader(OpenPage(Language.KK, "s"))
    for zone in reversed(Zone):
        reader.page.push(zone, zone)
    assert next(zone for zone, _ in await reader.rest()) is Zone.ALARMS


async def test_what_a_page_already_shows_is_not_sent_again() -> None:
    reader = Reader(OpenPage(Language.KK, "s"))
    reader.page.push(Zone.NOW, "a")
    assert await reader.next() == (Zone.NOW, "a")
    reader.page.push(Zone.NOW, "b")
    reader.page.push(Zone.NOW, "a")
    assert await reader.rest() == []


@pytest.fixture
async def pushing(app: FastAPI, posts: Posts) -> AsyncIterator[Posts]:
    """The posts of the app, pushing."""
    task = asyncio.create_task(posts.run())
    yield posts
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_page_is_told_every_zone_when_it_opens_and_then_what_changes(pushing: Posts, clock: Clock) -> None:
    reader = Reader(pushing.open(SITE, Language.RU))
    assert {(await reader.next())[0] for _ in Zone} == set(Zone)
    pushing.take(press(1, clock.now))
    zone, fragment = await reader.next()
    assert zone is Zone.ALARMS
    assert "Нажата тревожная кнопка" in fragment


async def test_a_page_is_never_told_of_another_school(pushing: Posts, clock: Clock) -> None:
    reader = Reader(pushing.open(SITE, Language.KK))
    for _ in Zone:
        await reader.next()
    theirs, ours = press(1, clock.now, site="school-2"), press(2, clock.now)
    pushing.take(theirs)
    pushing.take(ours)
    _, fragment = await reader.next()
    assert ours.id in fragment
    assert theirs.id not in fragment


async def test_a_pushed_fragment_carries_nobodys_token(pushing: Posts, clock: Clock) -> None:
    pushing.take(press(1, clock.now))
    reader = Reader(pushing.open(SITE, Language.KK))
    fragments = dict([await reader.next() for _ in Zone])
    assert 'name="csrf"' not in "".join(fragments.values())


async def test_a_zone_that_cannot_be_rendered_does_not_stop_the_others(
    pushing: Posts, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(zones._VIEWS, Zone.RECENT, lambda _sight: 1 / 0)
    reader = Reader(pushing.open(SITE, Language.KK))
    shown = {(await reader.next())[0] for _ in range(len(Zone) - 1)}
    assert shown == set(Zone) - {Zone.RECENT}
    assert "zone_not_rendered" in caplog.text


async def test_signing_out_ends_the_open_pages_of_that_session_only(
    browser_at_post: Browser, posts: Posts, app: FastAPI
) -> None:
    cookie = browser_at_post.client.cookies["qaqpa_session"]
    session, _ = app.state.parts.sessions.read(cookie)
    mine, other = posts.open(SITE, Language.KK, session.name), posts.open(SITE, Language.KK, "another")
    await browser_at_post.send("/sign-out")
    assert mine.session_over
    assert not other.session_over


async def test_a_holder_has_the_name_that_the_store_knows(pushing: Posts, clock: Clock) -> None:
    pushing.take(act(1, clock.now))
    sight = await pushing.sight(SITE)
    assert sight.people["pupil-1"].name == "Қасымов Арман"


async def test_a_press_does_not_wait_for_a_thousand_pages_that_open_at_once(pushing: Posts, clock: Clock) -> None:
    reader = Reader(pushing.open(SITE, Language.KK))
    for _ in Zone:
        await reader.next()
    others = [Reader(pushing.open(f"school-{number}", Language.KK)) for number in range(100, 1100)]
    await others[0].next()
    pushing.take(press(1, clock.now))
    assert (await reader.next())[0] is Zone.ALARMS
    assert others[-1].page._waiting == {}
