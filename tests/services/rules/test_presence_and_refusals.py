"""Who is inside follows passages in the order of their own time; a burst of refusals is told once."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.passage import Outcome, Passage
from services.rules.facts import Presence
from services.rules.presence import presence_after
from services.rules.refusals import AGAIN, WITHIN, Refusals, refusals_after

AT = datetime(2026, 11, 23, 7, 41, tzinfo=UTC)


def passage(outcome: Outcome) -> Passage:
    """Give a passage with an outcome."""
    return Passage(gate="g", direction="entry", outcome=outcome, grant=None, read=None, credential=None, holder="h-1")


def minutes(count: float) -> datetime:
    """Give a time so many minutes after the first."""
    return AT + timedelta(minutes=count)


def test_inside_follows_entering_and_leaving() -> None:
    inside = presence_after(None, passage("entered"), "g:1:1", AT)
    assert inside == Presence(inside=True, event="g:1:1", at=AT)
    assert presence_after(inside, passage("left"), "g:1:2", minutes(1)) == Presence(
        inside=False, event="g:1:2", at=minutes(1)
    )


@pytest.mark.parametrize("outcome", sorted(set(get_args(Outcome)) - {"entered", "left"}))
def test_nothing_else_says_where_anybody_is(outcome: Outcome) -> None:
    inside = Presence(inside=True, event="g:1:1", at=AT)
    assert presence_after(None, passage(outcome), "g:1:2", minutes(1)) is None
    assert presence_after(inside, passage(outcome), "g:1:2", minutes(1)) is inside


@given(st.permutations([("entered", 1), ("left", 2), ("entered", 3), ("left", 4), ("entered", 5)]))
def test_in_whatever_order_passages_come_the_newest_holds(order: list[tuple[Outcome, int]]) -> None:
    known = None
    for outcome, minute in [*order, *order]:
        known = presence_after(known, passage(outcome), f"g:1:{minute}", minutes(minute))
    assert known == Presence(inside=True, event="g:1:5", at=minutes(5))


def told(*reads: tuple[str, float]) -> tuple[list[str], Refusals | None]:
    """Give the reads that completed a burst, and what is known at the end."""
    known, completed = None, []
    for read, minute in reads:
        known = refusals_after(known, read, minutes(minute))
        completed += [read] if known.completed_by == read else []
    return completed, known


def test_the_third_refusal_within_ten_minutes_completes_a_burst() -> None:
    assert AGAIN == 3
    assert told(("r1", 0), ("r2", 1), ("r3", 2))[0] == ["r3"]
    assert told(("r1", 0), ("r2", 1))[0] == []


def test_refusals_far_apart_are_no_burst() -> None:
    span = WITHIN.total_seconds() / 60
    assert told(("r1", 0), ("r2", 1), ("r3", span))[0] == ["r3"], "exactly ten minutes still count"
    assert told(("r1", 0), ("r2", 1), ("r3", span + 0.001))[0] == []
    assert told(*[(f"r{number}", number * (span / 2 + 0.1)) for number in range(9)])[0] == []


def test_after_a_burst_the_count_begins_anew() -> None:
    assert told(*[(f"r{number}", number / 10) for number in range(1, 8)])[0] == ["r3", "r6"]


def test_a_replay_says_the_same_again_and_counts_nothing_twice() -> None:
    completed, known = told(("r1", 0), ("r2", 1), ("r2", 1), ("r1", 0), ("r3", 2), ("r3", 2))
    assert completed == ["r3", "r3"], "the read that completed the burst completes it again, under the same alarm"
    assert known == Refusals([], "r3")
