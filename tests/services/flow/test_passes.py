"""A pass is reserved by a grant, used by its passage, freed by its end: one entry is one passage, whatever repeats."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.envelope import Event
from schemas.passage import Passage
from schemas.reasons import Reason, Verdict
from schemas.topics import Role
from services.flow.acts_to_signals import acts_to_signals
from services.flow.passages_to_presence import passages_to_presence
from services.flow.reads_to_decisions import reads_to_decisions
from services.rules.occupancy import COUNTED_FOR
from services.rules.pass_uses import USES_KEPT
from tests.services.flow.desk import Desk
from tests.services.flow.people import (
    GATE,
    JTI,
    MORNING,
    PASS,
    SIDE_GATE,
    VISITOR,
    act,
    passage,
    policy,
    read,
    screening,
    visitor_pass,
)

SECOND = timedelta(seconds=1)


def school(*more: Event[Any]) -> Desk:
    return Desk(Role.ADMISSION, policy(anti_passback="off"), visitor_pass(), *more)


def reason(desk: Desk, number: int, card: str = PASS, **changes: Any) -> Reason:
    """Show a pass and give why it was answered as it was."""
    decision = desk.say(reads_to_decisions, read(number, card, at=desk.now, **changes))[0]
    return Reason(decision.reason)


def goes_in(number: int, of: Event[Any], **changes: Any) -> Event[Passage]:
    return passage(number, changes.pop("outcome", "entered"), changes.pop("holder", VISITOR), of=of, **changes)


def test_an_admission_reserves_the_pass_and_its_passage_uses_it() -> None:
    desk = school()
    decision, reserved = desk.say(reads_to_decisions, shown := read(1, PASS))
    assert (decision.verdict, decision.holder, reserved.state, reserved.read) == (
        Verdict.ADMIT,
        VISITOR,
        "reserved",
        shown.id,
    )
    desk.now += SECOND
    assert reason(desk, 2) is Reason.PASS_RESERVED
    (used,) = desk.say(passages_to_presence, goes_in(3, shown))
    assert (used.state, used.jti, used.passage, used.holder) == ("used", JTI, f"{GATE}:1:3", VISITOR)
    assert reason(desk, 4) is Reason.PASS_USED


def test_a_replayed_read_gets_its_admission_and_its_reservation_again_in_the_same_bytes() -> None:
    desk = school()
    first = desk.records(reads_to_decisions, shown := read(1, PASS))
    assert len(first) == 2
    desk.records(passages_to_presence, goes_in(2, shown))
    desk.now += timedelta(minutes=2)
    assert desk.records(reads_to_decisions, shown) == first


def test_a_replayed_passage_says_the_same_use_again_and_is_no_second_one() -> None:
    desk = school()
    desk.records(reads_to_decisions, shown := read(1, PASS))
    first = desk.records(passages_to_presence, through := goes_in(2, shown))
    assert desk.records(passages_to_presence, through) == first
    assert len(first) == 1


@pytest.mark.parametrize("outcome", ["abandoned", "reversed"])
def test_a_grant_that_came_to_nothing_frees_the_pass(outcome: str) -> None:
    desk = school()
    desk.records(reads_to_decisions, shown := read(1, PASS))
    (freed,) = desk.say(passages_to_presence, goes_in(2, shown, outcome=outcome))
    assert (freed.state, freed.passage) == ("freed", f"{GATE}:1:2")
    assert reason(desk, 3) is Reason.VALID


def test_the_end_of_another_grant_frees_nothing() -> None:
    desk = school()
    desk.records(reads_to_decisions, read(1, PASS))
    desk.records(passages_to_presence, goes_in(3, read(2, PASS), outcome="abandoned"))
    desk.now += SECOND
    assert reason(desk, 4) is Reason.PASS_RESERVED


def test_a_reservation_whose_gate_never_spoke_again_lapses() -> None:
    desk = school()
    desk.records(reads_to_decisions, read(1, PASS))
    desk.now += timedelta(seconds=60)
    assert reason(desk, 2) is Reason.VALID


def test_a_late_read_a_refusal_and_a_way_out_reserve_nothing() -> None:
    desk = school(screening("item_found"))
    assert len(desk.say(reads_to_decisions, read(1, PASS))) == 1
    assert len(desk.say(reads_to_decisions, read(2, PASS, direction="exit"))) == 1
    desk.learn(screening("clear", 2))
    assert len(desk.say(reads_to_decisions, read(3, PASS, at=MORNING - timedelta(minutes=5)))) == 1
    assert reason(desk, 4) is Reason.VALID


def test_a_gate_alone_reserves_and_uses_the_pass_when_its_news_come() -> None:
    desk = school()
    done = act(2, shown := read(1, PASS), Verdict.ADMIT, grant="grant", holder=VISITOR)
    first = desk.records(acts_to_signals, done)
    assert desk.records(acts_to_signals, done) == first
    assert len(first) == 1
    desk.now += SECOND
    assert reason(desk, 3, gate=SIDE_GATE) is Reason.PASS_RESERVED
    desk.records(passages_to_presence, goes_in(4, shown))
    assert reason(desk, 5) is Reason.PASS_USED
    desk.records(acts_to_signals, done)
    assert reason(desk, 6) is Reason.PASS_USED


def test_a_gate_that_refused_what_the_stream_had_granted_frees_it() -> None:
    desk = school()
    desk.records(reads_to_decisions, shown := read(1, PASS))
    refused = act(2, shown, Verdict.REFUSE, reason=Reason.UNKNOWN_CREDENTIAL)
    (freed,) = desk.say(acts_to_signals, refused)
    assert (freed.state, freed.passage) == ("freed", refused.id)
    assert desk.say(acts_to_signals, refused) == [freed]
    assert reason(desk, 3) is Reason.VALID


def test_one_pass_at_two_gates_that_were_cut_off_is_told_once() -> None:
    desk = school()
    first, second = read(1, PASS), read(1, PASS, gate=SIDE_GATE, at=MORNING + SECOND)
    desk.records(passages_to_presence, went := goes_in(2, first))
    through = goes_in(2, second, gate=SIDE_GATE, at=second.time)
    used, told = desk.say(passages_to_presence, through)
    assert (used.state, used.gate) == ("used", SIDE_GATE)
    assert (told.rule, told.gate, told.credential, told.read) == ("pass_used_twice", SIDE_GATE, PASS, second.id)
    assert told.values["passage"] == went.id
    again = desk.ids(passages_to_presence, through)
    assert again == [f"pass_use/used/{through.id}", f"signal/pass_used_twice/{through.id}"]
    assert len(desk.say(passages_to_presence, went)) == 1, "the first passage is not the second one's second"


def test_a_pass_for_many_entries_is_used_many_times_and_waits_for_each_passage() -> None:
    desk = school(visitor_pass(version=2, entries="multiple"))
    for number in range(10, 10 * USES_KEPT * 2, 10):
        shown = read(number, PASS, at=desk.now)
        assert desk.say(reads_to_decisions, shown)[0].reason is Reason.VALID
        assert len(desk.say(passages_to_presence, goes_in(number + 1, shown, at=desk.now))) == 1
        desk.now += SECOND


@pytest.mark.parametrize(("standing", "reason_code"), [("item_found", Reason.ITEM_FOUND), ("clear", Reason.VALID)])
def test_a_check_holds_for_the_holder_of_a_pass(standing: Any, reason_code: Reason) -> None:
    assert reason(school(screening(standing)), 1) is reason_code


def test_a_school_that_is_full_of_visitors_takes_one_in_when_one_has_left() -> None:
    passes = [visitor_pass(f"p{number}") for number in range(1, 4)]
    desk = Desk(Role.ADMISSION, policy(visitor_capacity=2, anti_passback="off"), *passes)
    for number in (1, 2):
        shown = read(10 * number, f"pass/p{number}")
        desk.records(passages_to_presence, goes_in(10 * number + 1, shown, holder=f"visitor-p{number}"))
        desk.records(passages_to_presence, goes_in(10 * number + 1, shown, holder=f"visitor-p{number}"))
    assert reason(desk, 30, "pass/p3") is Reason.CAPACITY_FULL
    out = passage(41, "left", "visitor-p1", at=MORNING + SECOND)
    desk.records(passages_to_presence, out)
    desk.records(passages_to_presence, out)
    desk.now += SECOND
    assert reason(desk, 31, "pass/p3") is Reason.VALID


def test_who_was_never_seen_to_leave_is_counted_for_a_day() -> None:
    desk = Desk(Role.ADMISSION, policy(visitor_capacity=1), visitor_pass(), visitor_pass("p2"))
    desk.records(passages_to_presence, goes_in(2, read(1, PASS)))
    assert reason(desk, 3, "pass/p2") is Reason.CAPACITY_FULL
    desk.now += COUNTED_FOR
    assert reason(desk, 4, "pass/p2") is Reason.VALID


def by_name(number: int, holder: str, category: str = "visitor", **changes: Any) -> Event[Passage]:
    """Somebody goes in whom the guard let in by name."""
    return goes_in(number, read(number - 1, f"name/{category}/{holder}"), holder=holder, **changes)


def full(desk: Desk, number: int) -> dict[str, str] | None:
    """Show a third visitor's pass; gives the verdict and values where the school is full."""
    decision = desk.say(reads_to_decisions, read(number, "pass/p3", at=desk.now))[0]
    return {"verdict": decision.verdict, **decision.values} if decision.reason is Reason.CAPACITY_FULL else None


