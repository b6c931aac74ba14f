"""A question that nobody at the post answers goes to the duty administrators, once; an answer closes it."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session as Transaction
from sqlmodel import select

from schemas.envelope import Event
from schemas.gate_act import GateAct
from schemas.guard_answer import GuardAnswer
from schemas.reasons import Reason, Verdict
from schemas.site_policy import SitePolicy
from schemas.topics import Role
from schemas.trust import service_source
from services.store import administration, users
from services.store.database import Store
from services.store.messages import MessageRow
from services.store.records import guard_answers
from services.store.records.gate_acts import GateActRow
from services.store.users import UserRole
from services.web.guard_console.post_state import PostState
from services.web.guard_console.posts import Posts
from services.web.guard_console.sight import News
from services.web.guard_console.unanswered import DutyWatch, gone_over
from services.web.messages.wording import compose
from tests.services.web.conftest import Clock
from tests.services.web.said import GATE, SITE, act, policy

HALF_A_MINUTE = timedelta(seconds=30)


def asked(number: int, at: datetime, **changes: Any) -> Event[GateAct]:
    return act(number, at, Verdict.ASK, Reason.REVOKED, **changes)


def answer(to: Event[GateAct], at: datetime, number: int = 1, **changes: Any) -> Event[GuardAnswer]:
    said = GuardAnswer(
        gate=to.data.gate,
        direction="entry",
        read=to.data.read,
        answer="admit",
        because="known_to_me",
        holder=to.data.holder,
        category="pupil",
        by="sabit",
        post="entrance",
        allowed_by=None,
        comment=None,
        expires_at=at + HALF_A_MINUTE,
    )
    data = msgspec.structs.replace(said, **changes)
    source = service_source(Role.ADMINISTRATION)
    return Event(id=f"administration:1:{number}", source=source, time=at, site=to.site, data=data)


def acted_on(given: Event[GuardAnswer], to: Event[GateAct], at: datetime, number: int = 90) -> Event[GateAct]:
    data = msgspec.structs.replace(to.data, decided_by="guard", decision=given.id, verdict=Verdict.ADMIT)
    return Event(id=f"{GATE}:1:{number}", source=to.source, time=at, site=to.site, data=data)


def over(now: datetime, *said: Event[Any]) -> list[str]:
    state = PostState(site=SITE)
    for event in (policy(now), *said):
        state.apply(event)
    return [one.id for one in gone_over(state, now)]


def test_a_question_goes_over_at_the_thirtieth_second_and_for_ten_minutes(clock: Clock) -> None:
    at = clock.now
    question = asked(1, at)
    assert over(at + timedelta(seconds=29.9), question) == []
    assert over(at + HALF_A_MINUTE, question) == [question.id]
    assert over(at + timedelta(minutes=9), question) == [question.id]
    assert over(at + timedelta(minutes=10), question) == []


def test_the_schools_own_time_counts(clock: Clock) -> None:
    rules = policy(clock.now, version=2)
    quick = msgspec.structs.replace(rules, data=msgspec.structs.replace(rules.data, question_after_s=5.0))
    assert over(clock.now + timedelta(seconds=5), quick, asked(1, clock.now)) == [f"{GATE}:1:1"]


def test_who_shows_a_card_again_and_again_asks_once(clock: Clock) -> None:
    shown = [asked(number, clock.now + timedelta(seconds=10 * number)) for number in range(5)]
    assert over(clock.now + timedelta(seconds=60), *reversed(shown)) == [shown[0].id]


def test_two_people_and_two_gates_are_two_questions(clock: Clock) -> None:
    two = asked(1, clock.now), asked(2, clock.now, credential="1" * 32), asked(3, clock.now, gate="gate-2")
    assert len(over(clock.now + HALF_A_MINUTE, *two)) == 3


@pytest.mark.parametrize("category", ["pupil", "staff", "visitor", "official", None])
def test_everybodys_question_goes_over(clock: Clock, category: str | None) -> None:
    assert len(over(clock.now + HALF_A_MINUTE, asked(1, clock.now, category=category))) == 1


def test_any_answer_closes_it(clock: Clock) -> None:
    question, now = asked(1, clock.now), clock.now + timedelta(seconds=40)
    again = asked(2, clock.now + timedelta(seconds=15))
    at = clock.now + timedelta(seconds=20)
    assert over(now, question, answer(question, at)) == []
    assert over(now, question, answer(question, at, answer="refuse", because="told_to_wait")) == []
    assert over(now, question, again, answer(again, at)) == []
    assert over(now, question, answer(question, at, read=None, because="card_forgotten")) == []
    assert over(now, question, act(3, at)) == []
    assert over(now, question, answer(asked(4, at, holder="pupil-2"), at)) == [question.id]
    assert over(now, asked(1, clock.now, holder=None), answer(asked(4, at, holder=None), at)) == [question.id]


def test_an_answer_that_no_gate_acted_on_closes_it_until_it_runs_out(clock: Clock) -> None:
    question = asked(1, clock.now)
    given = answer(question, clock.now + timedelta(seconds=5))
    assert over(clock.now + timedelta(seconds=34), question, given) == []
    assert over(clock.now + timedelta(seconds=36), question, given) == [question.id]
    settled = acted_on(given, question, clock.now + timedelta(seconds=6))
    assert over(clock.now + timedelta(seconds=36), question, given, settled) == []


def test_a_question_after_an_answer_is_a_new_one(clock: Clock) -> None:
    first, second = asked(1, clock.now), asked(2, clock.now + timedelta(seconds=50))
    given = answer(first, clock.now + timedelta(seconds=10))
    settled = acted_on(given, first, clock.now + timedelta(seconds=11))
    assert over(clock.now + timedelta(seconds=80), first, given, settled, second) == [second.id]


def test_a_way_out_is_no_question(clock: Clock) -> None:
    assert over(clock.now + HALF_A_MINUTE, asked(1, clock.now, direction="exit")) == []


def publish(store: Store, rules: Event[SitePolicy]) -> None:
    """Publish a school's rules."""
    store.write_now(
        lambda session: administration.publish_policy(
            session, site=rules.site, policy=rules.data, by="t", at=rules.time
        )
    )


