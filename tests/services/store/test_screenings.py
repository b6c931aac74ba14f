"""Checks: one record after the other for each person, nothing twice, nothing of another school, and what still stands
is never forgotten.
"""

from datetime import datetime, timedelta
from typing import cast

import msgspec
import pytest
from sqlmodel import Session, col, select

from schemas.credential import Category, Credential
from schemas.screening import FoundItem, Screening
from schemas.topics import CREDENTIALS
from services.rules.check_alarms import calls_for
from services.store import administration, audit, outbox, users
from services.store.administration import RuleForbids
from services.store.columns import as_said
from services.store.database import Store
from services.store.messages import MessageRow
from services.store.outbox import OutboxRow
from services.store.records import screenings
from services.store.records.screenings import ScreeningRow
from services.store.screenings import checks, forgetting, pupil_refusals, standing
from services.store.screenings.checks import Check, Resolution
from services.store.screenings.pupil_refusals import PupilRefusalRow
from tests.schemas.examples import AT, data_of, kind_of
from tests.services.store.at_once import WRITERS, at_once

SITE, HOLDER = "school-1", "visitor-1"
KNIFE = FoundItem(code="W2.knife", count=1, exception=None)
GUN = FoundItem(code="W1.pistol", count=1, exception=None)
PHONE = FoundItem(code="R1.phone", count=1, exception=None)
CARD = cast("Credential", data_of(kind_of(CREDENTIALS)))
LONG = standing.SAID_AGAIN_AFTER


def told(outcome: str = "nothing_found", *items: FoundItem, category: Category = "visitor", **more: str) -> Check:
    values = {"holder": HOLDER, "method": "visual", **more, "category": category, "outcome": outcome}
    return msgspec.convert({**values, "items": msgspec.to_builtins(list(items))}, Check)


def record(
    store: Store, check: Check, *, site: str = SITE, by: str = "sabit", at: datetime = AT, after: int | None = None
) -> Screening:
    return store.write_now(
        lambda session: checks.record_check(session, site=site, check=check, by=by, post="main", at=at, after=after)
    )


def resolve(store: Store, resolution: Resolution, *, may_all: bool = True, at: datetime = AT) -> Screening | None:
    return store.write_now(
        lambda session: checks.resolve(
            session, site=SITE, holder=HOLDER, resolution=resolution, by="iman", may_all=may_all, at=at
        )
    )


def rows(store: Store, site: str = SITE) -> list[ScreeningRow]:
    query = select(ScreeningRow).where(ScreeningRow.site == site).order_by(col(ScreeningRow.version))
    return store.read_now(lambda session: list(session.exec(query)))


def sent(store: Store) -> list[OutboxRow]:
    return list(store.read_now(lambda session: outbox.unsent(session, 99)))


def test_a_check_is_a_row_a_record_and_an_audit_line_in_their_order(store: Store) -> None:
    for number, check in enumerate((told(), told("found", KNIFE), told("check_refused"))):
        record(store, check, at=AT + timedelta(minutes=number))
    kept = rows(store)
    assert [(row.version, row.screening, row.standing) for row in kept] == [
        (1, f"check/{HOLDER}/1", "clear"),
        (2, f"check/{HOLDER}/2", "item_found"),
        (3, f"check/{HOLDER}/3", "item_found"),
    ]
    assert [row.event().data for row in sent(store)] == [as_said(row, Screening) for row in kept]
    noted = store.read_now(lambda session: audit.recent(session, SITE, 9))
    assert [line.act for line in noted] == ["check_check_refused", "check_found", "check_nothing_found"]
    assert all("knife" not in str(line.model_dump()) for line in noted)


def test_the_same_form_again_says_nothing_and_another_guards_check_does(store: Store) -> None:
    first = record(store, told("check_refused"), after=0)
    assert record(store, told("check_refused"), after=0) == first
    assert first.refusals == 1
    other = record(store, told("check_refused"), by="aigul", after=0)
    assert (other.version, other.refusals) == (2, 2)
    found = record(store, told("found", KNIFE), after=2)
    assert record(store, told("found", KNIFE), after=2) == found
    assert record(store, told("found", GUN), after=2).standing == "weapon_suspected"
    assert len(rows(store)) == len(sent(store)) == 4


async def test_of_writers_who_check_one_person_at_once_each_has_a_version_of_its_own(store: Store) -> None:
    def act(session: Session) -> int:
        said = checks.record_check(
            session, site=SITE, check=told("check_refused"), by="sabit", post="main", at=AT, after=None
        )
        return said.refusals

    assert sorted(await at_once(store, act)) == [1, 2, 3, 4]
    assert [row.version for row in rows(store)] == list(range(1, WRITERS + 1))