def small_school() -> Desk:
    """A school that takes two visitors."""
    passes = [visitor_pass(f"p{number}") for number in range(1, 4)]
    return Desk(Role.ADMISSION, policy(visitor_capacity=2, anti_passback="off"), *passes)


def test_who_is_let_in_by_name_is_counted_and_the_number_says_that_it_is_not_sure() -> None:
    desk = small_school()
    desk.records(passages_to_presence, went := by_name(11, "visitor-w1"))
    desk.records(passages_to_presence, went)
    desk.records(passages_to_presence, goes_in(21, read(20, "pass/p1"), holder="visitor-p1"))
    assert full(desk, 22) == {"verdict": "ask", "inside": "2", "capacity": "2", "unsure": "1"}
    desk.records(passages_to_presence, goes_in(31, read(30, "pass/p2"), holder="visitor-p2"))
    assert full(desk, 32) == {"verdict": "refuse", "inside": "3", "capacity": "2", "unsure": "1"}


def test_a_visitor_with_a_pass_and_by_name_is_one_and_whoever_belongs_to_the_school_is_none() -> None:
    desk = small_school()
    desk.records(passages_to_presence, goes_in(11, read(10, "pass/p1"), holder="visitor-p1"))
    again = by_name(13, "visitor-p1", at=MORNING + SECOND)
    desk.records(passages_to_presence, again)
    for number, (holder, category) in enumerate((("pupil-1", "pupil"), ("staff-1", "staff"), ("crew", "emergency"))):
        desk.records(passages_to_presence, by_name(21 + 2 * number, holder, category))
    desk.now += SECOND
    assert full(desk, 40) is None
    desk.records(passages_to_presence, passage(41, "left", "visitor-p1", at=MORNING + 2 * SECOND))
    desk.records(passages_to_presence, goes_in(43, read(42, "pass/p2"), holder="visitor-p2"))
    desk.now += 2 * SECOND
    assert full(desk, 44) is None


