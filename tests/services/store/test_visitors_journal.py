"""The visitors' journal fills itself, closes, is corrected beneath, is printed on paper and forgets."""

import itertools
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import make_url
from sqlmodel import Session, SQLModel, select

from schemas.catalogue import Said
from schemas.envelope import Event
from schemas.guard_answer import GuardAnswer
from schemas.passage import Outcome
from schemas.reasons import Reason, Verdict
from schemas.screening import FoundItem
from services.store import audit, people, recorder, recording, schema_version, users
from services.store.administration import RuleForbids
from services.store.database import Store
from services.store.journal_book import closing, columns, lines, paper
from services.store.journal_book.lines import Line
from services.store.journal_book.paper import PaperLine
from services.store.people import PersonRow
from services.store.records import guard_answers, visitor_passes
from services.store.screenings import checks, custody
from services.store.screenings.checks import Check
from services.store.visitors_journal import entries, walk_ins
from services.store.visitors_journal.entries import BY_GATE, KEPT, JournalEntryRow
from services.store.visitors_journal.walk_ins import WalkIn, WalkInRow
from services.store.visits import hosts
from tests.services.store.test_visits import ask, decide
from tests.services.web.said import act as said_act
from tests.services.web.said import passage as said_passage

SITE = "school-1"
MORNING = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # nine o'clock on the school's wall
MIDNIGHT = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOLD = WalkIn(
    visit="walk-in-00000000000000aa",
    name="Ерланова Мәдина",
    category="visitor",
    document_kind="passport",
    document_tail="N12345678",
    host_text="7 «Б»",
    purpose="жиналыс",
)


def moved(
    number: int, at: datetime, *, way: str = "entry", holder: str = "visitor-9", **of_act: Any
) -> list[Event[Any]]:
    """A gate opens for somebody, who goes through a few seconds later."""
    outcome: Outcome = "entered" if way == "entry" else "left"
    changes = {"holder": holder, "category": "visitor", "direction": way, "grant": f"grant-{number}", **of_act}
    opened = said_act(number, at, Verdict.ADMIT, Reason.VALID, **changes)
    return [opened, said_passage(number + 500, at + timedelta(seconds=4), outcome, opened)]


def keep(store: Store, *events: Event[Said]) -> None:
    """Keep a batch as the recorder does."""
    store.write_now(lambda session: recorder._keep(session, events))


def register(store: Store, at: datetime = MORNING, site: str = SITE, **changes: Any) -> WalkInRow:
    fields = {**{name: getattr(TOLD, name) for name in TOLD.__struct_fields__}, **changes}
    return store.write_now(
        lambda session: walk_ins.register(session, site=site, told=WalkIn(**fields), by="sabit", post="post-1", at=at)
    )


def book(store: Store, site: str = SITE) -> list[JournalEntryRow]:
    return list(store.read_now(lambda session: entries.between(session, site, MORNING - timedelta(days=9), None)))


def line(store: Store, number: int = 1, site: str = SITE) -> Line:
    return store.read_now(lambda session: lines.of(session, site, entries.between(session, site, MORNING, None)))[
        number
    ]


def times(store: Store) -> list[tuple[datetime, datetime | None]]:
    return [(row.opened_at, row.left_at) for row in book(store)]


def settle(store: Store, at: datetime = MIDNIGHT) -> int:
    return store.write_now(lambda session: closing.settle(session, at))


def test_a_registration_and_the_first_passage_after_it_are_one_entry_and_coming_again_another(store: Store) -> None:
    row = register(store)
    minute = timedelta(minutes=1)
    keep(store, *moved(1, MORNING + minute, holder=row.holder))
    keep(store, *moved(2, MORNING + 30 * minute, way="exit", holder=row.holder))
    keep(store, *moved(3, MORNING + 60 * minute, holder=row.holder))
    second = timedelta(seconds=4)
    assert times(store) == [
        (MORNING, MORNING + 30 * minute + second),
        (MORNING + 60 * minute + second, None),
    ]
    assert [entry.number for entry in book(store)] == [1, 2]


def test_pupils_and_staff_are_not_in_it_and_neither_is_who_did_not_go_in(store: Store) -> None:
    keep(store, *moved(1, MORNING, holder="pupil-1", category="pupil"), *moved(2, MORNING, category="staff"))
    opened = moved(3, MORNING, holder="visitor-3")[0]
    keep(store, opened, said_passage(700, MORNING, "abandoned", opened))
    assert book(store) == []


