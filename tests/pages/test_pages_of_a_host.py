"""The pages of a host's desk, of an invitation and of a parents' evening."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser
from sqlmodel import select

from services.store.visits.evenings import EveningRow
from services.store.visits.invitations import InvitationRow
from services.store.visits.seals import Seals
from services.store.visits.sign_ins import SignInRow
from tests.pages.looker import Looker
from tests.pages.school import FILES
from tests.pages.visiting import the_code
from tests.services.web.said import SITE

pytestmark = pytest.mark.timeout(300)
SEALS = Seals(FILES.seeds["visits"])
NAMES = "Ахметов Серік\nҚасымова Айгүл Болатқызы\nКонстантинопольская Екатерина Александровна"


def _signs_in(looker: Looker, home: str) -> None:
    looker.looks_at("host-sign-in", f"{home}/host")
    looker.page.fill("#email", "g@example.kz")
    looker.page.click("main button.first")
    looker.looks_at("host-sign-in-sent")
    row = looker.school.store.read_now(lambda session: session.exec(select(SignInRow)).one())
    looker.looks_at("host-enter", f"{home}/host/enter/{SEALS.link('host_sign_in', SITE, row.sign_in)}")
    looker.page.click("main button.first")
    looker.page.wait_for_url("**/host/desk")


def _fills(looker: Looker, **fields: str) -> None:
    for name, value in fields.items():
        looker.page.fill(f'[name="{name}"]', value)


def _when() -> dict[str, str]:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    return {"date": tomorrow, "from": "14:00", "until": "15:30"}


def test_a_hosts_desk_an_invitation_and_a_parents_evening(looker: Looker, browser: Browser) -> None:
    home = f"{looker.school.url}/visit/{SITE}"
    desk = f"{home}/host/desk"
    guest = Looker(looker.school, browser.new_context(locale="kk-KZ"))
    _signs_in(looker, home)
    looker.looks_at("host-invite", f"{desk}/invite")
    _fills(looker, name="Дәулет Оспанов", contact="d@example.kz", purpose="Терезе жөндеу", **_when())
    looker.page.click("main button.first")
    looker.page.wait_for_url("**/invite?said=sent")
    looker.looks_at("host-evening-new", f"{desk}/evenings/new")
    _fills(looker, title="5 «А» сыныбының жиналысы", names=NAMES, **_when())
    looker.page.click("main button.first")
    looker.page.wait_for_url("**/evenings/evening-*")
    looker.looks_at("host-evening")
    evening = looker.page.url
    looker.looks_at("host-evening-poster", f"{evening}/poster")
    looker.looks_at("host-desk", desk)
    row = looker.school.store.read_now(lambda session: session.exec(select(InvitationRow)).one())
    guest.looks_at("invited", f"{home}/i/{SEALS.link('invitation', SITE, row.invitation)}")
    guest.page.check('[name="consent"]')
    guest.page.click("main button.first")
    guest.page.wait_for_url("**/v/*")
    held = looker.school.store.read_now(lambda session: session.exec(select(EveningRow)).one())
    guest.looks_at("evening", f"{home}/e/{SEALS.link('evening', SITE, held.evening)}")
    _fills(guest, name="Серік Ахметов", contact="s@example.kz")
    guest.page.check('[name="consent"]')
    guest.page.click("main button.first")
    guest.page.wait_for_url("**/code")
    guest.looks_at("evening-code")
    guest.page.fill("#code", the_code(looker.school))
    guest.page.click("main button.first")
    guest.page.wait_for_url("**/v/*")
    looker.looks_at("host-evening-registered", evening)
    looker.page.goto(desk)
    looker.page.click('main a.visit-line[href*="/desk/visit/"]')
    looker.page.wait_for_url("**/desk/visit/*")
    looker.page.click("main summary >> nth=0")
    looker.looks_at("host-desk-visit")
    guest.context.close()
    assert looker.found + guest.found == []
