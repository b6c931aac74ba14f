"""What a form from elsewhere can do: nothing. And what a page tells a browser it may do."""

import re

import pytest

from services.store.database import Store
from services.web.guard_console.posts import Posts
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock
from tests.services.web.said import alarm_of, press

POSTS = ["/sign-in", "/sign-out", "/language", "/post/held/done", "/alarms/alarm-1/acknowledge"]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("token", [{}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "я"}])
async def test_a_form_without_the_pages_token_is_refused(
    browser_at_post: Browser, path: str, token: dict[str, str]
) -> None:
    answer = await browser_at_post.client.post(
        path, data={"name": "sabit", "act": "x", "seen_version": "0", "language": "ru", **token}
    )
    assert answer.status_code == 403
    assert "Бұл әрекет қабылданбады" in answer.text


async def test_another_sessions_token_is_refused(browser_at_post: Browser, stranger: Browser) -> None:
    token = await stranger.token("/sign-in")
    assert (await browser_at_post.client.post("/language", data={"csrf": token, "language": "ru"})).status_code == 403


async def test_the_token_may_come_as_htmx_sends_it(browser_at_post: Browser, posts: Posts, clock: Clock) -> None:
    pressed = press(1, clock.now)
    posts.take(pressed)
    headers = {"X-CSRF-Token": await browser_at_post.token(), "HX-Request": "true"}
    path = f"/alarms/{alarm_of(pressed).data.alarm}/acknowledge"
    assert (await browser_at_post.client.post(path, data={"seen_version": "0"}, headers=headers)).status_code == 204


async def test_a_form_as_long_as_a_book_is_refused_unread(browser_at_post: Browser) -> None:
    assert (await browser_at_post.client.post("/language", data={"csrf": "x" * 20_000})).status_code == 413


@pytest.mark.parametrize("path", ["/sign-in", "/post", "/nowhere", "/static/look.css", "/healthz"])
async def test_every_answer_carries_the_security_headers(browser_at_post: Browser, path: str) -> None:
    headers = (await browser_at_post.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"].startswith("max-age=")
    assert headers["cache-control"] == "no-store"


async def test_a_file_named_by_its_content_may_be_kept_for_ever(stranger: Browser) -> None:
    page = (await stranger.get("/sign-in")).text
    address = re.search(r'href="(/static/look\.css\?v=\w+)"', page)
    assert address is not None
    assert "immutable" in (await stranger.get(address[1])).headers["cache-control"]


async def test_no_page_has_inline_script_or_style_or_asks_another_server(browser_at_post: Browser) -> None:
    for path in ("/post", "/sign-in", "/nowhere"):
        page = (await browser_at_post.get(path)).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"\son\w+=|\sstyle=|<style", page)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/sign-out", 405)])
async def test_an_error_page_says_what_to_do(stranger: Browser, path: str, status: int) -> None:
    answer = await stranger.get(path)
    assert answer.status_code == status
    assert "Бекет бетіне оралу" in answer.text


async def test_a_fault_of_ours_shows_no_trace(
    browser_at_post: Browser, posts: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts, "sight", None)
    answer = await browser_at_post.get("/post")
    assert answer.status_code == 500
    assert "Бұл сіздің қатеңіз емес" in answer.text
    assert "Traceback" not in answer.text


async def test_without_the_store_the_page_says_so_and_what_to_do(browser_at_post: Browser, store: Store) -> None:
    store.write_now(lambda session: session.connection().exec_driver_sql("ALTER TABLE users RENAME TO gone"))
    answer = await browser_at_post.get("/post")
    assert answer.status_code == 503
    assert "102" in answer.text


async def test_healthz_tells_store_and_news(stranger: Browser) -> None:
    answer = await stranger.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"store": "ok", "news": "live"})