def test_another_sites_visitor_is_in_its_own_journal_only(store: Store) -> None:
    register(store)
    register(store, site="school-2")
    assert [row.number for row in book(store)] == [row.number for row in book(store, "school-2")] == [1]
    other = book(store, "school-2")[0]
    assert line(store, 1, "school-2").name == TOLD.name
    assert other.site == "school-2"
    added = store.write_now(
        lambda session: entries.add(session, site="school-3", number=1, column="note", text="x", by="b", at=MORNING)
    )
    assert not added


def test_what_an_entry_says_is_kept_when_the_person_leaves_and_nothing_edits_it(store: Store) -> None:
    def enter_guard(session: Session) -> None:
        users.put(
            session,
            site=SITE,
            login="sabit",
            name="Сәбит Оспанов",
            role=users.UserRole.GUARD,
            language="kk",
            password="a-long-password",
            by="t",
        )

    store.write_now(enter_guard)
    row = register(store)
    store.write_now(lambda session: _check_and_leave(session, row.holder))
    open_line = line(store)
    keep(store, *moved(1, MORNING + timedelta(hours=1), way="exit", holder=row.holder))
    kept = line(store)
    assert kept == open_line
    assert (kept.name, kept.document_kind, kept.document_tail) == (TOLD.name, "passport", "5678")
    assert (kept.host, kept.purpose, kept.guard) == ("7 «Б»", "жиналыс", "Сәбит Оспанов")
    assert (kept.check, kept.found, [left.act for left in kept.left]) == ("found", ["W2.knife"], ["left"])

    def rename(session: Session) -> None:
        people.put(session, site=SITE, holder=row.holder, name="Басқа Адам", group_name=None)
        known = session.get_one(WalkInRow, (SITE, row.visit))
        known.name = "Басқа Адам"
        custody.hand_over(
            session,
            site=SITE,
            number=1,
            act="returned",
            to_whom="иесіне",
            note="",
            by="sabit",
            post="p",
            at=MORNING + timedelta(hours=2),
        )

    store.write_now(rename)
    settle(store)
    assert line(store) == kept


def _check_and_leave(session: Session, holder: str) -> None:
    found = FoundItem(code="W2.knife", count=1, exception=None)
    check = Check(holder=holder, category="visitor", method="shown", outcome="found", items=[found])
    checks.record_check(session, site=SITE, check=check, by="sabit", post="p", at=MORNING)
    thing = custody.Thing(holder=holder, item="W2.knife", count=1, description="қара сапты")
    custody.leave(session, site=SITE, thing=thing, by="sabit", post="p", at=MORNING)


def test_whoever_was_let_in_by_a_guards_answer_is_in_it_with_the_guard(store: Store) -> None:
    answer = GuardAnswer(
        gate="gate-1",
        direction="entry",
        read=None,
        answer="admit",
        because="called_back",
        holder="official-1",
        category="official",
        by="sabit",
        post="post-1",
        allowed_by=None,
        comment=None,
        expires_at=MORNING + timedelta(minutes=1),
    )
    sent = store.write_now(lambda session: guard_answers.give(session, site=SITE, answer=answer, at=MORNING))
    assert sent is not None
    by_guard = {"decided_by": "guard", "decision": sent.event_id, "category": "official"}
    keep(store, *moved(1, MORNING, holder="official-1", **by_guard))
    told = line(store)
    assert (told.category, told.guard, told.name) == ("official", "sabit", "")


def test_a_visit_with_a_pass_is_in_it_with_its_host_and_is_kept_as_long_as_was_promised(store: Store) -> None:
    def host(session: Session) -> None:
        hosts.put(session, site=SITE, host="t-1", name="Ахметова Гүлнар", email="g@e.kz", language="kk", by="t")

    store.write_now(host)
    visit = ask(store, arrives_at=MORNING, leaves_at=MORNING + HOUR, companions=["Дос"], vehicle="123 ABC 02")
    assert decide(store, visit.visit, deed="approve")
    keep(store, *moved(1, MORNING, holder=visit.holder), *moved(2, MORNING + HOUR, way="exit", holder=visit.holder))
    told = line(store)
    assert (told.name, told.host, told.confirmed_by) == (visit.name, "Ахметова Гүлнар", "Ахметова Гүлнар")
    assert (told.companions, told.vehicle, told.escort, told.check) == (["Дос"], "123 ABC 02", "host", "due")
    passed = store.read_now(lambda session: visitor_passes.of_visit(session, SITE, visit.visit))
    assert told.badge == next(row.jti for row in passed if row.holder == visit.holder)
    assert book(store)[0].kept_until == visit.kept_until


