"""A pupil who comes late is let in with the duty administrator's permission, and the answer says whose."""

from datetime import datetime

import msgspec
import pytest
from fastapi import FastAPI
from sqlmodel import select

from schemas.reasons import Reason, Verdict
from services.rules.opening_times import DUTY_ADMINISTRATOR
from services.store import outbox
from services.store.database import Store
from services.store.records.guard_answers import GuardAnswerRow
from services.store.users import UserRole
from services.web.guard_console.posts import Posts
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, employ, signed_in
from tests.services.web.said import act

ALLOWED = "admit/duty_administrator_allows"
VALUES = {"from": "08:30", "who": DUTY_ADMINISTRATOR}


@pytest.fixture
def late(posts: Posts, clock: Clock) -> str:
    """The act of a gate that asks about a late pupil."""
    asked = act(1, clock.now, Verdict.ASK, Reason.LATE, values=VALUES)
    posts.take(asked)
    return asked.id


def enter(store: Store, role: UserRole, *logins: str, at: datetime | None = None) -> None:
    for login in logins:
        employ(store, login, role, at, name=login.title())


def given(store: Store) -> list[tuple[str, str, str, str | None]]:
    rows = store.read_now(lambda session: session.exec(select(GuardAnswerRow)).all())
    return [(row.by, row.answer, row.because, row.allowed_by) for row in rows]


async def test_the_guard_may_not_decide_it_alone(browser_at_post: Browser, late: str, store: Store) -> None:
    enter(store, UserRole.DUTY_ADMIN, "dana")
    page = (await browser_at_post.get("/post")).text
    assert ALLOWED in page
    assert "admit/known_to_me" not in page
    assert (await browser_at_post.send("/post/answers", act=late, answer="admit/known_to_me")).status_code == 422
    assert given(store) == []


async def test_the_only_duty_administrator_is_named_by_itself(
    browser_at_post: Browser, late: str, store: Store
) -> None:
    enter(store, UserRole.DUTY_ADMIN, "dana")
    await browser_at_post.send("/post/answers", act=late, answer=ALLOWED)
    assert given(store) == [("sabit", "admit", "duty_administrator_allows", "dana")]


async def test_of_two_the_guard_names_the_one_who_allowed_it(browser_at_post: Browser, late: str, store: Store) -> None:
    enter(store, UserRole.DUTY_ADMIN, "dana", "erlan")
    led = await browser_at_post.send("/post/answers", act=late, answer=ALLOWED)
    assert led.headers["location"] == f"/post/questions/{late}"
    for nobody in ("", "sabit", "somebody"):
        told = await browser_at_post.send(
            "/post/answers", f"/post/questions/{late}", act=late, answer=ALLOWED, allowed_by=nobody, whole="yes"
        )
        assert told.status_code == 422, nobody
    assert given(store) == []
    await browser_at_post.send(
        "/post/answers", f"/post/questions/{late}", act=late, answer=ALLOWED, allowed_by="erlan", whole="yes"
    )
    assert given(store) == [("sabit", "admit", "duty_administrator_allows", "erlan")]


async def test_where_there_is_no_duty_administrator_the_director_allows_it(
    browser_at_post: Browser, late: str, store: Store
) -> None:
    enter(store, UserRole.DIRECTOR, "gulnar")
    await browser_at_post.send("/post/answers", act=late, answer=ALLOWED)
    assert given(store) == [("sabit", "admit", "duty_administrator_allows", "gulnar")]


async def test_the_duty_administrator_answers_with_their_own_hands(
    app: FastAPI, late: str, store: Store, clock: Clock
) -> None:
    enter(store, UserRole.DUTY_ADMIN, "dana", "erlan", at=clock.now)
    browser = await signed_in(app, "dana")
    await browser.send("/post/answers", act=late, answer=ALLOWED)
    assert given(store) == [("dana", "admit", "duty_administrator_allows", "dana")]


async def test_the_gate_hears_who_allowed_it(browser_at_post: Browser, late: str, store: Store) -> None:
    enter(store, UserRole.DUTY_ADMIN, "dana")
    await browser_at_post.send("/post/answers", act=late, answer=ALLOWED)
    (row,) = (row for row in store.read_now(lambda session: outbox.unsent(session, 9)) if row.topic == "guard_answers")
    assert msgspec.json.decode(row.data)["allowed_by"] == "dana"
