"""A school's own columns of the journal, and the paper journal: printed once, typed in once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from services.store import audit
from services.store.administration import RuleForbids
from services.store.database import Store
from services.store.journal_book import columns, paper
from services.store.journal_book.paper import PaperLine
from tests.services.store.test_visitors_journal import MORNING, SITE, book, line


def test_a_school_chooses_its_columns_and_names_some_of_its_own(store: Store) -> None:
    def chosen(session: Session) -> columns.Columns:
        return columns.of_site(session, SITE)

    assert store.read_now(chosen).shown == list(columns.DEFAULT)
    for _ in range(2):
        store.write_now(lambda session: _choose(session, ["name", "own-1", "number", "nonsense"], {"own-1": "Автобус"}))
    known = store.read_now(chosen)
    assert (known.version, known.shown, known.own) == (1, ["name", "own-1", "number"], {"own-1": "Автобус"})
    assert columns.next_own(known.own, 2) == ["own-2", "own-3"]
    with pytest.raises(RuleForbids, match="meanwhile"):
        store.write_now(lambda session: _choose(session, ["name"], {}))
    assert len(store.read_now(lambda session: audit.of_act(session, SITE, "journal_columns_chosen"))) == 1


@pytest.mark.parametrize(
    ("code", "shown", "own"),
    [
        ("no_column", ["nonsense"], {}),
        ("no_column", ["own-1"], {"own-1": " "}),
        ("long_title", ["name"], {"own-1": "ы" * 61}),
        ("too_many", ["name"], {f"own-{number}": "ы" for number in range(7)}),
    ],
)
def test_columns_that_cannot_be_are_refused(store: Store, code: str, shown: list[str], own: dict[str, str]) -> None:
    with pytest.raises(RuleForbids, match=code):
        store.write_now(lambda session: _choose(session, shown, own))


def _choose(session: Session, shown: list[str], own: dict[str, str]) -> None:
    columns.choose(session, site=SITE, shown=shown, own=own, seen_version=0, by="dir", at=MORNING)


def test_a_sheet_is_printed_once_for_a_form_and_its_lines_are_typed_in_once(store: Store) -> None:
    def printed(session: Session) -> list[int]:
        rows = paper.print_sheets(session, site=SITE, count=2, printing="p-1", by="dir", at=MORNING)
        return [row.sheet for row in rows]

    assert [store.write_now(printed) for _ in range(2)] == [[1, 2], [1, 2]]
    told = [on_paper(1, left_at=MORNING + timedelta(hours=1)), on_paper(2), on_paper(99)]
    assert [type_in(store, 2, told) for _ in range(2)] == [2, 0]
    assert type_in(store, 2, [on_paper(2, name="Басқа Адам")]) == 0
    rows = book(store)
    assert [(row.sheet, row.line, row.said is not None) for row in rows] == [(2, 1, True), (2, 2, False)]
    assert [(line(store, row.number).name, line(store, row.number).from_paper) for row in rows] == [
        ("Дана Омарова", True)
    ] * 2
    for site, sheet in ((SITE, 3), ("school-2", 1)):
        with pytest.raises(LookupError):
            type_in(store, sheet, told, site)


def on_paper(number: int, **changes: Any) -> PaperLine:
    fields: dict[str, Any] = {
        "line": number,
        "came_at": MORNING,
        "left_at": None,
        "name": "Дана Омарова",
        "category": "visitor",
        "document_kind": "passport",
        "document_tail": "1234",
        "host_text": "директор",
        "purpose": "іс",
    }
    return PaperLine(**{**fields, **changes})


def type_in(store: Store, sheet: int, told: Sequence[PaperLine], site: str = SITE) -> int:
    return store.write_now(
        lambda session: paper.type_in(
            session, site=site, sheet=sheet, told=told, by="sabit", post="p", at=MORNING + timedelta(hours=5)
        )
    )
