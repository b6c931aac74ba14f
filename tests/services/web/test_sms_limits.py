"""Codes by SMS cost the school money: three an hour to one number, sixty to a school, from wherever a robot asks; and
nobody's letter-box is filled by asking at many schools.
"""

from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlmodel import Session, col, delete, select

from services.store import messages
from services.store.database import Store
from services.store.messages import MessageRow
from services.store.visits.drafts import DraftRow
from services.web.app import make_app
from services.web.shared.outside import Visits
from services.web.visitor_portal.forms import CODES_AN_HOUR, SMS_CODES_AN_HOUR, SMS_CODES_OF_A_SITE
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, client_of
from tests.services.web.said import SITE
from tests.services.web.visit_school import HOME, ask, open_school

PHONE = "+77011234567"


@pytest.fixture
def visits(store: Store, tmp_path: Path, clock: Clock) -> Visits:
    """What the pages about visits work with."""
    return open_school(store, tmp_path, clock.now)


@pytest.fixture
def app(store: Store, clock: Clock, visits: Visits) -> FastAPI:
    """The app with its portal."""
    return make_app(store, b"k" * 32, secure_cookies=True, clock=clock, visits=visits)


async def ask_a_code(app: FastAPI, store: Store, clock: Clock, number: str, robot: int) -> bool:
    """Ask for one more code at a telephone, from an address of the robot's own, and tell whether it was sent."""
    async with client_of(app) as client:
        client._transport.client = (f"198.51.100.{robot}", 5000)  # type: ignore[attr-defined]
        browser = Browser(client)
        await ask(browser, clock.now)

        def name_a_telephone(session: Session) -> None:
            row = session.exec(select(DraftRow)).one()
            row.answers = {**row.answers, "contact": number}
            session.add(row)

        store.write_now(name_a_telephone)
        clock.forward(seconds=21)
        asked = await browser.send(f"{HOME}/code/again", f"{HOME}/code")
        store.write_now(lambda session: session.exec(delete(DraftRow)))
        mails = ~col(MessageRow.to_hash).startswith(messages.TEXTED)
        store.write_now(lambda session: session.exec(delete(MessageRow).where(mails)))
        return asked.status_code == 303


def spend(store: Store, clock: Clock, codes: int) -> None:
    """Let so many codes go to other people's telephones."""

    def act(session: Session) -> None:
        for number in range(codes):
            hashed = f"{messages.TEXTED}{number}"
            messages.put(session, site=SITE, kind="code", subject=f"d{number}", number=1, at=clock.now, to_hash=hashed)

    store.write_now(act)


async def test_one_number_gets_three_codes_an_hour(app: FastAPI, store: Store, clock: Clock) -> None:
    assert [await ask_a_code(app, store, clock, PHONE, robot) for robot in range(4)] == [True, True, True, False]
    assert await ask_a_code(app, store, clock, "+77021234567", 5)
    clock.forward(hours=1)
    assert await ask_a_code(app, store, clock, PHONE, 6)


async def test_a_school_pays_for_sixty_codes_an_hour_and_the_log_says_when_it_stops(
    app: FastAPI, store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    spend(store, clock, SMS_CODES_OF_A_SITE - 1)
    assert await ask_a_code(app, store, clock, PHONE, 1)
    assert "sms_codes_stopped" not in caplog.text
    assert not await ask_a_code(app, store, clock, "+77021234567", 2)
    assert f"sms_codes_stopped site={SITE} most=60" in caplog.text
    assert "+77" not in caplog.text
    clock.forward(hours=1)
    assert await ask_a_code(app, store, clock, "+77021234567", 3)


@pytest.mark.parametrize(("contact", "most"), [(PHONE, SMS_CODES_AN_HOUR), ("serik@example.kz", CODES_AN_HOUR)])
async def test_codes_to_one_contact_are_counted_over_all_schools(
    app: FastAPI, store: Store, visits: Visits, clock: Clock, contact: str, most: int
) -> None:
    hashed = (messages.TEXTED if contact == PHONE else "") + visits.seals.contact_hash(contact.upper())

    def act(session: Session) -> None:
        for number in range(most):
            site = f"school-{number + 2}"
            messages.put(session, site=site, kind="code", subject="d", number=1, at=clock.now, to_hash=hashed)

    store.write_now(act)
    async with client_of(app) as client:
        browser = Browser(client)
        await ask(browser, clock.now, "consent")

        def name_a_contact(session: Session) -> None:
            row = session.exec(select(DraftRow)).one()
            row.answers, row.code_number = {**row.answers, "contact": contact}, 1
            session.add(row)

        store.write_now(name_a_contact)
        asked = [await browser.send(f"{HOME}/code/again", f"{HOME}/code") for _ in range(2)]
        assert [one.status_code for one in asked] == [422, 422]
        clock.forward(hours=1, seconds=1)
        assert (await browser.send(f"{HOME}/code/again", f"{HOME}/code")).status_code == 303
