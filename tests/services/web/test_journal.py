"""The journal at the post: its day, an entry and what is added to it, the school's columns, files, paper."""

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta

import httpx
import openpyxl
import pypdf
import pytest
from fastapi import FastAPI
from sqlmodel import Session

from services.store import audit, users
from services.store.database import Store
from services.store.journal_book import columns
from services.store.journal_book.columns import DEFAULT, KNOWN
from services.store.visitors_journal import entries, walk_ins
from services.store.visitors_journal.walk_ins import WalkIn, WalkInRow
from services.web.shared.tidying import tidy
from services.web.visitors_journal.book import CELLS
from services.web.visitors_journal.exports import TYPES
from services.web.visitors_journal.spreadsheet import SEPARATOR
from tests.parts.waiting import eventually_async
from tests.services.web.browser import PASSWORD, Browser
from tests.services.web.conftest import Clock, client_of
from tests.services.web.said import SITE

PATH = "/post/journal"
NAME = "Ерланова Мәдина Қуанышқызы"
LETTERS = "ӘәҒғҚқҢңӨөҰұҮүҺһІі"


def register(store: Store, clock: Clock, number: int = 1, site: str = SITE, **changes: str) -> WalkInRow:
    """Let a guard register somebody."""
    told = {
        "name": NAME,
        "category": "visitor",
        "document_kind": "passport",
        "document_tail": "5678",
        "host_text": "7 «Б»",
        "purpose": "жиналыс",
        **changes,
    }
    walk_in = WalkIn(visit=f"walk-in-{number:016x}", **told)  # type: ignore[arg-type]
    return store.write_now(
        lambda session: walk_ins.register(session, site=site, told=walk_in, by="sabit", post="post-1", at=clock.now)
    )


@pytest.fixture
async def director(app: FastAPI, store: Store, clock: Clock) -> Browser:
    """A browser in which the director has signed in."""
    role, at = users.UserRole.DIRECTOR, clock.now - timedelta(days=1)

    def enter(session: Session) -> None:
        for site, login in ((SITE, "iman"), ("school-2", "other")):
            told = {"site": site, "login": login, "name": login, "language": "kk", "password": PASSWORD}
            users.put(session, role=role, by="test", at=at, **told)

    store.write_now(enter)
    return await signed_in(app, "iman")


async def signed_in(app: FastAPI, login: str) -> Browser:
    browser = Browser(client_of(app))
    await browser.sign_in(login)
    return browser


async def exported(browser: Browser, clock: Clock, kind: str) -> httpx.Response:
    day = (clock.now + timedelta(hours=5)).date().isoformat()
    return await browser.send(f"{PATH}/export", f"{PATH}/export", kind=kind, since=day, until=day)


async def test_whoever_is_registered_is_in_todays_journal_and_found_by_name(
    browser_at_post: Browser, store: Store, clock: Clock
) -> None:
    register(store, clock)
    today = (await browser_at_post.get(PATH)).text
    assert NAME in today
    assert 'data-key="F7"' in today
    assert NAME in (await browser_at_post.get(f"{PATH}?q=мадина")).text
    assert NAME not in (await browser_at_post.get(f"{PATH}?q=басқа")).text
    assert NAME not in (await browser_at_post.get(f"{PATH}?day=2020-01-01")).text
    entry = (await browser_at_post.get(f"{PATH}/entries/1")).text
    assert "Паспорт …5678" in entry
    assert "Sabit" in entry


@pytest.mark.parametrize("day", ["2026-13-01", "0001-01-01", "9999-12-31", "x" * 200, "<script>"])
async def test_a_day_that_is_none_is_told(browser_at_post: Browser, day: str) -> None:
    assert (await browser_at_post.get(PATH, params={"day": day})).status_code == 422


