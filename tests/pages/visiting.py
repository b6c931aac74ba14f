"""How a visit comes to be, by the pages: asked for with everything, and approved."""

from datetime import UTC, datetime, timedelta

from sqlmodel import col, select

from services.store.visits.drafts import DraftRow
from services.store.visits.seals import Seals
from services.store.visits.visits import VisitRow
from tests.pages.looker import Looker
from tests.pages.school import FILES, School
from tests.services.web.said import SITE


def the_code(school: School) -> str:
    """Give the code that the only draft with a code is about."""
    query = select(DraftRow).where(DraftRow.code_number > 0)
    row = school.store.read_now(lambda session: session.exec(query).one())
    return Seals(FILES.seeds["visits"]).contact_code(SITE, row.draft, row.answers["contact"], row.code_number)


def asks(looker: Looker, *, looks: bool) -> str:
    """Ask for a visit with everything, look at each page of it where it should be, and give the address of its own."""
    first, last = (datetime.now(UTC) + timedelta(days=days) for days in (0, 14))
    home = f"{looker.school.url}/visit/{SITE}"
    steps: dict[str, dict[str, str]] = {
        "who": {"name": "Серік Ахметов"},
        "role": {},
        "document": {"iin": "900101100014"},
        "whom": {"host_text": "Ахметова", "purpose": "Жиналыс"},
        "often": {},
        "days": {"from": "14:00", "until": "15:30", "date": first.date().isoformat(), "last": last.date().isoformat()},
        "with": {},
        "people": {"companions": "Айша Серікова\nМарат Серіков"},
        "vehicle": {"vehicle": "123 ABC 02", "cargo": "Парта, 20 дана", "waybill": "З-2 № 17"},
        "things": {"things": "Бұрғы"},
        "consent": {},
        "contact": {"contact": "serik@example.kz"},
    }
    days = tuple(str(day) for day in range(1, 8))
    looker.page.goto(f"{home}/ask/who")
    for step, fields in steps.items():
        if looks:
            looker.looks_at(f"visit-{step}", f"{home}/ask/{step}")
        looker.page.wait_for_url(f"**/ask/{step}")
        for name, value in fields.items():
            looker.page.fill(f'[name="{name}"]', value)
        for tick in ("representative", "regularly", *days, "people", "vehicle", "things", "2026-11"):
            for box in looker.page.locator(f'[value="{tick}"]').all():
                box.check()
        looker.page.click("main button.first")
    if looks:
        looker.looks_at("visit-code")
    looker.page.fill("#code", the_code(looker.school))
    looker.page.click("main button.first")
    looker.page.wait_for_url("**/v/*")
    status = looker.page.url
    if not looks:  # put the phone away: an open page follows the visit by itself, also while a story goes elsewhere
        looker.page.goto("about:blank")
    return status


def newest(school: School) -> str:
    """Give the page of the visit that was asked for last, for the school's administration."""
    query = select(VisitRow).order_by(col(VisitRow.requested_at).desc())
    row = school.store.read_now(lambda session: session.exec(query).first())
    assert row is not None
    return f"{school.url}/visits/{row.visit}"


def approves(desk: Looker) -> str:
    """Approve the visit that was asked for last, as the director, and give its page."""
    desk.signs_in("iman")
    visit = newest(desk.school)
    desk.page.goto(visit)
    desk.page.click('[name="deed"][value="approve"]')
    desk.page.wait_for_selector(".note.go")
    return visit
