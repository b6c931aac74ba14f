"""Somebody who was here before asks in two pages and a code, and a stranger learns nothing by trying."""

from fastapi import FastAPI

from services.store.database import Store
from services.web.shared.outside import Visits
from services.web.visitor_portal.returning import AT_MOST
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, client_of
from tests.services.web.said import SITE
from tests.services.web.visit_school import (
    CONTACT,
    HOME,
    all_visits,
    answer,
    answers,
    ask,
    ask_for_all,
    the_code,
)

AGAIN = f"{HOME}/again"


async def been_here(portal: FastAPI, store: Store, visits: Visits, clock: Clock, times: int = 1) -> str:
    """Ask for visits in browsers of their own, and give the page of the last one."""
    status = ""
    for _ in range(times):
        clock.forward(minutes=20)
        async with client_of(portal) as client:
            browser = Browser(client)
            await ask_for_all(browser, clock.now) if times == 1 else await ask(browser, clock.now)
            sent = await browser.send(f"{HOME}/code", f"{HOME}/code", code=the_code(store, visits))
            status = sent.headers["location"]
    clock.forward(hours=2)
    return status


async def code_typed(visitor: Browser, store: Store, visits: Visits, contact: str = CONTACT) -> str:
    """Type a contact and the code that is sent there; give the page that follows."""
    told = await visitor.send(AGAIN, AGAIN, contact=contact)
    assert told.headers["location"] == f"{AGAIN}/code"
    typed = await visitor.send(f"{AGAIN}/code", f"{AGAIN}/code", code=the_code(store, visits))
    assert typed.headers["location"] == f"{AGAIN}/visit"
    return (await visitor.get(f"{AGAIN}/visit")).text


def when(clock: Clock) -> dict[str, str]:
    return {**answers(clock.now)["when"], "purpose": "Сабақ"}


async def test_two_pages_and_a_code_and_everything_else_is_as_then(
    visitor: Browser, portal: FastAPI, store: Store, visits: Visits, clock: Clock
) -> None:
    await been_here(portal, store, visits, clock)
    (before,) = all_visits(store)
    assert f'value="{before.visit}" checked' in await code_typed(visitor, store, visits)
    sent = await visitor.send(f"{AGAIN}/visit", f"{AGAIN}/visit", like=before.visit, **when(clock))
    assert sent.headers["location"].startswith(f"{HOME}/v/")
    again = next(row for row in all_visits(store) if row.visit != before.visit)
    same = ("name", "category", "iin_hash", "host", "companions", "vehicle", "cargo", "waybill", "things", "contact")
    assert [getattr(again, name) for name in same] == [getattr(before, name) for name in same]
    assert (again.purpose, again.state, again.weekdays, again.contact_checked_at) == (
        "Сабақ",
        "requested",
        None,
        clock.now,
    )
    twice = await visitor.client.post(f"{AGAIN}/visit", data={"csrf": await visitor.token(HOME), **when(clock)})
    assert twice.headers["location"] == sent.headers["location"]
    assert len(all_visits(store)) == 2


async def test_at_most_five_of_this_school_are_offered_and_only_after_the_code(
    visitor: Browser, portal: FastAPI, store: Store, visits: Visits, clock: Clock
) -> None:
    await been_here(portal, store, visits, clock, AT_MOST + 1)
    await visitor.send(AGAIN, AGAIN, contact=CONTACT)
    early = await visitor.get(f"{AGAIN}/visit")
    assert early.status_code == 303
    assert "Ахметов" not in (await visitor.get(f"{AGAIN}/code")).text
    page = await code_typed(visitor, store, visits)
    assert page.count('name="like"') == AT_MOST
    newest = sorted(all_visits(store), key=lambda row: row.requested_at)[1:]
    assert all(row.visit in page for row in newest)


async def test_an_unknown_contact_looks_the_same_until_its_reader_has_the_code(
    visitor: Browser, portal: FastAPI, store: Store, visits: Visits, clock: Clock
) -> None:
    await been_here(portal, store, visits, clock)
    told = [await visitor.send(AGAIN, AGAIN, contact=contact) for contact in (CONTACT, "nobody@example.kz")]
    assert len({(one.status_code, one.headers["location"], one.text) for one in told}) == 1
    pages = [(await visitor.get(f"{AGAIN}/code")).text for _ in told]
    assert len(set(pages)) == 1
    clock.forward(minutes=1)
    page = await code_typed(visitor, store, visits, "nobody@example.kz")
    assert "сұралған келу жоқ" in page
    assert "Ахметов" not in page


