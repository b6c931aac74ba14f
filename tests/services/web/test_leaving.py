"""Who was registered at the post and has not left: seen by the guard, written with one press, told in one mail."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from services.i18n.words import Language
from services.store import users
from services.store.database import Store
from services.store.journal_book import leaving
from services.store.local_time import local_midnight
from services.store.messages import MessageRow
from services.store.visitors_journal import entries
from services.store.visitors_journal.entries import JournalEntryRow
from services.web.messages.letter import Letter
from services.web.messages.wording import compose
from services.web.shared.rounds import AT_THE_POST, make_round
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock
from tests.services.web.said import SITE
from tests.services.web.test_journal import NAME, register
from tests.services.web.visit_school import open_school

PATH = "/post/walk-in/inside"


def entry(store: Store, number: int = 1, site: str = SITE) -> JournalEntryRow:
    row = store.read_now(lambda session: entries.one(session, site, number))
    assert row is not None
    return row


async def test_a_guard_sees_who_is_inside_and_writes_with_one_press_that_they_leave(
    browser_at_post: Browser, store: Store, clock: Clock
) -> None:
    register(store, clock)
    assert PATH in (await browser_at_post.get("/post/walk-in")).text
    shown = (await browser_at_post.get(PATH)).text
    assert NAME in shown
    assert 'data-key="1"' in shown
    sent = await browser_at_post.send(PATH, PATH, number="1")
    assert "жазылды" in (await browser_at_post.get(sent.headers["location"])).text
    assert (entry(store).left_at, entry(store).left_by) == (clock.now, "sabit")
    assert f"{clock.now + timedelta(hours=5):%H:%M}" in (await browser_at_post.get("/post/journal/entries/1")).text
    assert NAME not in (await browser_at_post.get(PATH)).text
    assert PATH not in (await browser_at_post.get("/post/walk-in")).text


async def test_a_press_that_comes_twice_writes_once_and_says_so(
    browser_at_post: Browser, store: Store, clock: Clock
) -> None:
    register(store, clock)
    register(store, clock, 2)
    await browser_at_post.send(PATH, PATH, number="1")
    before = entry(store).model_dump()
    clock.forward(minutes=1)
    again = await browser_at_post.send(PATH, PATH, number="1")
    assert "бұрын жазылған" in (await browser_at_post.get(again.headers["location"])).text
    assert entry(store).model_dump() == before


@pytest.mark.parametrize(("number", "status"), [("2", 404), ("99", 404), ("0", 422), ("9" * 40, 422), ("x", 422)])
async def test_what_is_no_entry_of_this_school_is_not_there(
    browser_at_post: Browser, store: Store, clock: Clock, number: str, status: int
) -> None:
    register(store, clock)
    for other in (1, 2):
        register(store, clock, other, site="school-2")
    assert (await browser_at_post.send(PATH, PATH, number=number)).status_code == status
    assert entry(store, 2, "school-2").left_at is None


@pytest.mark.parametrize("language", list(Language))
async def test_the_round_tells_the_duty_administrator_who_has_to_be_looked_for(
    store: Store, tmp_path: Path, clock: Clock, language: Language
) -> None:
    visits = open_school(store, tmp_path, clock.now)

    def enter(session: Session) -> None:
        duty = {"site": SITE, "login": "dana", "name": "Дана", "role": users.UserRole.DUTY_ADMIN, "by": "t"}
        users.put(session, **duty, language=language, password="p" * 9, email="d@example.kz", phone="+77011234567")  # type: ignore[arg-type]

    store.write_now(enter)
    register(store, clock)
    register(store, clock, 2, name="Дәулет Оспанов")
    midnight = store.read_now(lambda session: local_midnight(session, SITE, clock.now)) + timedelta(days=1)
    done = [await make_round(store, midnight, AT_THE_POST) for _ in range(2)]
    assert [one["walk_ins_not_left_told"] for one in done] == [2, 0]
    row = store.read_now(lambda session: session.exec(select(MessageRow)).one())

    def said(texting: bool) -> Letter | None:  # noqa: FBT001  which of two
        return store.read_now(lambda session: compose(session, row, visits, midnight, texting=texting))

    mail, sms = said(False), said(True)  # noqa: FBT003
    assert mail is not None
    assert sms is not None
    assert all(name in mail.text for name in (NAME, "Дәулет Оспанов", "7 «Б»"))
    assert "—" not in mail.text
    assert "2" in sms.text
    assert NAME not in sms.text
    for number in (1, 2):
        store.write_now(
            lambda session, n=number: leaving.leave(session, site=SITE, number=n, by="sabit", at=midnight)  # type: ignore[misc]
        )
    assert said(False) is None, "nobody has to be looked for any more"  # noqa: FBT003
