"""A pupil who leaves early: what the guard writes, what is asked first, and what is never said at the post."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from schemas.credential import Credential
from services.store import administration, outbox
from services.store.database import Store
from services.store.lists import entries
from services.store.lists.entries import Entry
from services.store.releases import entitled
from services.store.releases.entitled import Entitled, EntitledPersonRow
from services.store.releases.papers import ReleasePaperRow
from services.store.users import UserRole
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, employ
from tests.services.web.said import SITE

CARD = Credential(
    credential="0" * 32,
    version=0,
    holder="pupil-1",
    category="pupil",
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    valid_until=datetime(2036, 1, 1, tzinfo=UTC),
    revoked_at=None,
)
PATH = "/post/release/pupil-1"


@pytest.fixture(autouse=True)
def _noon(clock: Clock) -> None:
    """Noon at the school tomorrow, so that an hour from now is of the same day."""
    clock.now = (clock.now + timedelta(days=1)).replace(hour=7, minute=0)


@pytest.fixture
def mother(store: Store, clock: Clock) -> EntitledPersonRow:
    """The pupil's mother, entitled; and one duty administrator."""

    def enter(session: Session) -> EntitledPersonRow:
        administration.issue_credential(session, site=SITE, credential=CARD, by="t")
        told = Entitled(
            pupil="pupil-1",
            name="Қасымова Айгүл",
            relation="mother",
            document_kind="identity_card",
            document_tail="4321",
            phone="+77011234567",
            tell=True,
        )
        return entitled.enter(session, site=SITE, told=told, by="t", at=clock.now)

    employ(store, "duty", UserRole.DUTY_ADMIN, clock.now, name="Жанар")
    return store.write_now(enter)


def papers_of(store: Store) -> list[ReleasePaperRow]:
    return list(store.read_now(lambda session: session.exec(select(ReleasePaperRow)).all()))


def said(store: Store) -> list[Any]:
    rows = store.read_now(lambda session: outbox.unsent(session, 99))
    return [row.event().data for row in rows if row.topic == "releases"]


def form(**changes: str) -> dict[str, str]:
    typed = {"basis": "illness", "document_kind": "identity_card", "document_tail": "4321", "until": "13:00"}
    return {**typed, **changes}


async def test_the_mother_takes_her_child_and_the_gate_is_told(
    browser_at_post: Browser, store: Store, mother: EntitledPersonRow
) -> None:
    assert "Қасымов Арман" in (await browser_at_post.get("/post/release?q=қас")).text
    assert mother.name in (await browser_at_post.get(PATH)).text
    answer = await browser_at_post.send(PATH, PATH, **form(taker=mother.person))
    assert answer.status_code == 303, answer.text
    assert 'data-release="given"' in (await browser_at_post.get(answer.headers["location"])).text
    (paper,) = papers_of(store)
    assert (paper.person, paper.taker_name, paper.document_tail) == (mother.person, mother.name, "4321")
    assert (paper.allowed_by, paper.by, paper.basis) == ("duty", "sabit", "illness")
    (told,) = said(store)
    assert (told.holder, told.version, told.withdrawn_at) == ("pupil-1", 1, None)
    assert "illness" not in repr(told)
    await browser_at_post.send(f"/post/release/written/{paper.release}/withdraw", answer.headers["location"])
    assert [each.withdrawn_at is None for each in said(store)] == [True, False]
    assert [row.state for row in papers_of(store)] == ["withdrawn"]
    assert "/post/release/written/" in (await browser_at_post.get("/post/release")).text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"taker": "other", "taker_name": "Омаров Дамир"}, "телефон"),
        ({"taker": "alone"}, "телефон"),
        ({"taker": "MOTHER", "document_tail": "9999"}, "Құжат мектептегі жазбадан басқа"),
        ({"taker": "MOTHER", "document_tail": ""}, "соңғы төрт белгісін"),
        ({"taker": "person-0"}, "тізімінде жоқ"),
        ({"taker": "other"}, "аты-жөнін"),
        ({"taker": "MOTHER", "until": "11:00"}, "қазіргіден кеш болсын"),
        ({"taker": "MOTHER", "basis": "x"}, "Себебін"),
        ({"taker": "alone", "caller": "MOTHER", "called_at": "12:30"}, "кеш болмасын"),
    ],
)
async def test_what_is_missing_is_said_and_nothing_is_given(
    browser_at_post: Browser, store: Store, mother: EntitledPersonRow, changes: dict[str, str], code: str
) -> None:
    typed = {name: mother.person if value == "MOTHER" else value for name, value in changes.items()}
    answer = await browser_at_post.send(PATH, PATH, **form(**typed))
    assert answer.status_code == 422
    assert code in answer.text
    assert papers_of(store) == []
    assert said(store) == []


@pytest.mark.parametrize("taker", ["other", "alone"])
async def test_another_one_takes_the_pupil_on_a_parents_word_under_the_schools_own_number(
    browser_at_post: Browser, store: Store, mother: EntitledPersonRow, taker: str
) -> None:
    typed = form(taker=taker, taker_name="Омаров Дамир", caller=mother.person, called_at="11:50")
    assert (await browser_at_post.send(PATH, PATH, **typed)).status_code == 303
    (paper,) = papers_of(store)
    assert (paper.caller, paper.called_number) == (mother.person, "+77011234567")
    assert paper.taker_name == ("Омаров Дамир" if taker == "other" else "")
    assert len(said(store)) == 1


async def test_whoever_is_kept_from_the_pupil_is_held_and_the_guard_is_not_told_why(
    browser_at_post: Browser, store: Store, mother: EntitledPersonRow, clock: Clock
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
    typed = form(taker="other", taker_name="Қасымов Болат", caller=mother.person, called_at="11:50")
    answer = await browser_at_post.send(PATH, PATH, **typed)
    shown = (await browser_at_post.get(answer.headers["location"])).text
    assert 'data-release="held"' in shown
    assert "Кезекші әкімшіден сұраңыз" in shown
    assert not any(word in shown for word in ("сот шешімі", "/matches", "шектел"))
    assert said(store) == []


async def test_only_an_enrolled_pupil_is_released(browser_at_post: Browser, mother: EntitledPersonRow) -> None:
    assert mother.pupil == "pupil-1"
    for holder in ("visitor-1", "nobody"):
        assert (await browser_at_post.get(f"/post/release/{holder}")).status_code == 404
    assert (await browser_at_post.get("/post/release/written/release-1")).status_code == 404


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_the_room_opens_in_every_language(
    browser_at_post: Browser, mother: EntitledPersonRow, language: str
) -> None:
    assert mother.phone is not None
    await browser_at_post.send("/language", language=language, back="/post/release")
    for path in ("/post/release?q=қас", PATH):
        assert (await browser_at_post.get(path)).status_code == 200
