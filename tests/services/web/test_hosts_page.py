"""The hosts of the school on pages: entered, found in any spelling, changed, taken off the list, taken from a file."""

import logging
import re

import pytest
from fastapi import FastAPI

from services.store import audit
from services.store.database import Store
from services.store.users import UserRole
from services.store.visits import hosts
from services.store.visits.hosts import HostRow
from services.web.administration.keeping import LINES_AT_MOST
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, client_of, employ, signed_in
from tests.services.web.said import SITE
from tests.services.web.visit_school import HOME, all_visits, ask, the_code

GULNAR = {"name": "Ахметова Гүлнар", "email": "g@example.kz", "language": "kk"}
ERZHAN = {"name": "Сәбитов Ержан", "email": "e@example.kz", "language": "ru"}
FILE = "name;email;language\nАхметова Гүлнар;g@example.kz;kk\nСәбитов Ержан;e@example.kz;\n"


def listed(store: Store, site: str = SITE) -> list[HostRow]:
    return list(store.read_now(lambda session: hosts.all_of(session, site)))


def deeds(store: Store) -> list[str]:
    rows = store.read_now(lambda session: audit.recent(session, SITE, 99))
    return sorted(row.act for row in rows if row.act.startswith(("host_", "invitation_")))


async def minted(browser: Browser) -> str:
    found = re.search(r'name="host" value="(host-\w+)"', (await browser.get("/hosts/new")).text)
    assert found is not None
    return found[1]


async def enter(browser: Browser, told: dict[str, str]) -> str:
    host = await minted(browser)
    answer = await browser.send("/hosts/new", "/hosts/new", host=host, **told)
    assert answer.status_code == 303, answer.text
    return host


async def send_file(browser: Browser, content: bytes, path: str = "/hosts/file") -> tuple[int, str]:
    data, files = {"csrf": await browser.token(path)}, {"file": ("тізім.csv", content, "text/csv")}
    answer = await browser.client.post(path, data=data, files=files)
    return answer.status_code, answer.text


async def test_a_host_is_entered_found_in_any_spelling_and_changed(
    director: Browser, store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "services")
    host = await enter(director, GULNAR)
    for letters in ("гүл", "ГУЛ", "ахм гул"):
        assert "g@example.kz" in (await director.get("/hosts", params={"q": letters})).text, letters
    assert "g@example.kz" not in (await director.get("/hosts", params={"q": "сәб"})).text
    path = f"/hosts/known/{host}"
    assert 'value="Ахметова Гүлнар"' in (await director.get(path)).text
    clock.forward(minutes=1)
    answer = await director.send(path, path, **{**GULNAR, "email": "New@Example.KZ", "language": "ru"})
    assert answer.headers["location"] == "/hosts?said=changed"
    (row,) = listed(store)
    assert (row.host, row.email, row.language, row.changed_at) == (host, "New@example.kz", "ru", clock.now)
    assert deeds(store) == ["host_saved", "host_saved"]
    assert not any(secret in caplog.text for secret in ("Ахметова", "example.kz"))


