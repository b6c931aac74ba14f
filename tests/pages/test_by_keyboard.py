"""Everything at the post is done from the keyboard alone, and a visitor is registered in half a minute of typing."""

import pytest
from playwright.sync_api import Page

from tests.pages.looker import Looker

KEYS_A_SECOND = 3
"""A guard who looks for the letters."""

ROOMS = {
    "F2": "/post/by-name",
    "F3": "/post/walk-in",
    "F4": "/post/checks",
    "F6": "/post/custody",
    "F7": "/post/journal",
    "F9": "/post/visits",
    "F12": "/post/release",
    "F1": "/post",
    "F10": "/post/crew",
}
"""In this order: what is dangerous has its key on the first page alone."""


class Hands:
    """Two hands on a keyboard, which count what they press; nothing is ever clicked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.pressed += len(text)

    def goes_to(self, field: str) -> None:
        """Go on by Tab until a field has the focus."""
        for _ in range(30):
            if self.page.evaluate("document.activeElement.id || document.activeElement.name") == field:
                return
            self.press("Tab")
        pytest.fail(f"{field} is not reached by Tab")

    def finds_itself_in(self, field: str) -> None:
        """Wait until a page has put the cursor where one goes on: a browser does so after it has drawn it, which is
        sooner than any hand.
        """
        self.page.wait_for_selector(f'[name="{field}"]:focus')


@pytest.fixture
def hands(looker: Looker) -> Hands:
    """The hands of the guard who has signed in."""
    looker.signs_in("sabit")
    looker.page.wait_for_url("**/post")
    return Hands(looker.page)


def test_every_room_has_its_key(hands: Hands) -> None:
    for key, address in ROOMS.items():
        hands.press(key)
        hands.page.wait_for_url(f"**{address}")
    hands.press("Escape")
    hands.page.wait_for_url("**/post")


def test_a_new_visitor_is_registered_and_let_in_within_half_a_minute_of_typing(hands: Hands) -> None:
    hands.press("F3")
    hands.page.wait_for_url("**/post/walk-in")
    hands.finds_itself_in("q")
    hands.type("Нұрланова Дина")
    hands.press("Enter")
    hands.page.wait_for_url("**/walk-in?q=*")
    hands.goes_to("document_tail")
    hands.type("4821")
    hands.press("Tab")
    hands.type("3 Б")
    hands.press("Tab")
    hands.type("жиналыс")
    hands.press("Enter")
    hands.page.wait_for_url("**/walk-in/walk-in-*")
    hands.press("2")
    hands.page.wait_for_url("**/by-name?q=*")
    hands.finds_itself_in("holder")
    hands.press("Enter")
    hands.page.wait_for_url("**/post")
    hands.page.wait_for_selector("text=Нұрланова Дина")
    assert hands.pressed <= 30 * KEYS_A_SECOND


def test_a_visitor_who_was_here_before_is_found_by_the_first_letters(hands: Hands) -> None:
    hands.press("F3")
    hands.page.wait_for_url("**/post/walk-in")
    hands.finds_itself_in("q")
    hands.type("кас б")
    hands.press("Enter")
    hands.page.wait_for_url("**/walk-in?q=*")
    hands.page.wait_for_selector("a.who:focus")
    hands.press("Enter")
    hands.page.wait_for_url("**/walk-in?again=*")
    assert hands.page.input_value("#name") == "Касымов Болат"
    hands.goes_to("purpose")
    hands.press("Enter")
    hands.page.wait_for_url("**/walk-in/walk-in-*")
    assert hands.pressed <= 30


def test_a_visitor_who_leaves_is_written_with_one_key(hands: Hands) -> None:
    hands.press("F3")
    hands.page.wait_for_url("**/post/walk-in")
    hands.goes_to("inside")
    hands.press("Enter")
    hands.page.wait_for_url("**/post/walk-in/inside")
    inside = hands.page.locator("[data-number]").count()
    assert inside
    hands.press("1")
    hands.page.wait_for_url("**/inside?told=left")
    assert hands.page.locator("[data-number]").count() == inside - 1
    hands.press("Escape")
    hands.page.wait_for_url("**/post/walk-in")
