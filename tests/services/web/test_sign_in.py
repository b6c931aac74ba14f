"""Signing in: who gets in, who does not, and what a stranger learns by trying."""

import pytest
from fastapi import FastAPI

from services.store import audit, users
from services.store.database import Store
from services.web.shared.rate_limit import OF_ACCOUNT, OF_ADDRESS, WINDOW
from services.web.shared.sessions import COOKIE, LASTS
from tests.services.web.browser import PASSWORD, Browser
from tests.services.web.conftest import Clock, client_of
from tests.services.web.said import SITE


async def test_a_guard_signs_in_and_is_at_the_post(stranger: Browser) -> None:
    answer = await stranger.sign_in("sabit")
    assert (answer.status_code, answer.headers["location"]) == (303, "/post")
    assert "Sabit" in (await stranger.get("/post")).text


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: Browser) -> None:
    cookie = next(
        value for value in (await stranger.sign_in("sabit")).headers.get_list("set-cookie") if value.startswith(COOKIE)
    )
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


async def test_a_wrong_password_and_an_unknown_name_look_the_same(stranger: Browser) -> None:
    wrong = await stranger.sign_in("sabit", "not-the-password")
    unknown = await stranger.sign_in("nobody", "not-the-password")
    assert wrong.status_code == unknown.status_code == 401
    assert _same_but_the_name(wrong.text) == _same_but_the_name(unknown.text)


async def test_nobody_sees_the_post_without_signing_in(stranger: Browser) -> None:
    answer = await stranger.get("/post")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?said=first")
    assert (await stranger.get("/post/live")).status_code == 401


async def test_a_session_of_an_earlier_browser_is_not_taken_over_at_sign_in(stranger: Browser) -> None:
    await stranger.get("/sign-in")
    planted = stranger.client.cookies[COOKIE]
    await stranger.sign_in("sabit")
    assert stranger.client.cookies[COOKIE] != planted


async def test_a_forged_cookie_is_nobody(stranger: Browser) -> None:
    await stranger.sign_in("sabit")
    cookie = stranger.client.cookies[COOKIE]
    stranger.client.cookies.set(
        COOKIE, cookie[:-2] + ("AA" if not cookie.endswith("AA") else "BB"), domain="qaqpa.test"
    )
    assert (await stranger.get("/post")).status_code == 303


async def test_signing_out_ends_the_session_also_where_the_cookie_was_copied(
    browser_at_post: Browser, app: FastAPI
) -> None:
    copied = browser_at_post.client.cookies[COOKIE]
    await browser_at_post.send("/sign-out")
    async with client_of(app) as thief:
        thief.cookies.set(COOKIE, copied, domain="qaqpa.test")
        assert (await thief.get("/post")).status_code == 303


async def test_a_session_ends_after_a_shift(browser_at_post: Browser, clock: Clock) -> None:
    clock.now += LASTS
    answer = await browser_at_post.get("/post")
    assert answer.headers["location"] == "/sign-in?said=ended"


async def test_a_user_who_was_disabled_is_out_at_the_next_page(browser_at_post: Browser, store: Store) -> None:
    await store.write(lambda session: users.disable(session, site=SITE, login="sabit", by="t"))
    assert (await browser_at_post.get("/post")).headers["location"] == "/sign-in?said=ended"


async def test_a_new_password_ends_the_sessions_of_the_old_one(
    browser_at_post: Browser, store: Store, clock: Clock
) -> None:
    clock.forward(minutes=1)
    await store.write(
        lambda session: users.put(
            session,
            site=SITE,
            login="sabit",
            name="Sabit",
            role=users.UserRole.GUARD,
            language="kk",
            password="another-one",
            by="t",
            at=clock.now,
        )
    )
    assert (await browser_at_post.get("/post")).status_code == 303


async def test_one_account_is_tried_only_so_often_from_one_address(stranger: Browser, clock: Clock) -> None:
    for _ in range(OF_ACCOUNT):
        assert (await stranger.sign_in("sabit", "wrong-password")).status_code == 401
    refused = await stranger.sign_in("sabit")
    assert refused.status_code == 429
    assert "5 минут" in refused.text
    clock.now += WINDOW
    assert (await stranger.sign_in("sabit")).status_code == 303


async def test_one_address_is_tried_only_so_often_whatever_the_account(stranger: Browser) -> None:
    for number in range(OF_ADDRESS):
        await stranger.sign_in(f"guess-{number}", "wrong-password")
    assert (await stranger.sign_in("marat")).status_code == 429


async def test_somebody_elsewhere_cannot_keep_a_guard_out(stranger: Browser, app: FastAPI) -> None:
    for _ in range(OF_ACCOUNT + 1):
        await stranger.sign_in("sabit", "wrong-password")
    async with client_of(app) as client:
        client._transport.client = ("198.51.100.9", 5000)  # type: ignore[attr-defined]
        assert (await Browser(client).sign_in("sabit")).status_code == 303


async def test_signing_in_and_out_is_in_the_audit(browser_at_post: Browser, store: Store) -> None:
    await browser_at_post.send("/sign-out")
    rows = await store.read(lambda session: audit.recent(session, SITE, 2))
    assert [(row.act, row.by) for row in rows] == [("signed_out", "sabit"), ("signed_in", "sabit")]


@pytest.mark.parametrize("password", ["", "x" * 10_000])
async def test_a_strange_password_is_a_wrong_one(stranger: Browser, password: str) -> None:
    assert (await stranger.sign_in("sabit", password)).status_code == 401


async def test_the_form_is_whole_without_script(stranger: Browser) -> None:
    page = (await stranger.get("/sign-in")).text
    assert "<script" not in page
    assert f'value="{PASSWORD}"' not in (await stranger.sign_in("sabit", PASSWORD + "x")).text


def _same_but_the_name(page: str) -> str:
    return page.replace("sabit", "NAME").replace("nobody", "NAME")