async def test_an_addition_stands_beneath_with_who_and_when_and_a_form_sent_twice_adds_once(
    browser_at_post: Browser, store: Store, clock: Clock
) -> None:
    register(store, clock)
    page = f"{PATH}/entries/1"
    told = {"column": "name", "text": "Ерланова <b>Мадина</b>", "form": "f1"}
    answers = [await browser_at_post.send(page, page, **told) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    shown = (await browser_at_post.get(answers[0].headers["location"])).text
    assert shown.count("Ерланова &lt;b&gt;Мадина&lt;/b&gt;") == 1
    assert "Sabit" in shown
    assert NAME in shown


@pytest.mark.parametrize(
    ("column", "text"), [("number", "2"), ("nonsense", "x"), ("note", " "), ("note", "\u200f"), ("note", "ы" * 10_000)]
)
async def test_an_addition_that_cannot_be_made_is_told_and_what_was_typed_stays(
    browser_at_post: Browser, store: Store, clock: Clock, column: str, text: str
) -> None:
    register(store, clock)
    page = f"{PATH}/entries/1"
    answer = await browser_at_post.send(page, page, column=column, text=text, form="f")
    assert answer.status_code == 422
    assert text[:100].strip() in answer.text
    assert store.read_now(lambda session: entries.additions(session, SITE, [1])) == {}


@pytest.mark.parametrize("number", ["2", "0", "-1", "99999999999999999999"])
async def test_an_entry_that_is_not_there_or_another_schools_is_not_found(
    browser_at_post: Browser, store: Store, clock: Clock, number: str
) -> None:
    for place in (1, 2):
        register(store, clock, place, site="school-2")
    register(store, clock, 3)
    assert (await browser_at_post.get(f"{PATH}/entries/{number}")).status_code == 404
    page = f"{PATH}/entries/1"
    answer = await browser_at_post.send(f"{PATH}/entries/{number}", page, column="note", text="x", form="f")
    assert answer.status_code in {404, 422}
    assert store.read_now(lambda session: entries.additions(session, "school-2", [1, 2])) == {}


async def test_the_school_chooses_its_columns_and_the_guard_fills_its_own(
    director: Browser, browser_at_post: Browser, store: Store, clock: Clock
) -> None:
    register(store, clock)
    page = f"{PATH}/columns"
    chosen = {"place.name": "2", "place.own-1": "1", "own.own-1": "Автобус нөмірі", "place.number": ""}
    answer = await director.send(page, page, seen="0", **chosen)
    assert answer.status_code == 303, answer.text
    assert "Автобус нөмірі" in (await director.get(page)).text
    entry = f"{PATH}/entries/1"
    await browser_at_post.send(entry, entry, column="own-1", text="12", form="f")
    shown = (await browser_at_post.get(entry)).text
    assert shown.index("<dt>Автобус нөмірі</dt><dd>12</dd>") < shown.index(f"<dd>{NAME}</dd>")
    assert "жиналыс" not in shown
    again = await director.send(page, page, seen="0", **{"place.name": "1"})
    assert again.status_code == 422
    none = await director.send(page, page, seen="1", **{"place.name": "x"})
    assert none.status_code == 422
    kept = store.read_now(lambda session: columns.of_site(session, SITE))
    assert (kept.version, kept.shown) == (1, ["own-1", "name"])
    assert store.read_now(lambda session: columns.of_site(session, "school-2")).version == 0


@pytest.mark.parametrize("page", ["columns", "export"])
async def test_a_guard_neither_chooses_columns_nor_takes_the_journal_away(browser_at_post: Browser, page: str) -> None:
    assert (await browser_at_post.get(f"{PATH}/{page}")).status_code == 403
    answer = await browser_at_post.send(
        f"{PATH}/{page}", kind="csv", since="2026-01-01", until="2026-01-01", **{"place.name": "1"}
    )
    assert answer.status_code == 403
    assert f"{PATH}/{page}" not in (await browser_at_post.get(PATH)).text


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


LINE = {"name": NAME, "document_kind": "passport", "document_tail": "N1234", "category": "visitor"}


def on_sheet(line: int, **fields: str) -> dict[str, str]:
    told = {"time_in": "00:00", "host_text": "директор", "purpose": "іс", "time_out": "", **LINE, **fields}
    return {f"{name}.{line}": value for name, value in told.items()}


async def test_sheets_are_printed_and_typed_in_once(browser_at_post: Browser, store: Store, clock: Clock) -> None:
    paper = f"{PATH}/paper"
    asked = [await browser_at_post.send(paper, paper, printing="p1", count="2") for _ in range(2)]
    printed = (await browser_at_post.get(asked[1].headers["location"])).text
    assert printed.count("<table>") == 2
    assert "2-парақ" in printed
    sheet = f"{paper}/2"
    lines = {**on_sheet(1, time_in="00:01", time_out="00:02"), **on_sheet(3, name="=1+1")}
    yesterday = (clock.now + timedelta(hours=5) - timedelta(days=1)).date().isoformat()
    for told in ("typed", "nothing"):
        answer = await browser_at_post.send(sheet, sheet, day=yesterday, **lines)
        assert answer.headers["location"].endswith(f"told={told}"), answer.text
    assert 'data-done="3"' in (await browser_at_post.get(sheet)).text
    day = (await browser_at_post.get(f"{PATH}?day={yesterday}")).text
    assert "Қағаз журналдан: 2-парақ, 1-жол" in day
    assert "00:01–00:02" in day
    assert day.count("data-number") == 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (on_sheet(2, time_in=""), "2-жол"),
        (on_sheet(2, time_in="25:99"), "2-жол"),
        (on_sheet(2, name=""), "Аты-жөнін жазыңыз"),
        (on_sheet(2, name="ы" * 10_000), "тым ұзын"),
        (on_sheet(2, document_tail="··"), "2-жол"),
        (on_sheet(2, category="pupil"), "2-жол"),
        (on_sheet(2, time_out="x"), "2-жол"),
    ],
)
async def test_of_a_sheet_with_a_line_that_cannot_be_read_nothing_is_typed_in_and_what_was_typed_stays(
    browser_at_post: Browser, store: Store, clock: Clock, line: dict[str, str], says: str
) -> None:
    paper = f"{PATH}/paper"
    await browser_at_post.send(paper, paper, printing="p1", count="1")
    day = (clock.now - timedelta(days=2)).date().isoformat()
    answer = await browser_at_post.send(f"{paper}/1", f"{paper}/1", day=day, **on_sheet(1), **line)
    assert answer.status_code == 422
    assert says in answer.text
    assert NAME in answer.text
    assert store.read_now(lambda session: entries.between(session, SITE, clock.now - timedelta(days=9), None)) == []


