"""A visitor's open page says within a second that the visit was answered, or that its pass is gone."""

from tests.pages.looker import Looker
from tests.pages.visiting import approves, asks

SOON_MS = 5_000
"""Patience on a machine with other work; the page asks every second."""


def test_an_open_page_follows_the_answer_and_the_end_of_its_pass(looker: Looker, desk: Looker) -> None:
    status = asks(looker, looks=False)
    looker.page.goto(status)
    assert looker.page.locator('a[href$="/pass"]').count() == 0
    visit = approves(desk)
    looker.page.wait_for_selector('a[href$="/pass"]', timeout=SOON_MS)
    looker.page.goto(f"{status}/pass")
    looker.page.wait_for_selector(".qr")
    desk.page.goto(visit)
    desk.page.click('details:has([value="decline"]) > summary')
    desk.page.fill('[name="reason"]', "Кездесу болмайды")
    desk.page.click('[name="deed"][value="decline"]')
    looker.page.wait_for_url(status, timeout=SOON_MS)
    assert looker.page.locator(".qr").count() == 0
