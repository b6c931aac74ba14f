"""Somebody who comes on duty is known by a number of the school's own directory, never by one that they give."""

import pytest
from sqlmodel import Session, select

from services.store import directory, outbox
from services.store.database import Store
from services.store.visitors_journal.walk_ins import WalkInRow
from tests.services.web.browser import Browser
from tests.services.web.said import GATE, SITE

INSPECTOR = {
    "name": "Төлегенов Бауыржан",
    "category": "official",
    "document_kind": "service_card",
    "document_tail": "0042",
    "host_text": "директор",
    "purpose": "тексеру",
}


def offices(store: Store) -> list[str]:
    return [row.office for row in store.read_now(lambda session: directory.all_of(session, SITE))]


def answers(store: Store) -> int:
    rows = store.read_now(lambda session: outbox.unsent(session, 99))
    return sum(row.topic == "guard_answers" for row in rows)


async def registered(browser: Browser, store: Store) -> WalkInRow:
    answer = await browser.send("/post/walk-in", "/post/walk-in", **INSPECTOR)
    page = await browser.get(answer.headers["location"])

    def ask(session: Session) -> WalkInRow:
        return session.exec(select(WalkInRow)).one()

    row = store.read_now(ask)
    assert f"/post/call-back/{row.holder}" in page.text
    return row


async def let_in(browser: Browser, holder: str) -> int:
    answer = await browser.send("/post/by-name", gate=GATE, because="called_back", holder=holder)
    return answer.status_code


async def test_an_inspector_waits_until_the_office_has_confirmed(
    browser_at_post: Browser, duty: Browser, store: Store
) -> None:
    row = await registered(browser_at_post, store)
    path = f"/post/call-back/{row.holder}"
    assert await let_in(browser_at_post, row.holder) == 422
    assert answers(store) == 0
    form = {"name": "Білім басқармасы", "phone": "+7 (727) 272-00-00", "source": "ресми сайты"}
    assert (await duty.send("/directory", "/directory", **form)).status_code == 303
    assert "+7 (727) 272-00-00" in (await browser_at_post.get(f"{path}?q=біл")).text
    (office,) = offices(store)
    nobody = await browser_at_post.send(path, path, office=office, outcome="no_answer")
    assert nobody.status_code == 303
    assert await let_in(browser_at_post, row.holder) == 422
    confirmed = await browser_at_post.send(path, path, office=office, outcome="confirmed", spoke_with="Сейітова")
    assert confirmed.status_code == 303
    assert "Сейітова" in (await browser_at_post.get(path)).text
    assert await let_in(browser_at_post, row.holder) == 303
    assert answers(store) == 1


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"office": "his-own-number", "outcome": "confirmed", "spoke_with": "өзі"},
        {"office": "office-1", "outcome": "yes", "spoke_with": "біреу"},
        {"office": "office-1", "outcome": "confirmed", "spoke_with": " "},
    ],
)
async def test_what_is_no_call_is_said_and_not_written(
    browser_at_post: Browser, store: Store, form: dict[str, str]
) -> None:
    store.write_now(
        lambda session: directory.put(session, site=SITE, office="office-1", name="Б", phone="112", source="с", by="t")
    )
    row = await registered(browser_at_post, store)
    path = f"/post/call-back/{row.holder}"
    assert (await browser_at_post.send(path, path, **form)).status_code == 422
    assert await let_in(browser_at_post, row.holder) == 422


async def test_nobody_unknown_is_rung_about(browser_at_post: Browser) -> None:
    assert (await browser_at_post.get("/post/call-back/visitor-of-another-school")).status_code == 404


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"name": "", "phone": "112", "source": "с"}, 422),
        ({"name": "Б", "phone": "нөмірсіз", "source": "с"}, 422),
        ({"name": "Б", "phone": "112", "source": " "}, 422),
        ({"name": "<b>'; DROP TABLE", "phone": "112", "source": "\u202eсайт"}, 303),
    ],
)
async def test_the_directory_says_what_is_missing(duty: Browser, store: Store, form: dict[str, str], code: int) -> None:
    assert (await duty.send("/directory", "/directory", **form)).status_code == code
    assert len(offices(store)) == (code == 303)
    assert "<b>'; DROP" not in (await duty.get("/directory")).text


async def test_an_office_is_taken_out_and_a_guard_keeps_no_directory(
    duty: Browser, browser_at_post: Browser, store: Store
) -> None:
    await duty.send("/directory", "/directory", name="Б", phone="112", source="с")
    assert (await browser_at_post.get("/directory")).status_code == 403
    await duty.send("/directory/remove", "/directory", office=offices(store)[0])
    assert offices(store) == []