def test_a_day_that_is_over_closes_what_is_open_and_a_late_gate_adds_beneath(store: Store) -> None:
    row = register(store)
    assert settle(store, MIDNIGHT - timedelta(seconds=1)) == 0
    assert (settle(store), settle(store)) == (1, 0)
    late = moved(1, MORNING + timedelta(hours=3), way="exit", holder=row.holder)
    for _ in range(2):
        keep(store, *late)
    entry = book(store)[0]
    assert (entry.left_at, entry.closed_at, entry.settled_at) == (None, MIDNIGHT, MIDNIGHT)
    added = store.read_now(lambda session: entries.additions(session, SITE, [1]))[1]
    assert [(one.column, one.text, one.by) for one in added] == [("time_out", "23.11.2026 12:00", BY_GATE)]


def test_an_addition_is_dated_made_once_for_a_form_and_audited_without_its_words(store: Store) -> None:
    register(store)

    def add(session: Session) -> bool:
        return entries.add(
            session, site=SITE, number=1, column="name", text=" Ерланова\x00 Мадина ", by="a", at=MIDNIGHT, form="f"
        )

    assert [store.write_now(add) for _ in range(2)] == [True, True]
    added = store.read_now(lambda session: entries.additions(session, SITE, [1]))[1]
    assert [(one.text, one.at, one.by) for one in added] == [("Ерланова Мадина", MIDNIGHT, "a")]
    deeds = store.read_now(lambda session: audit.of_act(session, SITE, "journal_added"))
    assert [deed.detail for deed in deeds] == [{"column": "name"}]


@pytest.mark.parametrize("text", ["", "  ", "\u200f", "\x00"])
def test_an_addition_that_says_nothing_is_none(store: Store, text: str) -> None:
    register(store)
    assert not store.write_now(
        lambda session: entries.add(session, site=SITE, number=1, column="note", text=text, by="a", at=MORNING)
    )


def test_ten_thousand_letters_are_cut_and_a_name_is_found_by_any_spelling(store: Store) -> None:
    register(store, name="Ы" * 10_000 + " Әлия", purpose="п" * 10_000)
    assert len(line(store).name) == 200
    register(store, visit="walk-in-00000000000000bb", name="Әлия Құрманова")
    found = store.read_now(lambda session: entries.search(session, SITE, "алия кур", 9))
    assert [row.number for row in found] == [2]
    assert store.read_now(lambda session: entries.search(session, SITE, "%", 9)) == []


def test_when_its_time_is_over_an_entry_names_nobody(store: Store) -> None:
    row = register(store)
    keep(store, *moved(1, MORNING + timedelta(hours=1), way="exit", holder=row.holder))
    store.write_now(
        lambda session: entries.add(session, site=SITE, number=1, column="name", text="Басқа", by="a", at=MORNING)
    )
    settle(store)
    assert store.write_now(lambda session: closing.forget(session, MORNING + KEPT - timedelta(seconds=1))) == 0
    over = MORNING + KEPT
    assert [store.write_now(lambda session: closing.forget(session, over)) for _ in range(2)] == [1, 0]
    assert line(store) == Line(category="visitor")
    assert times(store) == [(MORNING, MORNING + timedelta(hours=1, seconds=4))]
    assert every_text(store).isdisjoint({TOLD.name, "Басқа", TOLD.purpose, "5678", "ерланова мадина"})


def every_text(store: Store) -> set[str]:
    """Give what stands in the tables that name visitors."""
    tables: list[type[SQLModel]] = [WalkInRow, PersonRow, JournalEntryRow, entries.JournalAdditionRow]

    def ask(session: Session) -> set[str]:
        rows = [row for table in tables for row in session.exec(select(table)).all()]
        return {str(value) for row in rows for value in row.model_dump().values()}

    return store.read_now(ask)


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