async def test_a_sheet_that_was_never_printed_or_is_another_schools_is_not_found(
    app: FastAPI, director: Browser, browser_at_post: Browser
) -> None:
    paper = f"{PATH}/paper"
    await director.send(paper, paper, printing="p1", count="1")
    other = await signed_in(app, "other")
    assert (await other.get(f"{paper}/print?printing=p1")).status_code == 404
    for browser, sheet in ((other, 1), (browser_at_post, 2)):
        assert (await browser.get(f"{paper}/{sheet}")).status_code == 404
        answer = await browser.send(f"{paper}/{sheet}", day="2026-01-01", **on_sheet(1))
        assert answer.status_code == 404


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_every_page_opens_in_every_language(director: Browser, store: Store, clock: Clock, language: str) -> None:
    register(store, clock)
    paper = f"{PATH}/paper"
    await director.send(paper, paper, printing="p1", count="1")
    await director.send("/language", language=language, back="/post")
    pages = ("", "?q=ерланова", "/entries/1", "/columns", "/export", "/paper", "/paper/1", "/paper/print?printing=p1")
    for page in pages:
        assert (await director.get(f"{PATH}{page}")).status_code == 200, page
    for kind in TYPES:
        assert (await exported(director, clock, kind)).status_code == 200


async def test_what_is_open_is_closed_when_its_day_is_over_and_erased_in_its_time(store: Store, clock: Clock) -> None:
    register(store, clock)
    assert await said_after_tidying(store, clock, 1) == [NAME]
    assert await said_after_tidying(store, clock, 366) == [None]


async def said_after_tidying(store: Store, clock: Clock, days: int) -> list[object]:
    """Let some days go by and the journal be tidied, and give the names that its closed entries say."""
    before = dump(store)
    clock.forward(days=days)
    tidying = asyncio.create_task(tidy(store, clock))
    await eventually_async(lambda: dump(store) != before)
    tidying.cancel()
    return [said.get("name") for said in dump(store) if said is not None]


def dump(store: Store) -> list[dict[str, object] | None]:
    """Give what the school's entries keep."""
    since = datetime(2020, 1, 1, tzinfo=UTC)
    return [row.said for row in store.read_now(lambda session: entries.between(session, SITE, since, None))]


def test_every_column_has_its_cell() -> None:
    assert set(CELLS) | {"note"} == set(KNOWN)
