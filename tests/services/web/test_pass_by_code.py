"""Whoever has no smartphone says eight digits: the guard finds the visit, sees what it brings, and lets in once."""

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from fastapi import FastAPI
from sqlmodel import Session

from schemas.guard_answer import GuardAnswer
from schemas.site_policy import CategoryRules, Window
from services.store import administration, outbox
from services.store.database import Store
from services.store.records import site_policies, visitor_passes
from services.store.visits import deeds
from services.store.visits.deeds import Decision
from services.web.guard_console.sight import News
from services.web.shared.outside import Visits
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, client_of, posts_of
from tests.services.web.said import GATE, SITE, policy
from tests.services.web.visit_school import HOME, all_visits, ask_for_all, the_code

ROOM = "/post/visits"
ALL_DAY = Window(weekdays=[1, 2, 3, 4, 5, 6, 7], opens_min=0, closes_min=1440)
RULES = CategoryRules(windows=[ALL_DAY], anti_passback="off", admit_staleness_s=60.0)


@pytest.fixture
async def guard(portal: FastAPI, store: Store, clock: Clock, visits: Visits) -> AsyncIterator[Browser]:
    """A guard at a school that lets in parents all day, whose visitor comes within the hour, with a party."""
    keyed = store.read_now(lambda session: site_policies.current(session, SITE))
    assert keyed is not None
    rules = msgspec.structs.replace(keyed, categories={"representative": RULES})
    store.write_now(lambda session: administration.publish_policy(session, site=SITE, policy=rules, by="t"))
    posts_of(portal).tell_news(News("live"))
    posts_of(portal).take(policy(clock.now))
    async with client_of(portal) as client:
        visitor = Browser(client)
        await ask_for_all(visitor, clock.now)
        await visitor.send(f"{HOME}/code", f"{HOME}/code", code=the_code(store, visits))
    (row,) = all_visits(store)

    def approve(session: Session) -> None:
        deeds.decide(
            session,
            site=SITE,
            visit=row.visit,
            decision=Decision(deed="approve"),
            by="t-1",
            policy=rules,
            seals=visits.seals,
            at=clock.now,
        )

    store.write_now(approve)
    clock.now = row.arrives_at + timedelta(minutes=5)
    async with client_of(portal) as client:
        browser = Browser(client)
        await browser.sign_in("sabit")
        yield browser


def code_of(store: Store, visits: Visits, place: int = 0) -> tuple[str, str]:
    """Give the pass of one of the party, and its short code."""
    (row,) = all_visits(store)
    known = store.read_now(lambda session: visitor_passes.of_visit(session, SITE, row.visit))
    leader = next(one for one in known if one.holder == row.holder)
    chosen = leader if place == 0 else next(one for one in known if one.holder != row.holder)
    return chosen.jti, visits.seals.pass_code(SITE, chosen.jti)


def answers_sent(store: Store) -> list[GuardAnswer]:
    rows = store.read_now(lambda session: outbox.unsent(session, 99))
    return [data for row in rows if isinstance(data := row.event().data, GuardAnswer)]


async def test_eight_digits_however_spoken_find_the_visit_and_let_in_once(
    guard: Browser, store: Store, visits: Visits
) -> None:
    jti, code = code_of(store, visits)
    for spoken in (code, f"{code[:4]} {code[4:]}"):
        found = await guard.send(f"{ROOM}/code", ROOM, code=spoken)
        assert found.headers["location"] == f"{ROOM}/{jti}"
    page = (await guard.get(f"{ROOM}/{jti}")).text
    for told in ("Серік Ахметов", "123ABC02, ақ Газель", "парта", "З-2 № 17", "Айша Серікова", 'class="verdict go"'):
        assert told in page, told
    form = {"gate": GATE, "because": "document_seen"}
    assert (await guard.send(f"{ROOM}/{jti}", f"{ROOM}/{jti}", **form)).headers["location"] == "/post"
    again = await guard.send(f"{ROOM}/{jti}", f"{ROOM}/{jti}", **form)
    assert again.status_code == 422
    assert "жаңа ғана ашылды" in again.text
    (answer,) = answers_sent(store)
    assert (answer.credential, answer.by, answer.gate, answer.because) == (
        f"pass/{jti}",
        "sabit",
        GATE,
        "document_seen",
    )


async def test_the_rest_of_the_party_come_one_by_one(guard: Browser, store: Store, visits: Visits) -> None:
    leader, _ = code_of(store, visits)
    other, _ = code_of(store, visits, 1)
    for jti in (leader, other):
        await guard.send(f"{ROOM}/{jti}", f"{ROOM}/{jti}", gate=GATE, because="document_seen")
    assert {answer.credential for answer in answers_sent(store)} == {f"pass/{leader}", f"pass/{other}"}


async def test_the_list_of_today_has_the_visit_with_its_vehicle(guard: Browser, store: Store, visits: Visits) -> None:
    page = (await guard.get(ROOM)).text
    assert "123ABC02" in page
    assert f"{ROOM}/{code_of(store, visits)[0]}" in page


async def test_a_wrong_code_another_schools_guard_and_a_half_form_open_nothing(
    guard: Browser, portal: FastAPI, store: Store, visits: Visits
) -> None:
    jti, code = code_of(store, visits)
    for wrong in ("", "0", "99999999" if code != "99999999" else "88888888", "' OR 1=1 --", "٩" * 8):
        found = await guard.send(f"{ROOM}/code", ROOM, code=wrong)
        assert found.status_code == 422
        assert "Мұндай код жоқ" in found.text
    for form in ({"gate": "gate-99", "because": "document_seen"}, {"gate": GATE, "because": "bribe"}, {}):
        assert (await guard.send(f"{ROOM}/{jti}", f"{ROOM}/{jti}", **form)).status_code == 422
    async with client_of(portal) as client:
        stranger = Browser(client)
        await stranger.sign_in("marat")
        assert (await stranger.get(f"{ROOM}/{jti}")).status_code == 404
        assert (await stranger.send(f"{ROOM}/code", ROOM, code=code)).status_code == 422
    async with client_of(portal) as client:
        assert (await client.get(ROOM)).headers["location"].startswith("/sign-in")
    assert answers_sent(store) == []


async def test_outside_its_hours_the_page_says_why_and_offers_nothing(
    guard: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    jti, _ = code_of(store, visits)
    clock.forward(hours=3)
    page = (await guard.get(f"{ROOM}/{jti}")).text
    assert 'class="verdict stop"' in page
    assert 'name="because"' not in page
    refused = await guard.send(f"{ROOM}/{jti}", ROOM, gate=GATE, because="document_seen")
    assert refused.status_code == 422
    assert answers_sent(store) == []
