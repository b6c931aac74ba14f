"""The journal as CSV, XLSX and PDF: whole, of one school, and nothing that calculates."""

import csv
import io
from datetime import timedelta

import httpx
import openpyxl
import pypdf
import pytest
from fastapi import FastAPI

from services.store import audit
from services.store.database import Store
from services.store.journal_book.columns import DEFAULT
from services.web.visitors_journal.exports import TYPES
from services.web.visitors_journal.spreadsheet import SEPARATOR
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, signed_in
from tests.services.web.said import SITE
from tests.services.web.test_journal import NAME, PATH, register

LETTERS = "ӘәҒғҚқҢңӨөҰұҮүҺһІі"


async def exported(browser: Browser, clock: Clock, kind: str) -> httpx.Response:
    day = (clock.now + timedelta(hours=5)).date().isoformat()
    return await browser.send(f"{PATH}/export", f"{PATH}/export", kind=kind, since=day, until=day)


@pytest.mark.parametrize("typed", ["=cmd|' /C calc'!A0", "+7701", "-2+3", "@SUM(A1)", "=1+1"])
async def test_a_name_that_is_a_formula_is_text_in_every_file(
    director: Browser, store: Store, clock: Clock, typed: str
) -> None:
    register(store, clock, name=typed)
    rows = csv_rows((await exported(director, clock, "csv")).content)
    place = list(DEFAULT).index("name")
    assert rows[1][place] == f"'{typed}"
    sheet = openpyxl.load_workbook(io.BytesIO((await exported(director, clock, "xlsx")).content)).active
    assert sheet is not None
    cell = sheet.cell(2, place + 1)
    assert (cell.value, cell.data_type) == (typed, "s")


def csv_rows(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=SEPARATOR))


async def test_every_file_has_the_columns_the_entries_and_what_was_added(
    director: Browser, store: Store, clock: Clock
) -> None:
    register(store, clock, purpose=f"{LETTERS} «іс»")
    register(store, clock, 2, name='Дана "О"; <b>Марова</b>')
    register(store, clock, 3, site="school-2", name="Бөтен")
    page = f"{PATH}/entries/1"
    await director.send(page, page, column="time_out", text="14:05 кетті", form="f")
    rows = csv_rows((await exported(director, clock, "csv")).content)
    titles = rows[0]
    assert len(titles) == len(DEFAULT) + 1
    assert [row[0] for row in rows[1:]] == ["1", "2"]
    assert "14:05 кетті" in rows[1][-1]
    assert rows[2][titles.index("Аты-жөні")] == 'Дана "О"; <b>Марова</b>'
    sheet = openpyxl.load_workbook(io.BytesIO((await exported(director, clock, "xlsx")).content)).active
    assert sheet is not None
    assert [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)] == rows
    answer = await exported(director, clock, "pdf")
    assert answer.headers["content-disposition"].endswith('.pdf"')
    text = pdf_text(answer.content)
    assert all(letter in text for letter in LETTERS)
    assert "14:05 кетті" in text
    assert "Бөтен" not in text
    deeds = store.read_now(lambda session: audit.of_act(session, SITE, "journal_exported"))
    assert sorted(deed.detail["kind"] for deed in deeds) == sorted(TYPES)
    assert {deed.detail["entries"] for deed in deeds} == {"2"}


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


async def test_a_pdf_is_a4_across_with_the_school_the_titles_and_a_number_on_every_page(
    director: Browser, store: Store, clock: Clock
) -> None:
    for number in range(60):
        register(store, clock, number, name=f"Келуші {number} {'ұзын ' * 30}")
    pages = pypdf.PdfReader(io.BytesIO((await exported(director, clock, "pdf")).content)).pages
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert round(page.mediabox.width) == 842
        text = page.extract_text()
        assert "№ 12 мектеп-лицей" in text
        assert "Мақсаты" in text
        assert f"{number}-бет, барлығы {len(pages)}" in text


async def test_another_schools_director_gets_that_schools_journal_only(
    app: FastAPI, director: Browser, store: Store, clock: Clock
) -> None:
    register(store, clock)
    other = await signed_in(app, "other")
    assert len(csv_rows((await exported(other, clock, "csv")).content)) == 1
    assert NAME not in (await other.get(PATH)).text
    assert len(csv_rows((await exported(director, clock, "csv")).content)) == 2


@pytest.mark.parametrize(
    ("kind", "since", "until"),
    [
        ("exe", "2026-11-01", "2026-11-02"),
        ("csv", "2026-11-02", "2026-11-01"),
        ("csv", "2026-01-01", "2026-11-01"),
        ("csv", "nonsense", "2026-11-01"),
    ],
)
async def test_a_period_that_cannot_be_is_told_and_nothing_is_written(
    director: Browser, store: Store, kind: str, since: str, until: str
) -> None:
    answer = await director.send(f"{PATH}/export", f"{PATH}/export", kind=kind, since=since, until=until)
    assert answer.status_code == 422
    assert store.read_now(lambda session: audit.of_act(session, SITE, "journal_exported")) == []
