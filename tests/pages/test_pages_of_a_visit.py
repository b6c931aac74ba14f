"""The pages of a visit, from the school's first page to the badge, as visitor, host and guard see them."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from tests.pages.looker import Looker
from tests.pages.test_guard_page import SCREENSHOTS
from tests.pages.visiting import approves, asks, newest
from tests.services.web.said import SITE

PATIENCE_S = 600
"""For the story with every question: six looks at each of seventeen pages, on a machine with other work."""


@pytest.mark.timeout(PATIENCE_S)
def test_a_visit_from_the_first_page_to_its_own(looker: Looker) -> None:
    for name in ("", "/items", "/again", "/offline"):
        looker.looks_at(f"visit-opening{name.replace('/', '-')}", f"{looker.school.url}/visit/{SITE}{name}")
    asks(looker, looks=True)
    looker.looks_at("visit-status")
    assert looker.found == []


def test_a_visit_from_the_hosts_page_to_the_badges(looker: Looker, desk: Looker) -> None:
    status = asks(looker, looks=False)
    desk.signs_in("iman")
    desk.looks_at("host-list", f"{looker.school.url}/visits")
    desk.looks_at("host-visit", newest(looker.school))
    desk.page.click('[name="deed"][value="approve"]')
    desk.page.wait_for_selector(".note.go")
    for name in ("", "/pass", "/pass/1", "/badge"):
        looker.looks_at(f"visit-approved{name.replace('/', '-')}", status + name)
    looker.page.goto(status)
    looker.page.click("summary >> nth=0")
    looker.page.screenshot(path=SCREENSHOTS / "visit-share-kk.png", full_page=True)
    own = urlsplit(looker.page.locator("[data-select]").first.input_value()).path
    for name in ("pass", "badge"):
        looker.looks_at(f"visit-companion-{name}", looker.school.url + own.replace("/pass", f"/{name}"))
    assert looker.found + desk.found == []


def test_a_visit_at_another_time_and_at_the_post(looker: Looker, desk: Looker, guard: Looker) -> None:
    status = asks(looker, looks=False)
    visit = approves(desk)
    looker.page.goto(f"{status}/pass")
    guard.signs_in("sabit")
    guard.page.goto(f"{looker.school.url}/post/visits")
    guard.page.fill("#code", looker.page.inner_text(".short-code strong"))
    looker.page.goto("about:blank")
    guard.page.click("main button.first")
    guard.looks_at("post-visits-pass")
    guard.looks_at("post-visits", f"{looker.school.url}/post/visits")
    desk.page.goto(visit)
    desk.page.click("summary >> nth=0")
    desk.page.fill('[name="date"]', (datetime.now(UTC) + timedelta(days=1)).date().isoformat())
    desk.page.fill('[name="from"]', "16:00")
    desk.page.fill('[name="until"]', "17:00")
    desk.page.click('[name="deed"][value="change"]')
    desk.page.wait_for_selector(".note.go")
    looker.looks_at("visit-changed", status)
    assert looker.page.locator('form[action$="/accept"]').count() == 1
    looker.page.click('form[action$="/anew"] button')
    looker.looks_at("visit-again")
    assert looker.found + desk.found + guard.found == []


def test_a_page_of_the_portal_weighs_little_with_everything(looker: Looker, desk: Looker) -> None:
    status = asks(looker, looks=False)
    approves(desk)
    home = f"{looker.school.url}/visit/{SITE}"
    questions = tuple(f"/ask/{step}" for step in ("who", "role", "document", "whom"))
    for name in ("", "/items", "/again", *questions):
        looker.weighs(f"home{name}", home + name)
    for name in ("", "/pass", "/badge"):
        looker.weighs(f"status{name}", status + name)
    assert {name: weight for name, weight in looker.weighed.items() if not 1_000 < weight <= 60_000} == {}
    assert looker.found == []
