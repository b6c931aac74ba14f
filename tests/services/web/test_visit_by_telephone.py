"""A visitor without e-mail types a telephone number, gets the code as an SMS, and is answered there."""

from dataclasses import replace

from sqlmodel import select

from services.store.database import Store
from services.store.messages import MessageRow
from services.store.visits import deeds
from services.store.visits.deeds import Decision
from services.web.app import make_app
from services.web.messages.letter import Letter
from services.web.messages.wording import compose
from services.web.shared.outside import Visits
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, client_of
from tests.services.web.said import SITE, policy
from tests.services.web.visit_school import HOME, all_visits, ask, the_code

TYPED, NUMBER = "8 701 123 45 67", "+77011234567"


def letter(store: Store, visits: Visits, clock: Clock, kind: str) -> Letter:
    """Give the message of a kind as it is sent now."""
    row = store.read_now(lambda session: session.exec(select(MessageRow).where(MessageRow.kind == kind)).one())
    found = store.read_now(lambda session: compose(session, row, visits, clock.now, texting=True))
    assert found is not None
    return found


async def test_a_visit_is_asked_for_and_answered_by_telephone_alone(store: Store, visits: Visits, clock: Clock) -> None:
    texting = replace(visits, texting=True)
    async with client_of(make_app(store, b"k" * 32, secure_cookies=True, clock=clock, visits=texting)) as client:
        visitor = Browser(client)
        await ask(visitor, clock.now, contact={"contact": TYPED})
        code = the_code(store, texting)
        told = letter(store, texting, clock, "code")
        assert (told.to, code in told.text) == (NUMBER, True)
        assert (await visitor.send(f"{HOME}/code", f"{HOME}/code", code=code)).status_code == 303
    (visit,) = all_visits(store)
    assert visit.contact == NUMBER
    store.write_now(
        lambda session: deeds.decide(
            session,
            site=SITE,
            visit=visit.visit,
            decision=Decision(deed="approve"),
            by="host/t-1",
            policy=policy(clock.now).data,
            seals=texting.seals,
            at=clock.now,
        )
    )
    answered = letter(store, texting, clock, "visitor_approved")
    assert answered.to == NUMBER
    assert f"/v/{texting.seals.link('status', SITE, visit.visit)}" in answered.text


async def test_without_a_gateway_a_number_is_no_contact(visitor: Browser, clock: Clock) -> None:
    await ask(visitor, clock.now, upto="consent")
    refused = await visitor.send(f"{HOME}/ask/contact", f"{HOME}/ask/contact", contact=TYPED)
    assert refused.status_code == 422
