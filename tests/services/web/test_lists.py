"""The duty administrator's pages of lists and matches, and that nobody else learns of them: not the guard, not the
host, not the visitor.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import select

from services.store import administration
from services.store.database import Store
from services.store.lists import entries, matches
from services.store.lists.entries import ListEntryRow
from services.store.lists.matches import MatchRow
from services.store.messages import MessageRow
from services.store.users import UserRole
from services.store.visitors_journal.walk_ins import WalkInRow
from services.web.app import make_app
from services.web.guard_console.sight import News
from services.web.shared.outside import Visits
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, client_of, employ, posts_of, signed_in
from tests.services.web.said import SITE, policy
from tests.services.web.test_release import CARD
from tests.services.web.test_rooms_of_the_post import VISITOR
from tests.services.web.visit_school import HOME, all_visits, ask, open_school, the_code

BAN = {
    "kind": "ban",
    "name_1": "Ахметов Серік Болатұлы",
    "name_2": "Akhmetov Serik",
    "basis": "№ 14",
    "until": "2036-01-01",
}


@pytest.fixture
def visits(store: Store, tmp_path: Path, clock: Clock) -> Visits:
    made = open_school(store, tmp_path, clock.now)
    employ(store, "duty", UserRole.DUTY_ADMIN, clock.now)
    employ(store, "dir", UserRole.DIRECTOR, clock.now)
    store.write_now(lambda session: administration.issue_credential(session, site=SITE, credential=CARD, by="t"))
    return made


@pytest.fixture
def app(store: Store, clock: Clock, visits: Visits) -> FastAPI:
    app = make_app(store, b"k" * 32, secure_cookies=True, clock=clock, visits=visits)
    posts_of(app).tell_news(News("live"))
    posts_of(app).take(policy(clock.now))
    return app


@pytest.fixture
async def duty(app: FastAPI) -> Browser:
    """A browser in which the duty administrator has signed in."""
    return await signed_in(app, "duty")


def rows_of(store: Store, table: Any) -> list[Any]:
    return list(store.read_now(lambda session: session.exec(select(table)).all()))


async def lists(browser: Browser, clock: Clock, **changes: str) -> None:
    """Put somebody on the list by the page."""
    form = {**BAN, "basis_on": clock.now.date().isoformat(), "entry": entries.new_entry(), **changes}
    answer = await browser.send("/lists/new", f"/lists/new?kind={form['kind']}&q=қас", **form)
    assert answer.status_code == 303, answer.text


async def asks(app: FastAPI, store: Store, visits: Visits, clock: Clock, name: str) -> str:
    """Let a visitor ask on the portal, and give the page that they see then."""
    async with client_of(app) as client:
        visitor = Browser(client)
        await ask(visitor, clock.now, who={"name": name})
        sent = await visitor.send(f"{HOME}/code", f"{HOME}/code", code=the_code(store, visits))
        assert sent.status_code == 303, sent.text
        return (await visitor.get(sent.headers["location"])).text


def bare(page: str, *names: str) -> str:
    """Take out of a page what is each visit's own: links, tokens, the name."""
    for name in names:
        page = page.replace(name, "NAME")
    page = re.sub(r'name="csrf" value="[^"]+"', "CSRF", page)
    return re.sub(rf"{HOME}/v/[\w-]+", "LINK", page)


async def test_a_visitor_who_waits_for_a_match_sees_what_every_visitor_sees_who_waits(
    app: FastAPI, store: Store, visits: Visits, clock: Clock, duty: Browser
) -> None:
    await lists(duty, clock)
    free = await asks(app, store, visits, clock, "Сара Омарова")
    held = await asks(app, store, visits, clock, "Серик Ахметов")
    assert len(rows_of(store, MatchRow)) == 1
    assert bare(held, "Серик Ахметов") == bare(free, "Сара Омарова")


async def test_both_records_are_side_by_side_and_the_first_word_counts(
    app: FastAPI, store: Store, visits: Visits, clock: Clock, duty: Browser
) -> None:
    await lists(duty, clock)
    await asks(app, store, visits, clock, "Серик Ахметов")
    (match,) = rows_of(store, MatchRow)
    assert f"/matches/{match.match}" in (await duty.get("/matches")).text
    assert (await duty.get("/visits")).text.count("Серик Ахметов") == 0
    shown = (await duty.get(f"/matches/{match.match}")).text
    assert "Серик Ахметов" in shown
    assert "Ахметов Серік Болатұлы / Akhmetov Serik" in shown
    path = f"/matches/{match.match}"
    said = await duty.send(path, path, says="same_person", note="паспорты")
    assert said.headers["location"] == "/matches?said=same_person"
    (visit,) = all_visits(store)
    assert (visit.state, visit.reason) == (
        "declined",
        "Мектеп бұл жолы қабылдай алмайды. Сұрағыңыз болса, мектеп кеңсесіне хабарласыңыз.",
    )
    again = await duty.send(path, "/lists", says="not_the_same")
    assert again.headers["location"] == "/matches?said=settled"
    assert (await duty.get(path)).status_code == 200