async def test_of_writers_who_send_one_form_at_once_one_record_comes(store: Store) -> None:
    def act(session: Session) -> int:
        said = checks.record_check(
            session, site=SITE, check=told("check_refused"), by="sabit", post="main", at=AT, after=0
        )
        return said.refusals

    assert await at_once(store, act) == [1] * WRITERS
    assert len(rows(store)) == 1


def test_another_school_neither_sees_nor_resolves_a_check(store: Store) -> None:
    record(store, told("found", KNIFE))
    assert store.read_now(lambda session: screenings.latest(session, "school-2", HOLDER)) is None
    assert store.read_now(lambda session: screenings.standing_out(session, "school-2")) == []
    resolved = store.write_now(
        lambda session: checks.resolve(
            session, site="school-2", holder=HOLDER, resolution="taken_away", by="x", may_all=True, at=AT
        )
    )
    assert resolved is None
    assert record(store, told(), site="school-2").version == 1
    assert [row.standing for row in rows(store)] == ["item_found"]


@pytest.mark.parametrize("item", ["R1.phone", "R1.tablet", "R1.player", "R1.modem"])
@pytest.mark.parametrize("category", ["visitor", "staff", "pupil", "representative"])
def test_what_is_restricted_in_lessons_stands_against_nobody(store: Store, item: str, category: Category) -> None:
    found = FoundItem(code=item, count=2, exception=None)
    assert record(store, told("found", found, category=category)).standing == "clear"
    assert store.read_now(lambda session: screenings.standing_out(session, SITE)) == []


def test_a_phone_beside_a_knife_changes_nothing_about_the_knife(store: Store) -> None:
    assert record(store, told("found", PHONE, KNIFE)).standing == "item_found"


def test_an_item_that_nobody_resolved_outlives_a_check_that_found_nothing(store: Store) -> None:
    record(store, told("found", KNIFE))
    later = record(store, told(), at=AT + timedelta(hours=1))
    assert (later.standing, later.items) == ("item_found", [KNIFE])
    done = resolve(store, "taken_away", may_all=False, at=AT + timedelta(hours=2))
    assert done is not None
    assert (done.standing, done.version) == ("clear", 3)
    assert resolve(store, "taken_away") is None


def test_a_weapon_asks_first_and_only_the_duty_administrator_resolves_it(store: Store) -> None:
    assert record(store, told("found", GUN)).standing == "weapon_suspected"
    with pytest.raises(RuleForbids, match="duty_administrator"):
        resolve(store, "taken_away", may_all=False)

    def judge(session: Session) -> Screening | None:
        return checks.judge_weapon(session, site=SITE, holder=HOLDER, real=True, by="sabit", post="main", at=AT)

    said = store.write_now(judge)
    assert said is not None
    assert (said.standing, calls_for(said)) == ("weapon_confirmed", "weapon")
    assert store.write_now(judge) is None, "judged once"
    assert len(rows(store)) == 2


def test_an_officers_weapon_is_let_pass_by_the_duty_administrator_alone(store: Store) -> None:
    """An official on duty claims an exception; the claim by itself lets nobody in."""
    claimed = FoundItem(code="W1.pistol", count=1, exception="on_duty")
    assert record(store, told("found", claimed, category="official")).standing == "weapon_suspected"
    done = resolve(store, "exception_accepted")
    assert done is not None
    assert (done.standing, done.items) == ("clear", [claimed])


def test_refusals_count_within_the_schools_own_day(store: Store) -> None:
    evening = AT.replace(hour=18, minute=59, second=0)  # 23:59 on the school's wall
    assert record(store, told("check_refused"), at=evening).refusals == 1
    assert record(store, told("check_refused"), at=evening + timedelta(seconds=59)).refusals == 2
    assert record(store, told("check_refused"), at=evening + timedelta(minutes=2)).refusals == 1


def test_a_pupil_is_neither_searched_nor_refused(store: Store) -> None:
    for check, code in (
        (told("check_refused", category="pupil"), "pupil_refuses"),
        (told("nothing_found", category="pupil", method="detector"), "pupil_detector"),
    ):
        with pytest.raises(RuleForbids, match=code):
            record(store, check)
    assert (rows(store), sent(store)) == ([], [])


