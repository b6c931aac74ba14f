"""The directory of offices, and what was heard from them, on both databases."""

from datetime import timedelta
from functools import partial

from sqlmodel import Session, select

from services.store import directory
from services.store.audit import AuditRow
from services.store.database import Store
from services.store.directory import CallBackRow, CallOutcome
from tests.schemas.examples import AT

SITE = "school-1"


def enter(session: Session, office: str = "district", name: str = "Аудандық білім бөлімі", site: str = SITE) -> None:
    directory.put(session, site=site, office=office, name=name, phone="8 727 123 45 67", source="сайт", by="iman")


def call(session: Session, outcome: CallOutcome, minute: int, office: str = "district") -> CallBackRow | None:
    at = AT + timedelta(minutes=minute)
    return directory.record_call(
        session,
        site=SITE,
        holder="visitor-1",
        office=office,
        outcome=outcome,
        spoke_with="Бөлім меңгерушісі",
        by="sabit",
        post="entrance",
        at=at,
    )


def test_an_office_is_found_by_the_beginnings_of_its_words_and_in_its_own_school_only(store: Store) -> None:
    store.write_now(enter)
    store.write_now(lambda session: enter(session, "other", "Аудандық әкімдік", "school-2"))
    for wanted, found in (("біл ауд", ["district"]), ("бил", ["district"]), ("әкім", []), ("", ["district"])):
        rows = store.read_now(partial(directory.search, site=SITE, wanted=wanted))
        assert [row.office for row in rows] == found, wanted


def test_an_office_is_corrected_and_removed_and_each_is_audited(store: Store) -> None:
    store.write_now(enter)
    store.write_now(lambda session: enter(session, name="Қалалық білім бөлімі"))
    assert [row.name for row in store.read_now(lambda session: directory.all_of(session, SITE))] == [
        "Қалалық білім бөлімі"
    ]
    for there in (True, False):
        assert (
            store.write_now(lambda session: directory.remove(session, site=SITE, office="district", by="iman")) is there
        )
    acts = store.read_now(lambda session: [row.act for row in session.exec(select(AuditRow)).all()])
    assert acts == ["office_saved", "office_saved", "office_removed"]


def test_the_last_call_counts_and_only_since_they_came(store: Store) -> None:
    store.write_now(enter)

    def confirmed(since_min: int) -> bool:
        since = AT + timedelta(minutes=since_min)
        return store.read_now(lambda session: directory.is_confirmed(session, SITE, "visitor-1", since))

    assert not confirmed(0)
    store.write_now(lambda session: call(session, "no_answer", 1))
    assert not confirmed(0)
    store.write_now(lambda session: call(session, "confirmed", 2))
    assert (confirmed(0), confirmed(3)) == (True, False)
    store.write_now(lambda session: call(session, "not_confirmed", 4))
    assert not confirmed(0)


def test_only_a_number_of_the_directory_is_rung(store: Store) -> None:
    assert store.write_now(lambda session: call(session, "confirmed", 1, "his-own-number")) is None
    assert store.read_now(lambda session: list(session.exec(select(CallBackRow)))) == []


def test_what_was_heard_keeps_the_number_that_was_rung(store: Store) -> None:
    store.write_now(enter)
    store.write_now(lambda session: call(session, "confirmed", 1))
    store.write_now(lambda session: directory.remove(session, site=SITE, office="district", by="iman"))
    (row,) = store.read_now(lambda session: list(directory.calls_about(session, SITE, "visitor-1", AT)))
    assert (row.office, row.phone) == ("Аудандық білім бөлімі", "8 727 123 45 67")
