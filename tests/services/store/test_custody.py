"""Custody: every thing has its number and its chain, nothing vanishes, and what lies too long is told of once."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from schemas.credential import Category
from schemas.screening import FoundItem
from services.store import audit, users
from services.store.database import Store
from services.store.messages import MessageRow
from services.store.records import screenings
from services.store.screenings import checks, custody, forgetting, photos
from services.store.screenings.checks import Check
from services.store.screenings.custody import Chain, CustodyAct, Thing
from services.store.screenings.photos import CustodyPhotoRow
from services.store.visitors_journal import walk_ins
from services.store.visitors_journal.walk_ins import WalkIn
from tests.schemas.examples import AT
from tests.services.store.at_once import WRITERS, at_once

SITE, HOLDER = "school-1", "visitor-1"
KNIFE = Thing(holder=HOLDER, item="W2.knife", count=1, description="қара сапты", form="f" * 16)
MIDNIGHT = AT.replace(hour=19, minute=0, second=0, microsecond=0)
"""The midnight after AT on the school's wall."""

MINUTE = timedelta(minutes=1)


def leave(store: Store, thing: Thing = KNIFE, site: str = SITE, at: datetime = AT) -> int:
    return store.write_now(
        lambda session: custody.leave(session, site=site, thing=thing, by="sabit", post="main", at=at)
    )


def hand_over(store: Store, number: int, act: CustodyAct = "returned", site: str = SITE, to: str = "иесі") -> bool:
    return store.write_now(
        lambda session: custody.hand_over(
            session,
            site=site,
            number=number,
            act=act,
            to_whom=to,
            note="",
            by="aigul",
            post="main",
            at=AT + timedelta(hours=1),
        )
    )


def here(store: Store, site: str = SITE) -> list[Chain]:
    return store.read_now(lambda session: custody.at_post(session, site))


def one(store: Store, number: int) -> Chain:
    chain = store.read_now(lambda session: custody.one(session, SITE, number))
    assert chain is not None
    return chain


def thing(form: str, item: str = "W2.knife", holder: str = HOLDER) -> Thing:
    return Thing(holder=holder, item=item, count=1, description="зат", form=form)


@pytest.mark.parametrize("act", ["returned", "to_parents", "to_police"])
def test_a_thing_goes_once_into_somebodys_hands_and_its_chain_says_whose(store: Store, act: CustodyAct) -> None:
    number = leave(store)
    assert hand_over(store, number, act)
    assert hand_over(store, number, act), "the same form again"
    assert not hand_over(store, number, "to_police", to="басқа")
    chain = one(store, number)
    assert [(entry.step, entry.act, entry.by, entry.to_whom, entry.at) for entry in chain.entries] == [
        (1, "left", "sabit", "", AT),
        (2, act, "aigul", "иесі", AT + timedelta(hours=1)),
    ]
    assert here(store) == []
    acts = [line.act for line in store.read_now(lambda session: audit.recent(session, SITE, 9))]
    assert acts == [f"custody_{act}", "custody_left"]


def test_a_form_sent_again_is_the_same_thing_and_numbers_are_each_schools_own(store: Store) -> None:
    assert [leave(store), leave(store), leave(store, thing("a" * 16))] == [1, 1, 2]
    assert leave(store, site="school-2") == 1
    assert [chain.thing.number for chain in here(store)] == [1, 2]
    assert not hand_over(store, 2, site="school-2")
    assert len(here(store)) == 2
    assert store.read_now(lambda session: custody.one(session, "school-2", 2)) is None


async def test_of_writers_who_take_things_at_once_each_has_a_number_of_its_own(store: Store) -> None:
    forms = iter("abcd")

    def act(session: Session) -> int:
        return custody.leave(session, site=SITE, thing=thing(next(forms) * 16), by="sabit", post="main", at=AT)

    assert sorted(await at_once(store, act)) == list(range(1, WRITERS + 1))


async def test_of_writers_who_hand_a_thing_over_at_once_one_does(store: Store) -> None:
    number = leave(store)
    hands = iter("abcd")

    def act(session: Session) -> bool:
        return custody.hand_over(
            session, site=SITE, number=number, act="returned", to_whom=next(hands), note="", by="a", post="p", at=AT
        )

    assert sum(await at_once(store, act)) == 1
    assert len(one(store, number).entries) == 2


def test_when_all_that_was_found_lies_at_the_post_nothing_stands_against_its_owner(store: Store) -> None:
    items = [FoundItem(code=code, count=1, exception=None) for code in ("W2.knife", "W3.lighter", "R1.phone")]
    check = Check(holder=HOLDER, category="visitor", method="shown", outcome="found", items=items)
    store.write_now(
        lambda session: checks.record_check(session, site=SITE, check=check, by="sabit", post="main", at=AT)
    )
    leave(store)
    assert standing(store) == ("item_found", None)
    leave(store, thing("b" * 16, "W3.lighter"))
    assert standing(store) == ("clear", "left_at_the_post")


def standing(store: Store) -> tuple[str, str | None]:
    row = store.read_now(lambda session: screenings.latest(session, SITE, HOLDER))
    assert row is not None
    return row.standing, row.resolution


