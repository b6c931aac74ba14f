"""Asking to come, without an account: what a visitor types, what a robot tries, what a stranger learns."""

import asyncio
from datetime import timedelta

from fastapi import FastAPI
from sqlmodel import select

from services.store import messages, users
from services.store.database import Store
from services.store.visits import drafts
from services.store.visits.drafts import DraftRow
from services.web.app import make_app
from services.web.shared.outside import Visits
from services.web.visitor_portal.forms import CODES_AN_HOUR, COOKIE
from tests.services.web.browser import PASSWORD, Browser
from tests.services.web.conftest import Clock, client_of
from tests.services.web.said import SITE
from tests.services.web.visit_school import HOME, TOKEN, all_visits, answer, answers, ask, the_code


async def status_of(visitor: Browser, store: Store, visits: Visits, clock: Clock) -> str:
    """Ask for a visit and give the address of its page."""
    await ask(visitor, clock.now)
    sent = await visitor.send(f"{HOME}/code", f"{HOME}/code", code=the_code(store, visits))
    assert sent.status_code == 303
    return str(sent.headers["location"])


async def test_a_visit_is_asked_for_and_what_was_typed_is_shown_escaped(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    page = (await visitor.get(await status_of(visitor, store, visits, clock))).text
    assert "Жауап күтілуде" in page
    assert "<b>&#34;" not in page
    assert "&lt;b&gt;" in page
    (row,) = all_visits(store)
    assert (row.name, row.state, row.host, row.contact) == ("Серік Ахметов", "requested", "t-1", "serik@example.kz")
    assert row.iin_hash is not None
    assert "900101100014" not in str(row.model_dump())
    assert row.contact_checked_at == clock.now


async def test_nobody_skips_a_question(visitor: Browser, clock: Clock) -> None:
    await ask(visitor, clock.now, "role")
    answered = await visitor.get(f"{HOME}/ask/contact")
    assert answered.headers["location"] == f"{HOME}/ask/document"


async def test_a_form_that_ran_out_says_so_and_leaves_nothing(visitor: Browser, store: Store, clock: Clock) -> None:
    await ask(visitor, clock.now)
    token = await visitor.token(HOME)
    clock.now += drafts.LASTS
    late = await visitor.client.post(f"{HOME}/code", data={"csrf": token, "code": "000000"})
    assert late.headers["location"] == f"{HOME}?said=ended"
    assert "уақыты бітті" in (await visitor.get(late.headers["location"])).text
    assert all_visits(store) == []


async def test_sent_twice_and_in_two_tabs_at_once_it_is_one_visit(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    await ask(visitor, clock.now)
    form = {"csrf": await visitor.token(f"{HOME}/code"), "code": the_code(store, visits)}
    sent = await asyncio.gather(*(visitor.client.post(f"{HOME}/code", data=form) for _ in range(5)))
    again = await visitor.client.post(f"{HOME}/code", data=form)
    assert {answer.headers["location"] for answer in (*sent, again)} == {sent[0].headers["location"]}
    assert len(all_visits(store)) == 1


async def test_a_wrong_code_is_tried_five_times_and_then_a_new_one_is_needed(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    await ask(visitor, clock.now)
    right = the_code(store, visits)
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(drafts.CODE_TRIES):
        assert "Код сәйкес келмейді" in (await visitor.send(f"{HOME}/code", f"{HOME}/code", code=wrong)).text
    assert "енді жарамайды" in (await visitor.send(f"{HOME}/code", f"{HOME}/code", code=right)).text
    clock.forward(seconds=30)
    assert (await visitor.send(f"{HOME}/code/again", f"{HOME}/code")).status_code == 303
    sent = await visitor.send(f"{HOME}/code", f"{HOME}/code", code=the_code(store, visits))
    assert sent.headers["location"].startswith(f"{HOME}/v/")


async def test_a_robot_cannot_fill_a_strangers_mailbox(portal: FastAPI, store: Store, clock: Clock) -> None:
    for number in range(CODES_AN_HOUR + 3):
        async with client_of(portal) as client:
            client._transport.client = (f"198.51.100.{number}", 5000)  # type: ignore[attr-defined]
            robot = Browser(client)
            await ask(robot, clock.now, "consent")
            last = await answer(robot, "contact", contact="victim@example.kz")
            assert (last.status_code == 429) is (number >= CODES_AN_HOUR)
    due = store.write_now(lambda session: messages.claim(session, clock.now, 99))
    assert len(due) == CODES_AN_HOUR


async def test_a_robot_that_begins_a_thousand_forms_is_told_to_wait_and_leaves_little(
    portal: FastAPI, store: Store
) -> None:
    found = []
    async with client_of(portal) as client:
        token = TOKEN.search((await client.get(f"{HOME}/ask/who")).text)
        assert token is not None
        for _ in range(1000):
            client.cookies.delete(COOKIE) if COOKIE in client.cookies else None
            begun = await client.post(f"{HOME}/ask/who", data={"csrf": token[1], "name": "Робот Роботов"})
            found.append(begun.status_code)
    assert found[:50] == [303] * 50
    assert found[60:] == [429] * 940
    kept = store.read_now(lambda session: session.exec(select(DraftRow)).all())
    assert (len(kept), all_visits(store)) == (60, [])


async def test_a_stranger_learns_nobodys_name_and_no_school(visitor: Browser, clock: Clock) -> None:
    for path in ("/visit/school-99", "/visit/../x", f"{HOME}/v/{'A' * 24}", f"{HOME}/host/{'A' * 24}", "/visit/SCHOOL"):
        assert (await visitor.get(path)).status_code == 404
    await ask(visitor, clock.now, "role")
    await answer(visitor, "document", iin="", passport="")
    known = await answer(visitor, "whom", host_text="Ахметова", purpose="x1")
    unknown = await answer(visitor, "whom", host_text="Жоқова", purpose="x1")
    assert (known.status_code, known.headers["location"]) == (unknown.status_code, unknown.headers["location"])


async def test_a_form_from_elsewhere_changes_nothing(visitor: Browser, store: Store, clock: Clock) -> None:
    answered = await visitor.client.post(f"{HOME}/ask/who", data={"csrf": "0" * 64, "name": "Серік"})
    assert answered.status_code == 403
    assert "мектепке хабарласыңыз" in answered.text
    assert f'href="{HOME}"' in answered.text


async def test_the_host_answers_by_link_and_the_visitor_sees_the_reason(
    visitor: Browser, portal: FastAPI, store: Store, visits: Visits, clock: Clock
) -> None:
    status = await status_of(visitor, store, visits, clock)
    (row,) = all_visits(store)
    desk = f"{HOME}/host/{visits.seals.link('host', SITE, row.visit)}"
    async with client_of(portal) as client:
        host = Browser(client)
        assert "Серік Ахметов" in (await host.get(desk)).text
        assert "Бас тарту себебін жазыңыз" in (await host.send(desk, desk, deed="decline", reason=" ")).text
        assert (await host.send(desk, desk, deed="approve")).status_code == 303
        shown = await visitor.get(f"{status}/pass")
        assert shown.status_code == 200
        assert (await host.send(desk, desk, deed="decline", reason="Сабақ ауысты")).status_code == 303
    assert (await visitor.get(f"{status}/pass")).headers["location"] == status
    assert "Сабақ ауысты" in (await visitor.get(status)).text


async def test_the_visitor_cancels_and_a_late_approval_changes_nothing(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    status = await status_of(visitor, store, visits, clock)
    await visitor.send(f"{status}/cancel", status)
    (row,) = all_visits(store)
    desk = f"{HOME}/host/{visits.seals.link('host', SITE, row.visit)}"
    await visitor.send(desk, status, deed="approve")
    assert [row.state for row in all_visits(store)] == ["cancelled"]


async def test_a_link_that_ran_out_is_no_page(visitor: Browser, store: Store, visits: Visits, clock: Clock) -> None:
    status = await status_of(visitor, store, visits, clock)
    clock.now += timedelta(days=33)
    assert (await visitor.get(status)).status_code == 404


async def test_only_the_administration_decides_when_signed_in(
    visitor: Browser, portal: FastAPI, store: Store, visits: Visits, clock: Clock
) -> None:
    await status_of(visitor, store, visits, clock)
    (row,) = all_visits(store)
    store.write_now(
        lambda session: users.put(
            session,
            site=SITE,
            login="dana",
            name="Дана",
            role=users.UserRole.DUTY_ADMIN,
            language="kk",
            password=PASSWORD,
            by="t",
            at=clock.now - timedelta(minutes=1),
        )
    )
    async with client_of(portal) as client:
        guard = Browser(client)
        await guard.sign_in("sabit")
        assert (await guard.get("/visits")).status_code == 403
    async with client_of(portal) as client:
        duty = Browser(client)
        await duty.sign_in("dana")
        assert "Серік Ахметов" in (await duty.get("/visits")).text
        page = f"/visits/{row.visit}"
        changed = await duty.send(
            page, page, deed="change", date=answers(clock.now)["when"]["date"], **{"from": "10:00", "until": "11:00"}
        )
        assert changed.status_code == 303
    assert [(row.state, row.decided_by) for row in all_visits(store)] == [("changed", "dana")]


async def test_without_the_section_there_is_no_portal(store: Store, clock: Clock, visits: Visits) -> None:
    async with client_of(make_app(store, b"k" * 32, secure_cookies=True, clock=clock)) as client:
        found = await client.get(f"{HOME}/v/{'A' * 24}")
        assert found.status_code == 404


async def test_a_page_weighs_little_with_everything(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    status = await status_of(visitor, store, visits, clock)
    (row,) = all_visits(store)
    desk = f"{HOME}/host/{visits.seals.link('host', SITE, row.visit)}"
    await visitor.send(desk, desk, deed="approve")
    shared = 0
    for file in ("look.css", "visit.css", "visit.js", "icon.svg"):
        shared += len((await visitor.get(f"/static/{file}")).content)
    for path in (HOME, f"{HOME}/ask/who", status, f"{status}/pass", f"{status}/badge", desk):
        assert shared + len((await visitor.get(path)).content) <= 60_000, path
