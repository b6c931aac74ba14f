"""What a guard does beside the live page: answers a gate, lets in by name, checks, takes an item, registers."""

import re

import pytest
from sqlmodel import Session, select

from schemas.reasons import Reason, Verdict
from services.store import outbox
from services.store.database import Store
from services.store.outbox import OutboxRow
from services.store.records import screenings
from services.store.visitors_journal.walk_ins import WalkInRow
from services.web.guard_console.posts import Posts
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock
from tests.services.web.said import SITE, act

VISITOR = {
    "name": "Ерланова Мәдина",
    "category": "visitor",
    "document_kind": "passport",
    "document_tail": "N12345678",
    "host_text": "7 «Б»",
    "purpose": "жиналыс",
}


def sent(store: Store, topic: str) -> list[OutboxRow]:
    return [row for row in store.read_now(lambda session: outbox.unsent(session, 99)) if row.topic == topic]


async def registered(browser: Browser, store: Store) -> WalkInRow:
    answer = await browser.send("/post/walk-in", "/post/walk-in", **VISITOR)
    assert answer.status_code == 303
    assert (await browser.get(answer.headers["location"])).status_code == 200

    def ask(session: Session) -> WalkInRow:
        return session.exec(select(WalkInRow)).one()

    return store.read_now(ask)


async def test_a_question_is_answered_once_with_a_reason(
    browser_at_post: Browser, posts: Posts, clock: Clock, store: Store
) -> None:
    asked = act(1, clock.now, Verdict.ASK, Reason.POLICY_STALE, holder="visitor-1", category="visitor")
    posts.take(asked)
    assert 'value="admit/known_to_me"' in (await browser_at_post.get("/post")).text
    for _ in range(2):
        await browser_at_post.send("/post/answers", act=asked.id, answer="admit/known_to_me")
    assert len(sent(store, "guard_answers")) == 1
    assert 'data-answer="sent"' in (await browser_at_post.get("/post")).text


async def test_a_pupil_is_not_refused(browser_at_post: Browser, posts: Posts, clock: Clock, store: Store) -> None:
    asked = act(1, clock.now, Verdict.ASK, Reason.REVOKED)
    posts.take(asked)
    answer = await browser_at_post.send("/post/answers", act=asked.id, answer="refuse/not_expected")
    assert answer.status_code == 422
    assert sent(store, "guard_answers") == []


async def test_a_visitor_is_registered_checked_and_leaves_a_knife(browser_at_post: Browser, store: Store) -> None:
    row = await registered(browser_at_post, store)
    assert row.document_tail == "5678"
    path = f"/post/checks/{row.holder}"
    assert "W2.knife" in (await browser_at_post.get(f"{path}?q=пышақ")).text
    found = await browser_at_post.send(path, path, outcome="found", code="W2.knife")
    assert found.status_code == 303, found.text
    leave = f"/post/custody/new?holder={row.holder}"
    taken = await browser_at_post.send(
        "/post/custody/new", leave, holder=row.holder, item="W2.knife", description="қара сапты", form="a" * 16
    )
    assert re.fullmatch(r"/post/custody/1", taken.headers["location"])
    assert "000001" in (await browser_at_post.get("/post/custody/1")).text
    await browser_at_post.send("/post/custody/1", "/post/custody/1", act="returned", to_whom="иесіне")
    assert (await browser_at_post.get("/post/custody")).status_code == 200
    latest = store.read_now(lambda session: screenings.latest(session, SITE, row.holder))
    assert latest is not None
    assert (latest.standing, latest.resolution) == ("clear", "left_at_the_post")
    assert len(sent(store, "screenings")) == 2


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("path", ["/post/by-name?q=қас", "/post/walk-in", "/post/checks?q=қас", "/post/custody"])
async def test_every_room_opens_in_every_language(browser_at_post: Browser, path: str, language: str) -> None:
    await browser_at_post.send("/language", language=language, back="/post")
    assert (await browser_at_post.get(path)).status_code == 200