@pytest.mark.parametrize(
    "check",
    [told("found", KNIFE), told("found", GUN), told("check_refused")],
    ids=["item", "weapon", "refused"],
)
def test_what_stands_is_said_again_before_its_topic_forgets_it(store: Store, check: Check) -> None:
    said = record(store, check)
    record(store, told(holder="visitor-2"))
    assert again(store, AT + LONG - timedelta(seconds=1)) == 0
    assert again(store, AT + LONG) == 1
    assert again(store, AT + LONG) == 0, "idempotent"
    kept = [as_said(row, Screening) for row in rows(store) if row.holder == HOLDER]
    assert kept == [said, msgspec.structs.replace(said, version=2)]
    assert sent(store)[-1].event().data == kept[-1]
    assert again(store, AT + 2 * LONG) == 1, "and again, for as long as it stands"
    resolve(store, "mistaken", at=AT + 2 * LONG)
    assert again(store, AT + 4 * LONG) == 0


async def test_of_rounds_that_are_made_at_once_one_says_it_again(store: Store) -> None:
    record(store, told("found", KNIFE))
    said = await at_once(store, lambda session: standing.say_again(session, AT + LONG))
    assert sum(said) == 1
    assert [row.version for row in rows(store)] == [1, 2]


def again(store: Store, at: datetime) -> int:
    return store.write_now(lambda session: standing.say_again(session, at))


def test_checks_are_erased_after_a_year_but_for_what_stands_and_the_last_version(store: Store) -> None:
    record(store, told("found", KNIFE))
    resolve(store, "taken_away")
    record(store, told("found", GUN, holder="visitor-2"))
    year = AT + forgetting.KEPT
    assert forget(store, year - timedelta(seconds=1)) == 0
    assert forget(store, year) == 2
    assert forget(store, year) == 0
    left = {row.holder: (row.version, row.standing, len(row.items)) for row in rows(store)}
    assert left == {HOLDER: (2, "clear", 0), "visitor-2": (1, "weapon_suspected", 1)}
    assert record(store, told(), at=year).version == 3, "gates go on from the version that they know"


def forget(store: Store, at: datetime) -> int:
    return store.write_now(lambda session: forgetting.forget(session, at))


def enter_school(store: Store) -> None:
    def act(session: Session) -> None:
        credential = msgspec.structs.replace(CARD, holder="pupil-1", category="pupil")
        administration.issue_credential(session, site=SITE, credential=credential, by="t", at=AT)
        for login in ("duty", "second"):
            users.put(
                session,
                site=SITE,
                login=login,
                name=login,
                role=users.UserRole.DUTY_ADMIN,
                language="kk",
                password="a-long-password",
                by="t",
            )

    store.write_now(act)


def refuses(store: Store, holder: str = "pupil-1", at: datetime = AT) -> PupilRefusalRow:
    return store.write_now(
        lambda session: pupil_refusals.tell(session, site=SITE, holder=holder, by="sabit", post="main", at=at)
    )


def messages_of(store: Store) -> list[MessageRow]:
    return store.read_now(lambda session: list(session.exec(select(MessageRow).order_by(col(MessageRow.message)))))


def test_a_pupil_who_shows_nothing_goes_to_the_duty_administrators_once_a_day_and_to_a_parent(store: Store) -> None:
    enter_school(store)
    before = len(sent(store))
    refuses(store)
    refuses(store, at=AT + timedelta(minutes=1))
    assert [(row.kind, row.receiver) for row in messages_of(store)] == [
        ("pupil_refused_check", "duty"),
        ("pupil_refused_check", "second"),
    ]
    assert (rows(store), len(sent(store))) == ([], before), "nothing stands against the pupil, no gate hears of it"
    (open_one,) = store.read_now(lambda session: pupil_refusals.open_ones(session, SITE))
    settled = [
        store.write_now(
            lambda session: pupil_refusals.settle(
                session, site=SITE, holder="pupil-1", day=open_one.day, parent_told="анасы", by="duty", at=AT
            )
        )
        for _ in range(2)
    ]
    assert settled == [True, False]
    assert store.read_now(lambda session: pupil_refusals.open_ones(session, SITE)) == []
    refuses(store, at=AT + timedelta(days=1))
    assert len(messages_of(store)) == 4
    assert forget(store, AT + forgetting.KEPT) == 1


def test_nobody_but_a_pupil_is_told_of_so(store: Store) -> None:
    enter_school(store)
    with pytest.raises(RuleForbids, match="not_a_pupil"):
        refuses(store, "visitor-9")
    assert messages_of(store) == []