STORY: list[Event[Any]] = [
    *moved(1, MORNING + HOUR, holder="visitor-a"),
    *moved(2, MORNING + 2 * HOUR, way="exit", holder="visitor-a"),
    *moved(3, MORNING + 3 * HOUR, holder="visitor-a"),
    *moved(4, MORNING + 4 * HOUR, holder="visitor-a"),
    *moved(5, MORNING + 5 * HOUR, way="exit", holder="visitor-a"),
    *moved(6, MORNING + HOUR, holder="contractor-b", category="contractor"),
    *moved(7, MORNING + HOUR, holder="pupil-c", category="pupil"),
    *moved(8, MORNING + 20 * HOUR, way="exit", holder="contractor-b", category="contractor"),
]
"""A morning of one who was registered and comes twice more (once without having been seen to leave), a contractor who
stays until after midnight, a pupil.
"""


def state(store: Store) -> list[tuple[Any, ...]]:
    """Give the journal without its numbers, which are given as entries come."""
    rows = book(store)
    assert sorted(row.number for row in rows) == list(range(1, len(rows) + 1))
    return sorted((row.source, row.holder, row.opened_at, row.left_at, str(row.said)) for row in rows)


def told_at_once(store: Store) -> list[tuple[Any, ...]]:
    store.write_now(_register_a)
    for event in STORY:
        keep(store, event)
    settle(store, MORNING + timedelta(days=2))
    return state(store)


def _register_a(session: Session) -> None:
    people.put(session, site=SITE, holder="visitor-a", name="Айгүл", group_name=None)
    entries.open_entry(
        session, site=SITE, source="walk-in-a", holder="visitor-a", visit="walk-in-a", at=MORNING + HOUR / 2
    )


def test_the_story_is_what_it_should_be(store: Store) -> None:
    told = [(source, left) for source, _, _, left, _ in told_at_once(store)]
    second = timedelta(seconds=4)
    assert told == [
        ("gate-1:1:503", None),
        ("gate-1:1:504", MORNING + 5 * HOUR + second),
        ("gate-1:1:506", MORNING + 20 * HOUR + second),
        ("walk-in-a", MORNING + 2 * HOUR + second),
    ]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database at head, made once."""
    path = tmp_path_factory.mktemp("journal") / "qaqpa.db"
    store = Store(make_url(f"sqlite:///{path}"))
    schema_version.upgrade(store)
    store.close()
    return path


@contextmanager
def fresh(empty: Path) -> Iterator[Store]:
    """A store of its own for one example."""
    with TemporaryDirectory() as folder:
        store = Store(make_url(f"sqlite:///{shutil.copy(empty, folder)}"))
        yield store
        store.close()


@pytest.fixture(scope="module")
def whole(empty: Path) -> list[tuple[Any, ...]]:
    """The journal when everything comes in its order, once."""
    with fresh(empty) as store:
        return told_at_once(store)


@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(order=st.permutations(range(len(STORY))), again=st.lists(st.integers(0, len(STORY) - 1)), size=st.integers(1, 6))
def test_whatever_order_records_come_in_and_however_often_the_journal_is_the_same(
    empty: Path,
    whole: list[tuple[Any, ...]],
    order: list[int],
    again: list[int],
    size: int,
) -> None:
    coming = [STORY[place] for place in (*order, *again)]
    with fresh(empty) as store:
        store.write_now(_register_a)
        for first in range(0, len(coming), size):
            keep(store, *coming[first : first + size])
        settle(store, MORNING + timedelta(days=2))
        assert state(store) == whole


def test_a_passage_and_its_act_that_two_recorders_saw_at_once_are_in_it_in_the_evening(store: Store) -> None:
    register(store)
    halves = moved(1, MORNING + HOUR, holder="visitor-b")
    store.write_now(lambda session: recording.record(session, halves))
    assert len(book(store)) == 1
    settle(store)
    assert [row.holder for row in book(store)][1] == "visitor-b"


def test_every_column_is_known_and_the_default_is_the_laws(store: Store) -> None:
    assert set(columns.DEFAULT) <= set(columns.KNOWN)
    assert all(len(list(group)) == 1 for _, group in itertools.groupby(sorted(columns.KNOWN)))
