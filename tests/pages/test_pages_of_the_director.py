"""The rules and the directory on the pages of the director."""

from tests.pages.looker import Looker

RULES = ("", "/categories/visitor", "/calendar", "/threat", "/measures/red")


def test_the_rules_on_the_directors_page(looker: Looker) -> None:
    looker.signs_in("iman")
    for part in RULES:
        looker.looks_at(f"rules{part.replace('/', '-')}", f"{looker.school.url}/administration{part}")
    looker.looks_at("directory", f"{looker.school.url}/directory")
    assert looker.found == []
