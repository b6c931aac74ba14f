"""The rooms of the post with something in them, and what the duty administrator sees of the lists."""

import pytest
from playwright.sync_api import Browser

from tests.pages.lived_in import WALK_IN
from tests.pages.looker import Looker

POST = {
    "by name": ("by-name", "by-name?q=Қас", "walk-in", "walk-in/inside"),
    "checks": ("checks", "checks/visitor-1?q=пышақ", "checks/pupil-1"),
    "custody": ("custody", "custody/new?holder=visitor-1", "custody/1"),
    "release": ("release?q=Қас", "release/pupil-1"),
    "crew": ("crew",),
}
LISTED = {
    "lists": "/lists",
    "lists-new-ban": "/lists/new?kind=ban",
    "lists-new-custody": "/lists/new?kind=custody&q=Қас",
    "matches": "/matches",
}


@pytest.mark.parametrize("rooms", POST.values(), ids=POST)
def test_the_rooms_at_the_post(looker: Looker, rooms: tuple[str, ...]) -> None:
    looker.signs_in("sabit")
    for room in rooms:
        looker.looks_at(f"post-{room.partition('?')[0].replace('/', '-')}", f"{looker.school.url}/post/{room}")
    assert looker.found == []


def test_an_entry_that_is_held_open_for_a_crew(looker: Looker) -> None:
    looker.signs_in("sabit")
    looker.page.goto(f"{looker.school.url}/post/crew")
    looker.page.keyboard.press("1")
    looker.page.wait_for_url("**/post")
    looker.looks_at("post-held", f"{looker.school.url}/post")
    looker.looks_at("post-crew-held", f"{looker.school.url}/post/crew")
    assert looker.found == []


def test_the_lists_and_a_match_on_the_duty_administrators_pages(looker: Looker, browser: Browser) -> None:
    school = looker.school
    guard = Looker(school, browser.new_context(locale="kk-KZ"))
    guard.signs_in("sabit")
    guard.looks_at("post-walk-in-held", f"{school.url}/post/walk-in/{WALK_IN.visit}")
    paper = {"basis": "family", "taker": "other", "taker_name": "Қасымов Болат", "document_tail": "1234"}
    guard.page.goto(f"{school.url}/post/release/pupil-1")
    guard.page.check(f'[name="basis"][value="{paper["basis"]}"]')
    guard.page.check('[name="taker"][value="other"]')
    guard.page.fill("#taker_name", paper["taker_name"])
    guard.page.fill("#document_tail", paper["document_tail"])
    guard.page.locator('[name="caller"]').last.check()
    guard.page.fill("#until", "23:59")
    guard.page.fill("#called_at", "00:00")
    guard.page.click("main button.first")
    guard.page.wait_for_url("**/written/*")
    guard.looks_at("post-release-held")
    guard.looks_at("post-release", f"{school.url}/post/release")
    looker.signs_in("duty")
    for name, address in LISTED.items():
        looker.looks_at(name, school.url + address)
    looker.page.goto(f"{school.url}/matches")
    looker.page.locator(".lines a.who").first.click()
    looker.looks_at("match")
    guard.context.close()
    assert looker.found + guard.found == []


def test_a_pupil_who_shows_nothing_as_who_may_settle_it_sees_it(looker: Looker) -> None:
    looker.signs_in("iman")
    looker.looks_at("post-checks-pupil-1-may-settle", f"{looker.school.url}/post/checks/pupil-1")
    assert looker.found == []
