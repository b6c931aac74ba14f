"""Who may take a pupil, on pages: entered, changed and ended by the school, shown to the guard, told to nobody else."""

import logging
import re

import pytest
from fastapi import FastAPI
from sqlmodel import Session, select

from services.store import administration, audit
from services.store.database import Store
from services.store.lists import entries, matches
from services.store.lists.entries import Entry
from services.store.releases import telling
from services.store.releases.entitled import EntitledPersonRow
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, client_of
from tests.services.web.said import SITE
from tests.services.web.test_hosts_page import send_file
from tests.services.web.test_release import CARD

PUPIL = "/entitled/pupil/pupil-1"
MOTHER = {
    "name": "Қасымова Айгүл",
    "relation": "mother",
    "document_kind": "identity_card",
    "document_tail": "N 0123-4321",
    "phone": "8 (701) 123-45-67",
    "email": "",
    "language": "ru",
    "tell": "yes",
}
FILE = "pupil;name;relation;phone;tell\npupil-1;Қасымова Айгүл;mother;+77011234567;yes\n"


@pytest.fixture(autouse=True)
def _enrolled(store: Store) -> None:
    """One enrolled pupil."""
    store.write_now(lambda session: administration.issue_credential(session, site=SITE, credential=CARD, by="t"))


def people(store: Store) -> list[EntitledPersonRow]:
    return list(store.read_now(lambda session: session.exec(select(EntitledPersonRow)).all()))


def deeds(store: Store) -> list[str]:
    rows = store.read_now(lambda session: audit.recent(session, SITE, 99))
    return sorted(row.act for row in rows if row.act.startswith("entitled_"))


async def enter(browser: Browser, **changes: str) -> str:
    """Enter somebody by the page, and give the reference that was minted with the form."""
    found = re.search(r'name="person" value="(person-\w+)"', (await browser.get(PUPIL)).text)
    assert found is not None
    answer = await browser.send(PUPIL, PUPIL, person=found[1], **{**MOTHER, **changes})
    assert answer.headers.get("location") == f"{PUPIL}?said=entered", answer.text
    return found[1]


async def test_a_mother_is_entered_changed_and_ended_and_the_guard_sees_each(
    duty: Browser, browser_at_post: Browser, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "services")
    found = (await duty.get("/entitled", params={"q": "кас"})).text
    assert "Қасымов Арман" in found
    assert "Ешкім енгізілмеген" in found
    person = await enter(duty)
    (row,) = people(store)
    assert (row.person, row.document_tail, row.phone, row.email) == (person, "4321", "+77011234567", None)
    assert (row.relation, row.language, row.tell, row.entered_by) == ("mother", "ru", True, "duty")
    assert "Ала алатындар: 1" in (await duty.get("/entitled", params={"q": "арм"})).text
    assert "Қасымова Айгүл" in (await browser_at_post.get("/post/release/pupil-1")).text
    path = f"/entitled/person/{person}"
    changed = await duty.send(path, path, **{**MOTHER, "name": "Қасымова Айгүл Серікқызы", "document_tail": "4321"})
    assert changed.headers["location"] == f"{PUPIL}?said=changed"
    assert "Серікқызы" in (await browser_at_post.get("/post/release/pupil-1")).text
    for _ in range(2):
        ended = await duty.send(f"{path}/end", PUPIL)
        assert ended.headers["location"] == f"{PUPIL}?said=ended"
    assert "Айгүл" not in (await browser_at_post.get("/post/release/pupil-1")).text
    late = await duty.send(path, PUPIL, **MOTHER)
    assert late.headers["location"] == f"{PUPIL}?said=over"
    assert "қазір ала алмайды" in (await duty.get(path)).text
    assert deeds(store) == ["entitled_changed", "entitled_ended", "entitled_entered"]
    assert not any(secret in caplog.text for secret in ("Қасымова", "+7701", "4321"))


async def test_a_form_sent_twice_enters_once_also_after_an_end(duty: Browser, store: Store) -> None:
    person = await enter(duty)
    assert (await duty.send(PUPIL, PUPIL, person=person, **MOTHER)).status_code == 303
    await duty.send(f"/entitled/person/{person}/end", PUPIL)
    assert (await duty.send(PUPIL, PUPIL, person=person, **MOTHER)).status_code == 303
    assert [row.ended_at is None for row in people(store)] == [False]
    assert deeds(store) == ["entitled_ended", "entitled_entered"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "Аты-жөнін жазыңыз."),
        ({"name": "4321"}, "тек әріппен жазыңыз"),
        ({"relation": ""}, "Оқушыға кім екенін таңдаңыз."),
        ({"relation": "uncle"}, "Оқушыға кім екенін таңдаңыз."),
        ({"document_tail": ""}, "екеуін де бос қалдырыңыз"),
        ({"document_kind": ""}, "екеуін де бос қалдырыңыз"),
        ({"document_tail": "12"}, "Нөмірді құжаттағыдай"),
        ({"phone": "нөмірсіз"}, "Нөмірді тексеріңіз"),
        ({"email": "пошта"}, "Мекенжайды тексеріңіз"),
        ({"phone": ""}, "Хабарлау үшін"),
        ({"language": "de"}, "Тілді тізімнен таңдаңыз."),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_stays(
    duty: Browser, store: Store, changes: dict[str, str], told: str
) -> None:
    person = await enter(duty)
    for path in (PUPIL, f"/entitled/person/{person}"):
        answer = await duty.send(path, path, **{**MOTHER, "name": "Омарова Дана", **changes})
        assert (answer.status_code, told in answer.text) == (422, True), answer.text
        typed = {**MOTHER, "name": "Омарова Дана", **changes}
        assert f'value="{typed["name"]}"' in answer.text
        assert f'value="{typed["document_tail"]}"' in answer.text
    assert [row.name for row in people(store)] == ["Қасымова Айгүл"]


