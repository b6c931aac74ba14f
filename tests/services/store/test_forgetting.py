"""What is erased since nobody asks for it any more, on both databases: messages that are done, draws past any audit."""

from datetime import datetime, timedelta

from sqlmodel import Session, select

from services.cli import screening
from services.store import messages
from services.store.database import Store
from services.store.messages import MessageRow
from services.store.visits import draws
from services.web.shared.rounds import Part
from services.web.visitor_portal.fields import FURTHEST_AHEAD
from tests.schemas.examples import AT
from tests.services.store.test_draws import draw, kept, secrets_of

SECOND = timedelta(seconds=1)


def queue(session: Session, *subjects: str, done_at: datetime | None = None) -> None:
    for subject in subjects:
        messages.put(session, site="school-1", kind="code", subject=subject, number=1, at=AT)
        row = session.get_one(MessageRow, ("school-1", f"code/{subject}/1"))
        if done_at is not None:
            messages.done(session, row, "sent", done_at)


def forget(store: Store, part: Part, at: datetime) -> int:
    return store.write_now(lambda session: part(session, at))


def left(store: Store) -> list[str]:
    return sorted(row.subject for row in store.read_now(lambda session: session.exec(select(MessageRow)).all()))


def test_a_message_is_kept_for_a_term_after_it_was_done_and_one_that_waits_for_ever(store: Store) -> None:
    store.write_now(lambda session: queue(session, "old", done_at=AT))
    store.write_now(lambda session: queue(session, "young", done_at=AT + SECOND))
    store.write_now(lambda session: queue(session, "waits"))
    over = AT + messages.KEPT
    assert [forget(store, messages.forget, at) for at in (over - SECOND, over, over)] == [0, 1, 0]
    assert left(store) == ["waits", "young"]


def test_a_draw_outlives_the_furthest_audit_and_its_secret_outlives_the_draw(store: Store) -> None:
    draw(store, "v1")
    secret = secrets_of(store)
    over = AT + draws.KEPT
    assert [forget(store, draws.forget, at) for at in (over - SECOND, over, over)] == [0, 1, 0]
    assert kept(store) == []
    assert secrets_of(store) == secret


def test_an_audit_asks_for_no_draw_that_may_be_gone() -> None:
    assert timedelta(days=screening.MOST_DAYS) + FURTHEST_AHEAD < draws.KEPT