async def test_a_form_sent_twice_is_one_host(director: Browser, store: Store) -> None:
    host = await minted(director)
    told = {"host": host, **GULNAR}
    for name in ("Ахметова Гүлнар", "Басқа Адам"):
        answer = await director.send("/hosts/new", "/hosts/new", **{**told, "name": name})
        assert answer.status_code == 303
    assert [(row.host, row.name) for row in listed(store)] == [(host, "Ахметова Гүлнар")]
    again = await director.send("/hosts/new", "/hosts/new", **{**GULNAR, "name": "АХМЕТОВА Гулнар"})
    assert (again.status_code, "тізімде бар" in again.text) == (422, True)
    assert deeds(store) == ["host_saved"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": " "}, "Аты-жөнін жазыңыз."),
        ({"name": "Ә" * 101}, "100 таңбадан асырмай"),
        ({"email": ""}, "Электрондық пошта мекенжайын жазыңыз"),
        ({"email": "пошта@мектеп"}, "Мекенжайды тексеріңіз"),
        ({"language": "de"}, "Тілді тізімнен таңдаңыз."),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_stays(
    director: Browser, store: Store, changes: dict[str, str], told: str
) -> None:
    host = await enter(director, ERZHAN)
    for path in ("/hosts/new", f"/hosts/known/{host}"):
        answer = await director.send(path, path, **{**GULNAR, **changes})
        assert (answer.status_code, told in answer.text) == (422, True), answer.text
        assert 'aria-invalid="true"' in answer.text
        kept = {**GULNAR, **changes}["name"]
        assert f'value="{kept}"' in answer.text
    assert [row.name for row in listed(store)] == ["Сәбитов Ержан"]


async def test_a_colleague_is_asked_instead_and_nobody_for_themselves(director: Browser, store: Store) -> None:
    first, second = await enter(director, GULNAR), await enter(director, ERZHAN)
    path = f"/hosts/known/{first}"
    assert (await director.send(path, path, **GULNAR, delegate=second)).status_code == 303
    assert "Орнына шешетін: Сәбитов Ержан" in (await director.get("/hosts")).text
    for _ in range(2):
        assert (await director.send(path, path, **GULNAR, delegate=second)).status_code == 303
    for wrong in (first, "host-of-nobody"):
        answer = await director.send(path, path, **{**GULNAR, "name": "Басқа"}, delegate=wrong)
        assert (answer.status_code, "басқа адамды таңдаңыз" in answer.text) == (422, True)
    assert [(row.name, row.delegate) for row in listed(store)] == [("Ахметова Гүлнар", second), ("Сәбитов Ержан", None)]
    assert deeds(store).count("host_delegated") == 1
    assert (await director.send(path, path, **GULNAR, delegate="")).status_code == 303
    assert {row.delegate for row in listed(store)} == {None}


async def test_who_left_answers_nothing_any_more_and_the_duty_administrator_is_asked(
    portal: FastAPI, visitor: Browser, store: Store, clock: Clock
) -> None:
    employ(store, "iman", UserRole.DIRECTOR, clock.now)
    director = await signed_in(portal, "iman")
    await ask(visitor, clock.now)
    visits = portal.state.visits
    assert (await visitor.send(f"{HOME}/code", f"{HOME}/code", code=the_code(store, visits))).status_code == 303
    (visit,) = all_visits(store)
    link = f"{HOME}/host/{visits.seals.link('host', SITE, visit.visit)}"
    assert (await visitor.get(link)).status_code == 200
    page = (await director.get("/hosts/known/t-1")).text
    assert "Жауап күтіп тұрған сұраулар: 1." in page
    for _ in range(2):
        left = await director.send("/hosts/known/t-1/leave", "/hosts")
        assert left.headers["location"] == "/hosts?said=left"
    assert listed(store) == []
    assert deeds(store).count("host_removed") == 1
    assert (await visitor.get(link)).status_code == 404
    assert (await visitor.send(link, HOME, deed="approve")).status_code == 404
    assert [row.state for row in all_visits(store)] == ["requested"]
    assert visit.visit in (await director.get("/visits")).text


async def test_a_file_is_taken_whole_and_again_without_a_change(director: Browser, store: Store) -> None:
    for _ in range(2):
        assert (await send_file(director, f"\ufeff{FILE}".encode()))[0] == 303
    assert [(row.name, row.language) for row in listed(store)] == [("Ахметова Гүлнар", "kk"), ("Сәбитов Ержан", "kk")]
    assert deeds(store) == ["host_saved", "host_saved"]
    moved = "email,name\nnew@example.kz,ахметова ГУЛНАР\n"
    assert (await send_file(director, moved.encode()))[0] == 303
    assert sorted(row.email for row in listed(store)) == ["e@example.kz", "new@example.kz"]
    assert "Файл енгізілді" in (await director.get("/hosts?said=taken")).text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "1-жол"),
        (b"\xff\xfe\x00", "мәтін ретінде оқылмады. Оны CSV UTF-8 түрінде"),
        (b"name;phone\n", "Мыналар міндетті: email, name"),
        ((FILE + "Ким;no-address;kk\n").encode(), "4-жол"),
        ((FILE + "Сәбитов Ержан;E@example.kz;kk\n").encode(), "3-жолда да бар"),
        ((FILE + "Ким;k@example.kz;kk;1\n").encode(), "бағандардан көп мән"),
        (b"name;email\n" + b'"' + b"x" * 200_000 + b'";k@example.kz\n', "2-жол"),
    ],
)
async def test_a_file_with_a_mistake_is_not_taken_at_all(
    director: Browser, store: Store, content: bytes, told: str
) -> None:
    code, text = await send_file(director, content)
    assert (code, told in text) == (422, True), text
    assert listed(store) == []


async def test_a_file_that_is_too_long_is_refused_unread_or_by_its_lines(director: Browser, store: Store) -> None:
    lines = "".join(f"Ким {number};k{number}@example.kz\n" for number in range(LINES_AT_MOST))
    code, text = await send_file(director, f"name;email\n{lines}".encode())
    assert (code, f"{LINES_AT_MOST} жолдан ұзын" in text) == (422, True)
    assert (await send_file(director, b"x" * 2_000_000))[0] == 413
    assert listed(store) == []


async def test_another_schools_host_is_not_there(director: Browser, app: FastAPI, store: Store) -> None:
    host = await enter(director, GULNAR)
    path = f"/hosts/known/{host}"
    async with client_of(app) as client:
        other = Browser(client)
        await other.sign_in("other")
        assert (await other.get(path)).status_code == 404
        assert (await other.send(path, "/hosts", **ERZHAN)).status_code == 404
        assert (await other.send(f"{path}/leave", "/hosts")).status_code == 303
        assert (await other.send("/hosts/new", "/hosts/new", host=host, **ERZHAN)).status_code == 303
        theirs = await enter(other, {**ERZHAN, "name": "Ким Вера"})
        wrong = await director.send(path, path, **GULNAR, delegate=theirs)
        assert wrong.status_code == 422
        assert "Ахметова" not in (await other.get("/hosts")).text
    assert [row.name for row in listed(store)] == ["Ахметова Гүлнар"]
    assert sorted(row.name for row in listed(store, "school-2")) == ["Ким Вера", "Сәбитов Ержан"]


async def test_duty_administrator_and_director_keep_the_list_and_a_guard_does_not(
    duty: Browser, browser_at_post: Browser, store: Store
) -> None:
    host = await enter(duty, GULNAR)
    paths = ("/hosts", "/hosts/new", "/hosts/file", f"/hosts/known/{host}", f"/hosts/known/{host}/leave")
    for path in paths[:-1]:
        assert (await browser_at_post.get(path)).status_code == 403
    for path in paths[1:]:
        assert (await browser_at_post.send(path, "/post", **ERZHAN)).status_code == 403
    assert [row.name for row in listed(store)] == ["Ахметова Гүлнар"]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_the_pages_open_in_every_language_and_come_back_to_themselves(duty: Browser, language: str) -> None:
    host = await enter(duty, GULNAR)
    for path in ("/hosts", "/hosts/new", "/hosts/file", f"/hosts/known/{host}"):
        chosen = await duty.send("/language", path, language=language, back=path)
        assert chosen.headers["location"] == path
        assert (await duty.get(path)).status_code == 200
