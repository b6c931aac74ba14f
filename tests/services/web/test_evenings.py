"""A parents' evening: one list, one link; parents register with a code from a real mail, and nobody sees the list."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlmodel import select

from services.store.visits.evenings import EveningRow
from tests.services.web.browser import Browser
from tests.services.web.desk_school import DESK, DeskSchool, app, form_of, post_office, school, visits
from tests.services.web.said import SITE
from tests.services.web.visit_school import all_visits

__all__ = ["app", "post_office", "school", "visits"]
NEW = f"{DESK}/evenings/new"
NAMES = "1. Ахметов Серік Болатұлы\n2. Қасымова Айгүл\n\n3. Ким Анна;"
LONG = "Ә" * 10_000


def typed(school: DeskSchool, **changes: str) -> dict[str, str]:
    """Give what is typed of an evening: tomorrow at the school's clock."""
    day = (school.clock.now + timedelta(days=1)).date().isoformat()
    return {
        "title": "5 «А» жиналысы",
        "date": day,
        "from": "18:00",
        "until": "20:00",
        "open_to": "parents",
        "names": NAMES,
        "seats": "",
        "entries": "single",
        **changes,
    }


async def hold(school: DeskSchool, browser: Browser, page: str = NEW, **changes: str) -> httpx.Response:
    return await browser.client.post(page, data={**await form_of(browser, page), **typed(school, **changes)})


async def held(school: DeskSchool, **changes: str) -> str:
    """Let the host hold an evening, and give the path of its link."""
    async with school.browser() as host:
        await school.sign_in(host)
        sent = await hold(school, host, **changes)
        assert sent.status_code == 303, sent.text
        page = (await host.get(sent.headers["location"])).text
    return link_of(school) if link_of(school) in page else ""


def link_of(school: DeskSchool) -> str:
    rows = school.store.read_now(lambda session: session.exec(select(EveningRow)).all())
    return f"/visit/{SITE}/e/{school.visits.seals.link('evening', SITE, rows[-1].evening)}"


async def register(
    school: DeskSchool, parent: Browser, link: str, name: str, contact: str = "serik@example.kz", **more: str
) -> httpx.Response:
    """Register up to the code, and send it."""
    sent = await parent.send(link, link, name=name, contact=contact, consent="2026-11", **more)
    assert sent.headers["location"] == f"{link}/code", sent.text
    code = await school.last_code(contact)
    return await parent.send(f"{link}/code", f"{link}/code", code=code)


async def test_a_parent_opens_the_link_types_their_name_and_has_a_pass(school: DeskSchool) -> None:
    link = await held(school)
    async with school.browser() as parent:
        page = (await parent.get(link)).text
        assert "5 «А» жиналысы" in page
        assert "Қасымова" not in page
        sent = await register(school, parent, link, "Серик АХМЕТОВ")
        status = str(sent.headers["location"])
        assert (await parent.get(f"{status}/pass")).status_code == 200
        again = await parent.send(f"{link}/code", link, code="000000")
        assert again.headers["location"] == status
    (row,) = all_visits(school.store)
    assert (row.state, row.category, row.purpose) == ("approved", "representative", "5 «А» жиналысы")
    async with school.browser() as host:
        await school.sign_in(host)
        page = (await host.get(f"{DESK}/evenings/{evening_of(school)}")).text
        assert "1, барлығы 3" in page
        assert page.count("тіркелмеген") == 2
        poster = await host.get(f"{DESK}/evenings/{evening_of(school)}/poster")
        assert 'class="code"' in poster.text


def evening_of(school: DeskSchool) -> str:
    return school.store.read_now(lambda session: session.exec(select(EveningRow)).all())[-1].evening


async def test_until_the_code_a_name_on_the_list_looks_like_any_other(school: DeskSchool) -> None:
    link = await held(school)
    found = []
    async with school.browser() as stranger:
        for name, contact in (("Ким Анна", "a@example.kz"), ("Жоқ Адам", "b@example.kz")):
            sent = await stranger.send(link, link, name=name, contact=contact, consent="2026-11")
            found.append((sent.status_code, sent.headers["location"]))
    assert len(set(found)) == 1
    async with school.browser() as stranger:
        told = await register(school, stranger, link, "Жоқ Адам", "c@example.kz")
        assert (told.status_code, "тізімде жоқ" in told.text) == (422, True)
        assert "Ким" not in told.text
    assert all_visits(school.store) == []


async def test_a_family_registers_from_one_telephone_each_with_a_pass(school: DeskSchool) -> None:
    link = await held(school, open_to="pupils")
    async with school.browser() as parent:
        for name, contact in (("Серік Ким", "s@example.kz"), ("Айгүл Ким", "a@example.kz")):
            sent = await register(school, parent, link, name, contact, listed="Анна Ким")
            assert sent.status_code == 303, sent.text
            school.clock.forward(seconds=30)
        third = await register(school, parent, link, "Үшінші Адам", "u@example.kz", listed="Анна Ким")
        assert "рұқсат алынып қойған" in third.text
    assert sorted(row.name for row in all_visits(school.store)) == ["Айгүл Ким", "Серік Ким"]


async def test_the_duty_administrator_holds_one_open_to_everyone_until_it_is_full(school: DeskSchool) -> None:
    async with school.browser() as duty:
        await duty.sign_in("dana")
        sent = await hold(school, duty, "/visits/evenings/new", open_to="everyone", names="", seats="1")
        page = sent.headers["location"]
        assert page.startswith("/visits/evenings/evening-")
        assert "5 «А» жиналысы" in (await duty.get("/visits")).text
        link = link_of(school)
        async with school.browser() as parent, school.browser() as late:
            assert (await register(school, parent, link, "Бірінші Адам", "b@example.kz")).status_code == 303
            assert "Орын қалмады" in (await register(school, late, link, "Кеш Қалған", "k@example.kz")).text
            assert "себебін жазыңыз" in (await duty.send(f"{page}/call-off", page, reason=" ")).text
            assert (await duty.send(f"{page}/call-off", page, reason="Карантин")).status_code == 303
            assert (await parent.get(link)).status_code == 404
    assert "Карантин" in await school.last_mail("b@example.kz")
    assert [row.state for row in all_visits(school.store)] == ["declined"]


