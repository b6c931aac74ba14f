"""A late pupil with the duty administrator's permission, from the rules' question to the answer that opens the gate."""

from datetime import UTC, datetime

import msgspec
from sqlmodel import Session

from schemas.guard_answer import GuardAnswer
from schemas.reasons import Reason, Verdict
from schemas.site_policy import Window
from services.rules.decide import decide
from services.rules.facts import Facts
from services.store import outbox, users
from services.store.database import Store
from services.web.guard_console.posts import Posts
from tests.services.flow.people import PUPIL_CARD, credential, policy, read
from tests.services.web.browser import PASSWORD, Browser
from tests.services.web.conftest import Clock
from tests.services.web.said import SITE, act

LATE_AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
"""A Monday, nine o'clock at the school."""


def allow_duty(store: Store, clock: Clock) -> None:
    def enter(session: Session) -> None:
        role = users.UserRole.DUTY_ADMIN
        users.put(
            session,
            site=SITE,
            login="duty",
            name="Жанар",
            role=role,
            language="kk",
            password=PASSWORD,
            by="t",
            at=clock.now,
        )

    store.write_now(enter)


async def test_a_late_pupil_is_let_in_only_with_the_duty_administrators_permission(
    browser_at_post: Browser, posts: Posts, clock: Clock, store: Store
) -> None:
    mornings = [Window(weekdays=[1], opens_min=0, closes_min=24 * 60, late_from_min=8 * 60 + 30)]
    facts = Facts(
        policy=policy(windows=mornings).data,
        confirmed_at=LATE_AT,
        credential=credential(PUPIL_CARD, category="pupil").data,
        mode=None,
        presence=None,
    )
    found = decide(read(1, PUPIL_CARD, at=LATE_AT).data, facts, LATE_AT)
    assert (found.verdict, found.reason) == (Verdict.ASK, Reason.LATE)
    asked = act(1, clock.now, found.verdict, found.reason, values=found.values, category=found.category)
    posts.take(asked)
    page = (await browser_at_post.get("/post")).text
    assert 'value="admit/duty_administrator_allows"' in page
    assert 'value="admit/known_to_me"' not in page
    assert 'value="refuse/' not in page
    allow_duty(store, clock)
    for answer in ("admit/known_to_me", "refuse/not_expected"):
        assert (await browser_at_post.send("/post/answers", act=asked.id, answer=answer)).status_code == 422
    await browser_at_post.send("/post/answers", act=asked.id, answer="admit/duty_administrator_allows")
    (sent,) = store.read_now(lambda session: outbox.unsent(session, 9))
    given = msgspec.json.decode(sent.data, type=GuardAnswer)
    assert (given.answer, given.because, given.allowed_by, given.by) == (
        "admit",
        "duty_administrator_allows",
        "duty",
        "sabit",
    )
    assert given.read == asked.data.read
