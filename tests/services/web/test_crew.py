"""A crew is coming: the guard's page holds the entry open in two steps, says how far it is, and ends it."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from schemas.envelope import Event
from schemas.guard_answer import GuardAnswer
from services.store import administration, outbox
from services.store.database import Store
from services.web.guard_console.posts import Posts
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock
from tests.services.web.said import GATE, SITE, gate_event

PATH = "/post/crew"


def said(store: Store) -> list[GuardAnswer]:
    rows = store.read_now(lambda session: outbox.unsent(session, 99))
    found = [row.event().data for row in rows]
    return [data for data in found if isinstance(data, GuardAnswer)]


def told(number: int, at: datetime, **detail: str) -> Event[Any]:
    """A gate tells of its mode."""
    event = gate_event(number, at, "mode_changed")
    return msgspec.structs.replace(event, data=msgspec.structs.replace(event.data, detail=detail))


def lock_down(store: Store) -> None:
    store.write_now(
        lambda session: administration.set_mode(
            session, site=SITE, mode="lockdown", drill=False, by=["iman"], because=None
        )
    )


async def holds(browser: Browser, **more: Any) -> Any:
    return await browser.send(PATH, PATH, **{"gate": [GATE, "gate-2"], "minutes": "10", **more})


async def test_one_key_leads_there_and_a_second_step_holds_the_gates_once(
    browser_at_post: Browser, store: Store
) -> None:
    assert f'href="{PATH}" data-key="F10"' in (await browser_at_post.get("/post")).text
    for _ in range(3):
        answer = await holds(browser_at_post)
        assert (answer.status_code, answer.headers["location"]) == (303, "/post")
    assert [(one.gate, one.answer, one.because, one.by) for one in said(store)] == [
        (GATE, "admit", "crew_coming", "sabit"),
        ("gate-2", "admit", "crew_coming", "sabit"),
    ]


async def test_the_page_says_sent_then_held_with_who_and_until_when_then_nothing(
    browser_at_post: Browser, posts: Posts, clock: Clock, store: Store
) -> None:
    await holds(browser_at_post, gate=GATE)
    assert 'data-hold="sent"' in (await browser_at_post.get("/post")).text
    clock.forward(seconds=11)
    assert 'data-hold="unheard"' in (await browser_at_post.get("/post")).text
    row = store.read_now(lambda session: outbox.unsent(session, 99))[-1]
    until = (clock.now + timedelta(minutes=9)).isoformat()
    posts.take(told(1, clock.now, mode="held_free", answer=row.event_id, by="sabit", until=until))
    page = (await browser_at_post.get("/post")).text
    assert 'data-hold="held"' in page
    assert "Sabit" in page
    clock.forward(minutes=9)
    assert "data-hold" not in (await browser_at_post.get("/post")).text


async def test_a_person_ends_it_and_the_gate_confirms(
    browser_at_post: Browser, posts: Posts, clock: Clock, store: Store
) -> None:
    await holds(browser_at_post, gate=GATE)
    row = store.read_now(lambda session: outbox.unsent(session, 99))[-1]
    until = (clock.now + timedelta(minutes=10)).isoformat()
    posts.take(told(1, clock.now, mode="held_free", answer=row.event_id, by="sabit", until=until))
    clock.forward(seconds=30)
    await browser_at_post.send(f"{PATH}/end", PATH)
    await browser_at_post.send(f"{PATH}/end", PATH)
    assert [one.answer for one in said(store)] == ["admit", "refuse"]
    assert 'data-hold="ending"' in (await browser_at_post.get("/post")).text
    clock.forward(seconds=1)
    posts.take(told(2, clock.now, mode="normal", answer=row.event_id, by="sabit", over="ended"))
    assert "data-hold" not in (await browser_at_post.get("/post")).text


async def test_in_a_lockdown_the_guard_must_say_that_they_see_the_crew(browser_at_post: Browser, store: Store) -> None:
    assert 'name="in_lockdown"' not in (await browser_at_post.get(PATH)).text
    lock_down(store)
    assert 'name="in_lockdown"' in (await browser_at_post.get(PATH)).text
    answer = await holds(browser_at_post, gate=GATE)
    assert answer.status_code == 422
    assert said(store) == []
    await holds(browser_at_post, gate=GATE, in_lockdown="yes")
    assert [one.because for one in said(store)] == ["crew_coming_in_lockdown"]


@pytest.mark.parametrize(
    "wrong", [{"gate": "another-schools"}, {"gate": []}, {"minutes": "600"}, {"minutes": ""}, {"minutes": "🚒"}]
)
async def test_what_was_not_offered_holds_nothing(
    browser_at_post: Browser, store: Store, wrong: dict[str, Any]
) -> None:
    assert (await holds(browser_at_post, **wrong)).status_code == 422
    assert said(store) == []


async def test_a_hold_without_the_forms_token_is_refused(browser_at_post: Browser, store: Store) -> None:
    answer = await browser_at_post.client.post(PATH, data={"gate": GATE, "minutes": "10"})
    assert answer.status_code == 403
    assert said(store) == []