async def test_an_evening_is_its_hosts_and_the_schools_and_no_guards(school: DeskSchool) -> None:
    await held(school)
    evening = evening_of(school)
    async with school.browser() as other, school.browser() as duty, school.browser() as guard:
        await school.sign_in(other, "e@example.kz")
        assert (await other.get(f"{DESK}/evenings/{evening}")).status_code == 404
        sent = await other.send(f"{DESK}/evenings/{evening}/call-off", DESK, reason="x1")
        assert (await other.get(f"{DESK}/evenings/{evening}/poster")).status_code == 404
        assert sent.status_code == 303
        await duty.sign_in("dana")
        assert "болмайды" not in (await duty.get(f"/visits/evenings/{evening}")).text
        await guard.sign_in("sabit")
        assert (await guard.get(f"/visits/evenings/{evening}")).status_code == 403


async def test_the_post_ticks_the_list_by_name(school: DeskSchool) -> None:
    await held(school)
    async with school.browser() as guard:
        await guard.sign_in("sabit")
        page = (await guard.get("/post/by-name", params={"group": "5 «А» жиналысы"})).text
    assert [name in page for name in ("Ахметов Серік Болатұлы", "Қасымова Айгүл", "Ким Анна")] == [True] * 3


async def test_sent_twice_and_in_two_tabs_it_is_one_evening_and_one_pass(school: DeskSchool) -> None:
    async with school.browser() as host:
        await school.sign_in(host)
        form = {**await form_of(host, NEW), **typed(school)}
        sent = await asyncio.gather(*(host.client.post(NEW, data=form) for _ in range(3)))
        assert len({one.headers["location"] for one in sent}) == 1
    link = link_of(school)
    async with school.browser() as parent:
        await parent.send(link, link, name="Ким Анна", contact="k@example.kz", consent="2026-11")
        form = {"csrf": await parent.token(f"{link}/code"), "code": await school.last_code("k@example.kz")}
        sent = await asyncio.gather(*(parent.client.post(f"{link}/code", data=form) for _ in range(4)))
        assert len({one.headers["location"] for one in sent}) == 1
    assert len(all_visits(school.store)) == 1


async def test_a_wrong_code_and_an_evening_that_is_over(school: DeskSchool) -> None:
    link = await held(school)
    async with school.browser() as parent:
        await parent.send(link, link, name="Ким Анна", contact="k@example.kz", consent="2026-11")
        code = await school.last_code("k@example.kz")
        wrong = "000000" if code != "000000" else "111111"
        assert "Код сәйкес келмейді" in (await parent.send(f"{link}/code", f"{link}/code", code=wrong)).text
        token = await parent.token(f"{link}/code")
        school.clock.forward(days=2)
        late = await parent.client.post(f"{link}/code", data={"csrf": token, "code": code})
        assert late.status_code in {403, 404}
    assert all_visits(school.store) == []


BAD: list[tuple[dict[str, str], str]] = [
    ({"title": ""}, "Кештің атауын жазыңыз."),
    ({"title": LONG}, "100 таңбадан асырмай"),
    ({"names": ""}, "Тізімді жазыңыз"),
    ({"names": "Ким Анна\n<script>alert(1)</script>"}, "2-жол аты-жөнге ұқсамайды"),
    ({"names": "Ким Анна\n\n\u202e😀"}, "3-жол аты-жөнге ұқсамайды"),
    ({"names": LONG}, "1-жол аты-жөнге ұқсамайды"),
    ({"names": "\n".join(["Ким Анна"] * 501)}, "Тізімде 501 жол бар, ең көбі 500"),
    ({"open_to": "everyone", "seats": "0"}, "1 мен 500 арасында"),
    ({"open_to": "everyone", "seats": "501"}, "1 мен 500 арасында"),
    ({"open_to": "everyone", "seats": "' OR 1=1 --"}, "1 мен 500 арасында"),
    ({"open_to": "nobody"}, "Біреуін таңдаңыз."),
    ({"date": "2099-01-01"}, "Ең көбі 30 күн бұрын"),
    ({"until": "17:00"}, "кейін болуы керек"),
    ({"entrance": "gate-99"}, "Кіреберісті тізімнен"),
]


@pytest.mark.parametrize(("changes", "said"), BAD)
async def test_what_is_typed_wrong_is_said_and_holds_no_evening(
    school: DeskSchool, changes: dict[str, str], said: str
) -> None:
    async with school.browser() as host:
        await school.sign_in(host)
        found = await hold(school, host, **changes)
    assert (found.status_code, said in found.text) == (422, True)
    assert "<script>alert" not in found.text
    assert school.store.read_now(lambda session: session.exec(select(EveningRow)).all()) == []


async def test_five_hundred_names_and_doubles_are_one_list(school: DeskSchool) -> None:
    names = "\n".join(["Ким Анна", "Ким Анна", *(f"Адам Ата{'а' * (number % 40)}" for number in range(498))])
    link = await held(school, names=names)
    async with school.browser() as first, school.browser() as second:
        assert (await register(school, first, link, "Ким Анна", "a@example.kz")).status_code == 303
        assert (await register(school, second, link, "Анна Ким", "b@example.kz")).status_code == 303
    assert len(all_visits(school.store)) == 2