async def test_a_contact_that_was_checked_needs_no_second_code_for_a_new_form(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    await code_typed(visitor, store, visits)
    sent = [await answer(visitor, step, **form) for step, form in answers(clock.now).items()]
    assert sent[-1].headers["location"].startswith(f"{HOME}/v/")
    assert [row.contact for row in all_visits(store)] == [CONTACT]


async def test_another_contact_than_the_checked_one_needs_its_own_code(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    await code_typed(visitor, store, visits)
    told = {**answers(clock.now), "contact": {"contact": "victim@example.kz"}}
    sent = [await answer(visitor, step, **form) for step, form in told.items()]
    assert sent[-1].headers["location"] == f"{HOME}/code"
    assert all_visits(store) == []


async def test_a_strangers_visit_is_not_to_be_chosen(
    visitor: Browser, portal: FastAPI, store: Store, visits: Visits, clock: Clock
) -> None:
    await been_here(portal, store, visits, clock)
    (other,) = all_visits(store)
    await code_typed(visitor, store, visits, "stranger@example.kz")
    tried = await visitor.send(f"{AGAIN}/visit", HOME, like=other.visit, **when(clock))
    assert tried.status_code == 422
    assert "Ахметов" not in tried.text
    assert len(all_visits(store)) == 1


async def test_wrong_times_are_said_and_nothing_is_sent(
    visitor: Browser, portal: FastAPI, store: Store, visits: Visits, clock: Clock
) -> None:
    await been_here(portal, store, visits, clock)
    (before,) = all_visits(store)
    await code_typed(visitor, store, visits)
    wrong = {**when(clock), "date": "2020-01-01"}
    tried = await visitor.send(f"{AGAIN}/visit", f"{AGAIN}/visit", like=before.visit, **wrong)
    assert "Бұл уақыт өтіп кетті" in tried.text
    assert len(all_visits(store)) == 1


async def test_a_changed_time_is_agreed_to_or_asked_for_anew_and_then_the_old_one_ends(
    visitor: Browser, portal: FastAPI, store: Store, visits: Visits, clock: Clock
) -> None:
    status = await been_here(portal, store, visits, clock)
    (before,) = all_visits(store)
    desk = f"{HOME}/host/{visits.seals.link('host', SITE, before.visit)}"
    day = answers(clock.now)["when"]["date"]
    await visitor.send(desk, desk, deed="change", date=day, **{"from": "09:00", "until": "10:00"})
    page = (await visitor.get(status)).text
    assert "Осы уақытқа келісемін" in page
    assert "09:00" in page
    begun = await visitor.send(f"{status}/anew", status)
    assert begun.headers["location"] == f"{AGAIN}/visit"
    assert [row.state for row in all_visits(store)] == ["changed"], "nothing has ended yet"
    await visitor.send(f"{AGAIN}/visit", f"{AGAIN}/visit", like=before.visit, **when(clock))
    assert sorted(row.state for row in all_visits(store)) == ["cancelled", "requested"]


async def test_whoever_has_a_visits_link_sees_no_other_visit_of_its_contact(
    visitor: Browser, portal: FastAPI, store: Store, visits: Visits, clock: Clock
) -> None:
    status = await been_here(portal, store, visits, clock, 2)
    await visitor.send(f"{status}/cancel", status)
    await visitor.send(f"{status}/anew", status)
    assert (await visitor.get(f"{AGAIN}/visit")).text.count('name="like"') == 1
    await visitor.send(AGAIN, AGAIN, contact=CONTACT)
    assert (await visitor.get(f"{AGAIN}/visit")).status_code == 303, "the code first"


async def test_agreeing_is_once(visitor: Browser, portal: FastAPI, store: Store, visits: Visits, clock: Clock) -> None:
    status = await been_here(portal, store, visits, clock)
    (before,) = all_visits(store)
    desk = f"{HOME}/host/{visits.seals.link('host', SITE, before.visit)}"
    day = answers(clock.now)["when"]["date"]
    await visitor.send(desk, desk, deed="change", date=day, **{"from": "09:00", "until": "10:00"})
    for _ in range(2):
        assert (await visitor.send(f"{status}/accept", status)).headers["location"] == status
    assert [row.state for row in all_visits(store)] == ["approved"]
    assert "Келуге рұқсат берілді" in (await visitor.get(status)).text
