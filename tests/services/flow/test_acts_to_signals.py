"""What a gate did becomes a signal once: refused again and again, or admitted against the policy."""

from datetime import timedelta

import msgspec
import pytest

from schemas.envelope import Event, RefusedRecord
from schemas.reasons import Reason, Refused, Verdict
from schemas.topics import Role
from services.flow.acts_to_signals import acts_to_signals
from services.flow.passages_to_presence import passages_to_presence
from services.flow.reads_to_decisions import reads_to_decisions
from services.rules.refusals import AGAIN
from tests.services.flow.desk import Desk
from tests.services.flow.people import (
    CARD,
    GATE,
    MORNING,
    OTHER_GATE,
    SCHOOL,
    UNKNOWN_CARD,
    act,
    credential,
    passage,
    policy,
    read,
)


def school(*more: object) -> Desk:
    return Desk(Role.ADMISSION, policy(), credential(), *more)  # type: ignore[arg-type]


def refusals(desk: Desk, count: int, first: int = 0) -> list[list[object]]:
    shown = [read(10 * n, UNKNOWN_CARD, at=MORNING + timedelta(seconds=n)) for n in range(first + 1, first + count + 1)]
    return [desk.say(acts_to_signals, act(10 * n, one, Verdict.REFUSE)) for n, one in enumerate(shown, first + 1)]


def test_the_refusal_that_makes_it_again_is_told_and_the_count_begins_anew() -> None:
    desk = school()
    told = refusals(desk, 2 * AGAIN)
    assert [len(signals) for signals in told] == ([0] * (AGAIN - 1) + [1]) * 2
    (signal,) = told[AGAIN - 1]
    assert (signal.rule, signal.gate, signal.credential) == ("refused_again", GATE, UNKNOWN_CARD)  # type: ignore[attr-defined]


def test_a_replay_tells_the_same_signal_under_the_same_id() -> None:
    desk = school()
    refusals(desk, AGAIN - 1)
    last = act(10 * AGAIN, read(10 * AGAIN, UNKNOWN_CARD, at=MORNING + timedelta(seconds=AGAIN)), Verdict.REFUSE)
    first = desk.records(acts_to_signals, last)
    assert len(first) == 1
    assert desk.records(acts_to_signals, last) == first
    assert refusals(desk, AGAIN - 1) == [[]] * (AGAIN - 1)


def test_a_gate_alone_that_admitted_what_the_stream_refuses_is_a_finding() -> None:
    (finding,) = school().say(acts_to_signals, act(2, read(1, UNKNOWN_CARD), Verdict.ADMIT))
    assert (finding.rule, finding.values) == (
        "admitted_against_policy",
        {"verdict": "refuse", "reason": "unknown_credential"},
    )


def test_a_gate_alone_that_admitted_what_the_stream_admits_is_none() -> None:
    desk = school()
    assert desk.say(acts_to_signals, act(2, read(1), Verdict.ADMIT)) == []
    desk.records(passages_to_presence, passage(3))
    assert desk.say(acts_to_signals, act(5, read(4), Verdict.ADMIT)) == [], (
        "presence now says nothing about a read before"
    )


def test_what_the_stream_had_answered_by_then_is_what_it_refused() -> None:
    desk = school()
    desk.records(passages_to_presence, passage(1))
    shown = read(2)
    desk.records(reads_to_decisions, shown)
    (finding,) = desk.say(acts_to_signals, act(3, shown, Verdict.ADMIT))
    assert finding.values["reason"] == Reason.ALREADY_INSIDE


@pytest.mark.parametrize(("read_after_revocation_s", "findings"), [(1, 1), (-1, 0)])
def test_an_online_admit_of_a_read_stamped_after_a_revocation_is_a_finding(
    read_after_revocation_s: int, findings: int
) -> None:
    desk = school(credential(CARD, 2, revoked_at=MORNING))
    shown = read(1, at=MORNING + timedelta(seconds=read_after_revocation_s))
    done = act(2, shown, Verdict.ADMIT, decided_by="online", at=shown.time + timedelta(seconds=3), waited_ms=3000.0)
    assert len(desk.say(acts_to_signals, done)) == findings


def test_a_gate_cannot_act_on_another_gates_read() -> None:
    foreign = act(2, read(1, gate=OTHER_GATE), Verdict.ADMIT)
    data = msgspec.structs.replace(foreign.data, gate=GATE)
    mine = Event(id=f"{GATE}:1:2", source=f"gate/{GATE}", time=MORNING, site=SCHOOL, data=data)
    desk = school()
    with pytest.raises(RefusedRecord) as refused:
        desk.records(acts_to_signals, mine)
    assert refused.value.reason is Refused.NOT_THE_WRITER
