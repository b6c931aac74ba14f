"""The visitors' journal on a screen, and its paper sheets as they are printed."""

import io

import pytest
from pypdf import PdfReader

from tests.pages.lived_in import write_a_journal
from tests.pages.looker import Looker
from tests.pages.test_guard_page import SCREENSHOTS

JOURNAL = ("", "/entries/1", "/columns", "/export", "/paper", "/paper/1", "/paper/print?printing=p1")


@pytest.mark.parametrize("pages", [JOURNAL[:3], JOURNAL[3:5], JOURNAL[5:]], ids=["entries", "files", "sheets"])
def test_the_visitors_journal(looker: Looker, pages: tuple[str, ...]) -> None:
    write_a_journal(looker.school)
    looker.signs_in("iman")
    for name in pages:
        room = name.partition("?")[0].replace("/", "-")
        looker.looks_at(f"journal{room}", f"{looker.school.url}/post/journal{name}")
    assert looker.found == []


def test_a_paper_sheet_is_one_page_a4_across(looker: Looker) -> None:
    write_a_journal(looker.school)
    looker.signs_in("iman")
    looker.page.goto(f"{looker.school.url}/post/journal/paper/print?printing=p1")
    printed = looker.page.pdf(path=SCREENSHOTS / "journal-paper-printed.pdf", prefer_css_page_size=True)
    pages = PdfReader(io.BytesIO(printed)).pages
    assert [round(page.mediabox.width) for page in pages] == [842, 842]
    assert all(f"{number}-парақ" in page.extract_text() for number, page in enumerate(pages, 1))
