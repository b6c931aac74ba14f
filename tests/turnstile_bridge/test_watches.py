"""The bridge's small watches over time: the link, presses that nobody has confirmed, and the clock itself."""

from datetime import UTC, datetime, timedelta

import pytest

from turnstile_bridge.clock_watch import ClockWatch, is_doubted
from turnstile_bridge.drivers.held_watch import HeldWatch
from turnstile_bridge.gate_words import Instant
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


SEVEN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def later(wall_s: float, true_s: float) -> Instant:
    """Give what both clocks say after a time."""
    return Instant(SEVEN + timedelta(seconds=wall_s), 1000.0 + true_s)


@pytest.mark.parametrize(
    ("wall_s", "true_s", "said_s", "doubted"),
    [
        (0, 0, None, False),
        (3600, 3600, None, False),
        (3600, 3600, 3000, False),
        (3600, 3600, 3660, False),
        (3600, 3600, 3660.001, True),
        (3540, 3600, None, False),
        (3539.999, 3600, None, True),
        (-86400, 5, None, True),
        (7200, 3600, None, False),
    ],
)
def test_a_clock_is_doubted_when_it_is_before_what_was_said_or_was_set_back(
    wall_s: float,
    true_s: float,
    said_s: float | None,
    doubted: bool,  # noqa: FBT001
) -> None:
    said_at = None if said_s is None else SEVEN + timedelta(seconds=said_s)
    assert is_doubted(later(wall_s, true_s), later(0, 0), said_at) is doubted


def test_a_machine_that_wakes_in_1970_knows_from_its_facts_that_it_is_wrong() -> None:
    woken = Instant(datetime(1970, 1, 1, tzinfo=UTC), 5.0)
    assert not is_doubted(woken, woken, None)
    assert is_doubted(woken, woken, SEVEN)


def test_a_clock_that_was_fast_and_was_mended_is_believed_again_when_a_signed_answer_agrees() -> None:
    watch = ClockWatch(later(3600, 0))
    mended = later(10, 10)
    assert watch.doubted(mended, None)
    watch.agreed(SEVEN + timedelta(seconds=500), mended)
    assert watch.doubted(mended, None), "that answer says another time"
    watch.agreed(SEVEN + timedelta(seconds=9), mended)
    assert not watch.doubted(later(20, 20), None)


def test_doubt_is_told_when_it_begins() -> None:
    watch = ClockWatch(later(0, 0))
    assert [watch.told(doubted=doubted) for doubted in (False, True, True, False, True)] == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_a_way_that_stays_open_is_told_once_until_it_has_closed() -> None:
    watch = HeldWatch(15.0)
    watch.seen(["entry"], 100.0)
    watch.seen(["entry"], 110.0)
    assert [watch.held(now_s) for now_s in (114.9, 115.0, 116.0)] == [[], ["entry"], []]
    watch.seen([], 117.0)
    watch.seen(["entry"], 118.0)
    assert [watch.held(now_s) for now_s in (132.0, 133.0)] == [[], ["entry"]]


def test_both_ways_at_once_are_a_mechanism_without_power_and_held_by_nobody() -> None:
    watch = HeldWatch(15.0)
    watch.seen(["entry", "exit"], 100.0)
    assert watch.held(200.0) == []