@pytest.fixture
def duty(store: Store, clock: Clock) -> Store:
    """The store of a school with its rules and two duty administrators."""
    publish(store, policy(clock.now))

    def enter(session: Transaction) -> None:
        for number in (1, 2):
            users.put(
                session,
                site=SITE,
                login=f"duty-{number}",
                name=f"Кезекші {number}",
                role=UserRole.DUTY_ADMIN,
                language="kk",
                password="password",
                by="t",
                phone=f"+7701000000{number}",
            )

    store.write_now(enter)
    return store


def told(store: Store) -> list[tuple[str, str | None]]:
    rows = store.read_now(lambda session: session.exec(select(MessageRow)).all())
    return sorted((row.subject, row.receiver) for row in rows)


def keep(store: Store, *acts: Event[GateAct]) -> None:
    """Let the recorder keep acts."""

    def act(session: Transaction) -> None:
        for event in acts:
            fields = {name: getattr(event.data, name) for name in event.data.__struct_fields__}
            session.add(GateActRow(site=event.site, id=event.id, source=event.source, at=event.time, **fields))

    store.write_now(act)


async def test_each_duty_administrator_is_told_once_whoever_looks_how_often(
    duty: Store, posts: Posts, clock: Clock
) -> None:
    question = asked(1, clock.now)
    posts.take(question)
    watch, of_another_process = (DutyWatch(posts, duty, clock) for _ in range(2))
    await watch.look()
    assert told(duty) == []
    clock.forward(seconds=31)
    for one in (watch, watch, of_another_process):
        await one.look()
        clock.forward(seconds=1)
    assert told(duty) == [(question.id, "duty-1"), (question.id, "duty-2")]


async def test_nothing_is_told_before_the_news_have_caught_up(duty: Store, posts: Posts, clock: Clock) -> None:
    question = asked(1, clock.now - timedelta(minutes=1))
    posts.tell_news(News("starting"))
    posts.take(question)
    watch = DutyWatch(posts, duty, clock)
    await watch.look()
    assert told(duty) == []
    posts.tell_news(News("lost", clock.now))
    await watch.look()
    assert len(told(duty)) == 2


async def test_a_school_without_anybody_to_tell_says_so_and_the_next_school_is_told(
    duty: Store, posts: Posts, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    posts.take(asked(1, clock.now, site="school-2"))
    posts.take(asked(1, clock.now))
    clock.forward(seconds=31)
    await DutyWatch(posts, duty, clock).look()
    assert "question_reaches_nobody site=school-2" in caplog.text
    assert len(told(duty)) == 2


async def test_a_database_that_is_away_is_told_later(duty: Store, posts: Posts, clock: Clock) -> None:
    posts.take(asked(1, clock.now))
    clock.forward(seconds=31)
    watch = DutyWatch(posts, duty, clock)
    duty.write_now(lambda session: session.connection().exec_driver_sql("ALTER TABLE messages RENAME TO gone"))
    with pytest.raises(OperationalError):
        await watch.look()
    duty.write_now(lambda session: session.connection().exec_driver_sql("ALTER TABLE gone RENAME TO messages"))
    await watch.look()
    assert len(told(duty)) == 2


def texts(store: Store, clock: Clock) -> list[str | None]:
    """Compose what waits, as SMS."""

    def act(session: Transaction) -> list[str | None]:
        rows = session.exec(select(MessageRow)).all()
        letters = [compose(session, row, None, clock.now, texting=True) for row in rows]
        return [letter.text if letter else None for letter in letters]

    return store.read_now(act)


async def test_the_sms_says_gate_time_and_kind_of_person_and_no_name(duty: Store, posts: Posts, clock: Clock) -> None:
    question = asked(1, clock.now)
    at = f"{clock.now + timedelta(hours=5):%H:%M}"
    posts.take(question)
    clock.forward(seconds=31)
    await DutyWatch(posts, duty, clock).look()
    keep(duty, question)
    expected = f"1-турникет: сұраққа жауап жоқ (Оқушы, сағат {at}). Бекетке барыңыз немесе бекет бетінде жауап беріңіз."
    assert texts(duty, clock) == [expected, expected]
    clock.forward(minutes=11)
    assert texts(duty, clock) == [None, None]


async def test_an_answer_before_the_message_leaves_makes_it_needless(duty: Store, posts: Posts, clock: Clock) -> None:
    question = asked(1, clock.now)
    posts.take(question)
    clock.forward(seconds=31)
    await DutyWatch(posts, duty, clock).look()
    keep(duty, question)
    given = answer(question, clock.now).data
    row = duty.write_now(lambda session: guard_answers.give(session, site=SITE, answer=given, at=clock.now))
    assert row is not None
    assert texts(duty, clock) == [None, None]
    clock.forward(seconds=31)
    assert None not in texts(duty, clock)
    settled = acted_on(answer(question, clock.now), question, clock.now)
    keep(duty, msgspec.structs.replace(settled, data=msgspec.structs.replace(settled.data, decision=row.event_id)))
    assert texts(duty, clock) == [None, None]