async def test_a_number_of_another_country_is_kept_and_a_name_is_not_given_twice(duty: Browser, store: Store) -> None:
    await enter(duty)
    father = await enter(duty, name="Қасымов Болат", relation="father", phone="+49 (30) 1234567", document_tail="9876")
    assert {row.phone for row in people(store)} == {"+77011234567", "+49301234567"}
    path = f"/entitled/person/{father}"
    same = await duty.send(path, path, **MOTHER)
    assert (same.status_code, "мұндай атты адам бар" in same.text) == (422, True)
    assert sorted(row.name for row in people(store)) == ["Қасымов Болат", "Қасымова Айгүл"]


async def test_whoever_is_kept_from_the_pupil_is_entered_as_anybody_and_told_nothing(
    duty: Browser, store: Store, clock: Clock
) -> None:
    kept_from = Entry(
        entry="entry-1",
        kind="custody",
        names=["Касымов Болат"],
        iin_hash=None,
        pupil="pupil-1",
        basis="сот шешімі 7",
        basis_on=clock.now.date(),
        until=clock.now.replace(year=2030),
    )
    store.write_now(lambda session: entries.enter(session, site=SITE, told=kept_from, by="t", at=clock.now))
    person = await enter(duty, name="Қасымов Болат", relation="father")
    for path in (f"{PUPIL}?said=entered", f"/entitled/person/{person}"):
        shown = (await duty.get(path)).text
        assert not any(word in shown for word in ("сот шешімі", "entry-1", "/matches/"))

    def ask(session: Session) -> tuple[int, int]:
        told = telling.to_tell(session, SITE, "pupil-1", clock.now)
        return len(matches.waiting(session, SITE)), len(told)

    assert store.read_now(ask) == (0, 0)


async def test_only_an_enrolled_pupil_has_a_page(duty: Browser, store: Store) -> None:
    for holder in ("visitor-1", "nobody"):
        path = f"/entitled/pupil/{holder}"
        assert (await duty.get(path)).status_code == 404
        assert (await duty.send(path, PUPIL, **MOTHER)).status_code == 404
    assert (await duty.get("/entitled/person/person-0")).status_code == 404
    assert people(store) == []


async def test_a_file_is_taken_whole_and_again_without_a_change(director: Browser, store: Store) -> None:
    for _ in range(2):
        assert (await send_file(director, FILE.encode(), "/entitled/file"))[0] == 303
    assert [(row.name, row.phone, row.tell) for row in people(store)] == [("Қасымова Айгүл", "+77011234567", True)]
    assert deeds(store) == ["entitled_entered"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("pupil-9;Омарова Дана;mother;;no", "3-жол"),
        ("pupil-1;Омарова Дана;mum;;no", "relation бағанында мыналардың бірі"),
        ("pupil-1;Омарова Дана;mother;;yes", "Хабарлау үшін"),
        ("pupil-1;Омарова Дана;mother;7;no", "Нөмірді тексеріңіз"),
    ],
)
async def test_a_file_with_a_mistake_is_not_taken_at_all(director: Browser, store: Store, line: str, told: str) -> None:
    code, text = await send_file(director, f"{FILE}{line}\n".encode(), "/entitled/file")
    assert (code, told in text) == (422, True), text
    assert people(store) == []


async def test_nobody_of_another_school_and_no_guard_changes_anything(
    director: Browser, browser_at_post: Browser, app: FastAPI, store: Store
) -> None:
    person = await enter(director)
    path = f"/entitled/person/{person}"
    async with client_of(app) as client:
        other = Browser(client)
        await other.sign_in("other")
        for page in (PUPIL, path):
            assert (await other.get(page)).status_code == 404
            assert (await other.send(page, "/entitled", **MOTHER)).status_code == 404
        assert (await other.send(f"{path}/end", "/entitled")).status_code == 404
        assert "Қасымов" not in (await other.get("/entitled", params={"q": "қас"})).text
    for page in ("/entitled", "/entitled/file", PUPIL, path):
        assert (await browser_at_post.get(page)).status_code == 403
    for page in ("/entitled/file", PUPIL, path, f"{path}/end"):
        assert (await browser_at_post.send(page, "/post", **MOTHER)).status_code == 403
    assert [(row.name, row.ended_at) for row in people(store)] == [("Қасымова Айгүл", None)]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_the_pages_open_in_every_language(duty: Browser, language: str) -> None:
    person = await enter(duty)
    for path in ("/entitled", "/entitled/file", PUPIL, f"/entitled/person/{person}"):
        chosen = await duty.send("/language", path, language=language, back=path)
        assert chosen.headers["location"] == path
        assert (await duty.get(path)).status_code == 200