async def test_a_guard_is_told_to_ask_and_nothing_else(
    app: FastAPI, store: Store, clock: Clock, duty: Browser, browser_at_post: Browser
) -> None:
    await lists(duty, clock)
    answer = await browser_at_post.send("/post/walk-in", "/post/walk-in", **{**VISITOR, "name": "Серик Ахметов"})
    page = answer.headers["location"]
    shown = (await browser_at_post.get(page)).text
    assert 'data-stands="open"' in shown
    assert not any(word in shown for word in ("№ 14", "Болатұлы", "/matches", "/lists", "тізім"))
    (row,) = rows_of(store, WalkInRow)
    form = {"holder": row.holder, "gate": "gate-1", "because": "document_seen"}
    refused = await browser_at_post.send("/post/by-name", "/post/by-name", **form)
    assert refused.status_code == 422
    assert "кезекші әкімшіден сұраңыз" in refused.text
    (match,) = rows_of(store, MatchRow)
    await duty.send(f"/matches/{match.match}", f"/matches/{match.match}", says="not_the_same")
    assert 'data-drawn="no"' in (await browser_at_post.get(page)).text
    assert (await browser_at_post.send("/post/by-name", "/post/by-name", **form)).status_code == 303


@pytest.mark.parametrize("path", ["/lists", "/lists/new", "/matches", "/matches/match-1"])
async def test_for_a_guard_and_a_stranger_the_pages_are_not_there(
    browser_at_post: Browser, stranger: Browser, visits: Visits, path: str
) -> None:
    del visits
    assert (await browser_at_post.get(path)).status_code == 404
    assert (await stranger.get(path)).status_code == 303
    assert path not in (await browser_at_post.get("/post")).text


async def test_an_entry_is_entered_ended_and_stays_in_the_history(store: Store, clock: Clock, duty: Browser) -> None:
    await lists(duty, clock, kind="custody", pupil="pupil-1", iin="900101100014")
    (row,) = rows_of(store, ListEntryRow)
    assert (row.pupil, row.names, len(row.iin_hash)) == ("pupil-1", ["Ахметов Серік Болатұлы", "Akhmetov Serik"], 32)
    assert "Қасымов Арман" in (await duty.get("/lists")).text
    await duty.send(f"/lists/{row.entry}/end", "/lists")
    shown = (await duty.get("/lists?said=ended")).text
    assert "<details" in shown
    assert f"/lists/{row.entry}/end" not in shown


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "x"}, "lists.wrong.kind"),
        ({"name_1": " ", "name_2": ""}, "lists.wrong.name"),
        ({"name_1": "\u202e", "name_2": ""}, "lists.wrong.name"),
        ({"iin": "900101100015"}, "lists.wrong.iin"),
        ({"kind": "custody"}, "lists.wrong.pupil"),
        ({"kind": "custody", "pupil": "nobody"}, "lists.wrong.pupil"),
        ({"basis": ""}, "lists.wrong.basis"),
        ({"basis_on": "2099-01-01"}, "lists.wrong.basis"),
        ({"until": "2020-01-01"}, "lists.wrong.until"),
        ({"until": "2099-01-01"}, "lists.wrong.until"),
        ({"until": "<b>"}, "lists.wrong.until"),
    ],
)
async def test_what_is_typed_wrong_is_said_and_nothing_is_entered(
    store: Store, clock: Clock, duty: Browser, changes: dict[str, str], said: str
) -> None:
    form = {**BAN, "basis_on": clock.now.date().isoformat(), **changes}
    answer = await duty.send("/lists/new", "/lists", **form)
    assert answer.status_code == 422
    assert rows_of(store, ListEntryRow) == []
    assert said.startswith("lists.wrong.")
    assert 'role="alert"' in answer.text


async def test_somebody_who_is_listed_today_is_found_among_the_visits_of_yesterday(
    app: FastAPI, store: Store, visits: Visits, clock: Clock, duty: Browser
) -> None:
    await asks(app, store, visits, clock, "Серик Ахметов")
    assert rows_of(store, MatchRow) == []
    await lists(duty, clock)
    assert len(rows_of(store, MatchRow)) == 1
    assert [row.receiver for row in rows_of(store, MessageRow) if row.kind == "possible_match"] == ["duty"]


async def test_another_schools_match_is_not_there(app: FastAPI, store: Store, duty: Browser, clock: Clock) -> None:
    foreign = MatchRow(
        site="school-2",
        match="match-9",
        subject="x",
        entry="e",
        place=0,
        person_key=None,
        likeness=1.0,
        same_iin=None,
        found_at=clock.now,
    )
    store.write_now(lambda session: session.add(foreign))
    assert (await duty.get("/matches/match-9")).status_code == 404
    assert store.read_now(lambda session: matches.waiting(session, SITE)) == []
