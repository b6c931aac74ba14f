"""The visitors' journal fills itself, closes, is corrected beneath, is printed on paper and forgets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, select

from schemas.catalogue import Said
from schemas.envelope import Event
from schemas.guard_answer import GuardAnswer
from schemas.passage import Outcome
from schemas.reasons import Reason, Verdict
from schemas.screening import FoundItem
from services.store import audit, people, recorder, users
from services.store.database import Store
from services.store.journal_book import closing, lines
from services.store.journal_book.lines import Line
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

    store.write_now(lambda session: _change_everything(session, row))
    settle(store)
    assert line(store) == kept


def _change_everything(session: Session, row: WalkInRow) -> None:
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