@pytest.mark.parametrize(
    ("item", "category", "due"),
    [
        ("W2.knife", "visitor", MIDNIGHT),
        ("R1.phone", "visitor", MIDNIGHT),
        ("W1.pistol", "visitor", AT + timedelta(hours=2)),
        ("W3.lighter", "visitor", AT + timedelta(hours=6)),
        ("W2.knife", "pupil", MIDNIGHT + timedelta(days=3)),
        ("W4.drugs", "pupil", AT + timedelta(hours=2)),
    ],
)
def test_how_long_a_thing_may_lie_is_the_lists_by_its_kind_and_owner(
    store: Store, item: str, category: Category, due: datetime
) -> None:
    holder = owner(store, category)
    number = leave(store, thing("c" * 16, item, holder))
    assert one(store, number).thing.due_at == due
    assert not one(store, number).overdue(due - timedelta(microseconds=1))
    assert one(store, number).overdue(due)


def owner(store: Store, category: Category) -> str:
    """Register whose thing it is; at the post nobody asks a pupil in, but the store takes any category."""
    told = WalkIn(
        visit=walk_ins.new_visit(),
        name="Иесі",
        category=category,
        document_kind="none",
        document_tail="",
        host_text="",
        purpose="",
    )
    return store.write_now(
        lambda session: walk_ins.register(session, site=SITE, told=told, by="sabit", post="main", at=AT)
    ).holder


def test_what_lies_too_long_is_counted_at_its_post_and_told_to_the_duty_administrators_once(store: Store) -> None:
    leave(store)
    leave(store, thing("b" * 16))
    hand_over(store, 2)
    assert tell(store, MIDNIGHT) == 0, "nobody to tell yet: it is asked again"
    store.write_now(lambda session: enter(session, "duty", "second"))
    assert [tell(store, at) for at in (MIDNIGHT - MINUTE, MIDNIGHT, MIDNIGHT + MINUTE)] == [0, 1, 0]
    told = store.read_now(lambda session: session.exec(select(MessageRow).order_by(col(MessageRow.message))).all())
    assert [(row.kind, row.subject, row.receiver) for row in told] == [
        ("custody_overdue", "custody/1", "duty"),
        ("custody_overdue", "custody/1", "second"),
    ]
    assert overdue(store, MIDNIGHT - MINUTE) == 0
    assert (overdue(store, MIDNIGHT), overdue(store, MIDNIGHT, "school-2")) == (1, 0)
    hand_over(store, 1)
    assert overdue(store, MIDNIGHT) == 0


async def test_of_rounds_that_are_made_at_once_one_tells(store: Store) -> None:
    leave(store)
    store.write_now(lambda session: enter(session, "duty"))
    assert sum(await at_once(store, lambda session: custody.tell_overdue(session, MIDNIGHT))) == 1
    assert len(store.read_now(lambda session: session.exec(select(MessageRow)).all())) == 1


def tell(store: Store, at: datetime) -> int:
    return store.write_now(lambda session: custody.tell_overdue(session, at))


def overdue(store: Store, at: datetime, site: str = SITE) -> int:
    return store.read_now(lambda session: custody.count_overdue(session, site, at))


def enter(session: Session, *logins: str) -> None:
    for login in logins:
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


def test_a_photo_belongs_to_its_thing_and_site_and_the_first_stays(store: Store) -> None:
    number = leave(store)
    assert keep(store, number, b"first")
    assert keep(store, number, b"second")
    assert not keep(store, 99, b"of nothing")
    assert not keep(store, number, b"elsewhere", "school-2")
    assert store.read_now(lambda session: photos.one(session, SITE, number)) == b"first"
    assert store.read_now(lambda session: photos.one(session, "school-2", number)) is None
    assert store.read_now(lambda session: photos.there_is(session, SITE, number))


def keep(store: Store, number: int, jpeg: bytes, site: str = SITE) -> bool:
    return store.write_now(lambda session: photos.keep(session, site=site, number=number, jpeg=jpeg, by="s", at=AT))


def test_a_photo_goes_at_its_own_date_but_not_before_its_thing(store: Store) -> None:
    for form in ("a" * 16, "b" * 16):
        keep(store, leave(store, thing(form)), b"jpeg")
    hand_over(store, 1)
    assert forget(store, AT + photos.KEPT - MINUTE) == 0
    assert forget(store, AT + photos.KEPT) == 1
    left = store.read_now(lambda session: [row.number for row in session.exec(select(CustodyPhotoRow))])
    assert left == [2]


def test_a_year_after_a_thing_has_gone_its_chain_stays_and_names_nobody(store: Store) -> None:
    leave(store)
    leave(store, thing("b" * 16))
    hand_over(store, 1)
    year = AT + timedelta(hours=1) + forgetting.KEPT
    assert [forget(store, at) for at in (year - MINUTE, year, year)] == [0, 1, 0]
    gone = one(store, 1)
    assert (gone.thing.holder, gone.thing.description, gone.thing.item) == ("", "", "W2.knife")
    assert [(entry.act, entry.to_whom) for entry in gone.entries] == [("left", ""), ("returned", "")]
    assert [chain.thing.description for chain in here(store)] == ["зат"], "what still lies there is kept whole"


def forget(store: Store, at: datetime) -> int:
    return store.write_now(lambda session: forgetting.forget(session, at))
