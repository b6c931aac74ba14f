"""The journal at the post: its day, an entry and what is added to it, the school's columns, files, paper."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI

from services.store.database import Store
from services.store.journal_book import columns
from services.store.journal_book.columns import KNOWN
from services.store.visitors_journal import entries, walk_ins
from services.store.visitors_journal.walk_ins import WalkIn, WalkInRow
from services.web.shared.rounds import AT_THE_POST, make_round
from services.web.visitors_journal.book import CELLS
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, signed_in
from tests.services.web.said import SITE

PATH = "/post/journal"
NAME = "Ерланова Мәдина Қуанышқызы"


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


async def test_what_is_open_is_closed_when_its_day_is_over_and_erased_in_its_time(store: Store, clock: Clock) -> None:
    register(store, clock)
    assert await said_after_a_round(store, clock, 1) == [NAME]
    assert await said_after_a_round(store, clock, 366) == [None]


async def said_after_a_round(store: Store, clock: Clock, days: int) -> list[object]:
    """Let some days go by and a round be made, and give the names that the closed entries say."""
    clock.forward(days=days)
    await make_round(store, clock.now, AT_THE_POST)
    return [said.get("name") for said in dump(store) if said is not None]


def dump(store: Store) -> list[dict[str, object] | None]:
    """Give what the school's entries keep."""
    since = datetime(2020, 1, 1, tzinfo=UTC)
    return [row.said for row in store.read_now(lambda session: entries.between(session, SITE, since, None))]


def test_every_column_has_its_cell() -> None:
    assert set(CELLS) | {"note"} == set(KNOWN)