def test_passages_that_name_nobody_make_the_number_unsure_for_a_day_each_once() -> None:
    desk = small_school()
    for number in (1, 2):
        shown = read(10 * number, f"pass/p{number}")
        desk.records(passages_to_presence, goes_in(10 * number + 1, shown, holder=f"visitor-p{number}"))
    free, forced = passage(50, "free", None), passage(51, "forced", None)
    for loose in (free, free, forced):
        desk.records(passages_to_presence, loose)
    assert full(desk, 60) == {"verdict": "ask", "inside": "2", "capacity": "2", "unsure": "2"}
    before = dict(desk.rows)
    desk.records(passages_to_presence, free)
    assert desk.rows == before


def test_who_is_inside_and_comes_in_again_is_a_finding_where_anti_passback_is_soft() -> None:
    desk = Desk(Role.ADMISSION, policy(anti_passback="soft"), visitor_pass(entries="multiple"))
    desk.records(passages_to_presence, goes_in(2, read(1, PASS)))
    desk.now += SECOND
    first = desk.records(reads_to_decisions, shown := read(3, PASS, at=desk.now))
    assert desk.records(reads_to_decisions, shown) == first
    told = desk.say(reads_to_decisions, shown)[-1]
    assert (told.rule, told.holder, told.read) == ("inside_again", VISITOR, shown.id)
