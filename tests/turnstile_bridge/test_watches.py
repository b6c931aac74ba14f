"""The bridge's small watches over time: the link, and presses that nobody has confirmed."""

from turnstile_bridge.link_watch import LinkWatch
from turnstile_bridge.panic_watch import PanicWatch, Press

PRESS = Press("main:1:7", "post", silent=False)


def test_a_link_is_lost_when_a_record_waits_too_long_and_restored_by_the_next_that_is_taken() -> None:
    link = LinkWatch(100.0)
    assert link.taken(100.5) is None
    assert not link.lost_now(200.0), "nothing waits"
    link.waits(200.0)
    assert not link.lost_now(201.9)
    assert link.lost_now(202.1)
    assert not link.lost_now(203.0), "told once"
    link.waits(203.0)
    assert link.taken(230.5) == 130.0
    assert link.taken(231.0) is None


def test_a_link_that_never_was_is_lost_too() -> None:
    link = LinkWatch(100.0)
    assert link.lost_now(103.0)


def test_a_press_is_told_as_unconfirmed_once_and_can_still_be_confirmed() -> None:
    watch = PanicWatch()
    watch.pressed(PRESS, 100.0)
    assert not watch.unconfirmed(109.9)
    assert watch.unconfirmed(110.0) == [PRESS]
    assert not watch.unconfirmed(120.0)
    assert watch.confirmed(PRESS.event_id) == PRESS
    assert watch.confirmed(PRESS.event_id) is None


def test_a_confirmed_press_is_never_told_as_unconfirmed() -> None:
    watch = PanicWatch()
    watch.pressed(PRESS, 100.0)
    assert watch.confirmed(PRESS.event_id) == PRESS
    assert not watch.unconfirmed(200.0)
