"""The rules and the school's own books on the pages of the director: looked at, and used from the keyboard alone."""

from sqlmodel import Session

from services.store.releases import entitled
from services.store.releases.entitled import EntitledPersonRow
from services.store.visits import hosts
from services.store.visits.hosts import HostRow
from tests.pages.looker import Looker
from tests.services.web.said import SITE

RULES = ("", "/categories/visitor", "/calendar", "/threat", "/measures/red")


def test_the_rules_on_the_directors_page(looker: Looker) -> None:
    looker.signs_in("iman")
    for part in RULES:
        looker.looks_at(f"rules{part.replace('/', '-')}", f"{looker.school.url}/administration{part}")
    looker.looks_at("directory", f"{looker.school.url}/directory")
    assert looker.found == []


def test_the_hosts_are_kept_from_the_keyboard(looker: Looker) -> None:
    looker.signs_in("iman")
    keys, page = looker.page.keyboard, looker.page
    page.goto(f"{looker.school.url}/hosts/new")
    page.focus("#name")
    keys.type("Сәбитов Ержан")
    keys.press("Enter")
    page.wait_for_selector("#email-wrong")
    looker.found += [] if page.input_value("#name") == "Сәбитов Ержан" else ["what was typed is gone"]
    page.focus("#email")
    keys.type("erzhan@example.kz")
    keys.press("Enter")
    page.wait_for_selector(".note.go")
    (host,) = looker.school.store.read_now(_erzhan)
    for name, path in (("", ""), ("-new", "/new"), ("-file", "/file"), ("-known", f"/known/{host.host}")):
        looker.looks_at(f"hosts{name}", f"{looker.school.url}/hosts{path}")
    looker.page.locator("form[action$=leave] button").focus()
    keys.press("Enter")
    page.wait_for_selector(".note.go")
    assert looker.school.store.read_now(_erzhan) == []
    assert looker.found == []


def test_who_may_take_a_pupil_is_found_entered_and_ended(looker: Looker) -> None:
    looker.signs_in("iman")
    page, at = looker.page, f"{looker.school.url}/entitled"
    looker.looks_at("entitled", at)
    looker.looks_at("entitled-found", f"{at}?q=Қас")
    looker.looks_at("entitled-file", f"{at}/file")
    page.goto(f"{at}/pupil/pupil-1")
    page.fill("#name", "Қасымов Серік")
    page.check('[name="relation"][value="grandparent"]')
    page.focus("#tell")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_selector("#phone-wrong")
    page.fill("#phone", "8 701 765 43 21")
    page.keyboard.press("Enter")
    page.wait_for_selector(".note.go")
    looker.looks_at("entitled-pupil", f"{at}/pupil/pupil-1")
    (grandfather,) = looker.school.store.read_now(_grandfather)
    looker.looks_at("entitled-person", f"{at}/person/{grandfather.person}")
    page.click("form[action$=end] button")
    page.wait_for_selector(".note.go")
    assert looker.school.store.read_now(_grandfather) == []
    assert looker.found == []


def _erzhan(session: Session) -> list[HostRow]:
    return [row for row in hosts.all_of(session, SITE) if row.email == "erzhan@example.kz"]


def _grandfather(session: Session) -> list[EntitledPersonRow]:
    return [row for row in entitled.of_pupil(session, SITE, "pupil-1") if row.phone == "+77017654321"]
