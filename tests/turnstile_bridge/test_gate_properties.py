"""Rules of the gate that hold whatever happens, in whatever order."""

from datetime import timedelta
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as some

from schemas.credential_read import CredentialRead, Direction
from schemas.gate_act import GateAct
from schemas.passage import Passage
from schemas.reasons import Verdict
from tests.turnstile_bridge.played_gate import Played, answer
from turnstile_bridge import gate
from turnstile_bridge.drivers.interface import (
    DeviceBack,
    DeviceLost,
    FireContact,
    PassageCompleted,
    PassageReversed,
    PassageStarted,
    PowerFault,
    Tampered,
    UnlockFailed,
)
from turnstile_bridge.gate_words import (
    LinkLost,
    LinkRestored,
    Say,
)

CARDS = some.sampled_from(["aa", "bb", "cc"])
WAYS: some.SearchStrategy[Direction] = some.sampled_from(["entry", "exit"])
VERDICTS = some.sampled_from(list(Verdict))
ANSWERS: some.SearchStrategy[Literal["admit", "refuse"]] = some.sampled_from(["admit", "refuse"])
HAPPENINGS = some.one_of(
    some.tuples(some.just("show"), CARDS, some.sampled_from(["in", "out"])),
    some.tuples(some.just("answer"), some.integers(0, 5), VERDICTS),
    some.tuples(some.just("time"), some.floats(0.0, 4.0)),
    some.tuples(some.just("hardware"), some.builds(PassageStarted, WAYS)),
    some.tuples(some.just("hardware"), some.builds(PassageCompleted, WAYS, some.booleans())),
    some.tuples(some.just("hardware"), some.builds(PassageReversed, WAYS)),
    some.tuples(some.just("hardware"), some.builds(DeviceLost, some.sampled_from(["in", "out"]), some.booleans())),
    some.tuples(some.just("hardware"), some.builds(DeviceBack, some.sampled_from(["in", "out"]), some.just(1.0))),
    some.tuples(some.just("hardware"), some.builds(FireContact, some.booleans())),
    some.tuples(some.just("hardware"), some.builds(Tampered, some.just("in"), some.booleans())),
    some.tuples(some.just("hardware"), some.just(PowerFault("in"))),
    some.tuples(some.just("hardware"), some.just(LinkLost())),
    some.tuples(some.just("hardware"), some.just(LinkRestored(3.0))),
    some.tuples(some.just("failed"), some.integers(0, 5)),
    some.tuples(some.just("guard"), some.integers(0, 5), ANSWERS, some.floats(-1.0, 30.0)),
    some.tuples(some.just("by_name"), some.integers(0, 3), ANSWERS, some.floats(-1.0, 30.0)),
    some.tuples(some.just("hold"), some.floats(-0.1, 1.0)),
    some.tuples(some.just("let_go")),
)


def read_ids(gate_: Played) -> list[str]:
    """Give the reads that were said, oldest first."""
    said = [effect for effect in gate_.done if isinstance(effect, Say) and isinstance(effect.data, CredentialRead)]
    return [str(effect.id) for effect in said]


def guarded(gate_: Played, what: str, about: list[Any]) -> None:
    """Let the guard say something."""
    known = read_ids(gate_)
    match what:
        case "guard" if known:
            expires_at = gate_.now.at + timedelta(seconds=about[2])
            gate_.answers(known[about[0] % len(known)], about[1], expires_at=expires_at)
        case "by_name":
            expires_at = gate_.now.at + timedelta(seconds=about[2])
            gate_.answers(None, about[1], id=f"administration:1:name-{about[0]}", expires_at=expires_at)
        case "hold":
            gate_.holds(about[0])
        case "let_go":
            gate_.lets_go()


def played(happenings: list[tuple[Any, ...]], own_verdict: Verdict) -> Played:
    """Let it all happen, and time pass until nothing is due."""
    gate_ = Played(own_verdict)
    for what, *about in happenings:
        guarded(gate_, what, about)
        known = read_ids(gate_)
        match what:
            case "show":
                gate_.shows(*about)
            case "answer" if known:
                read = known[about[0] % len(known)]
                [data] = [effect.data for effect in gate_.done if isinstance(effect, Say) and effect.id == read]
                gate_.happens(
                    answer(read, about[1], direction=data.direction, credential=data.credential)  # type: ignore[union-attr]
                )
            case "time":
                gate_.passes(about[0])
            case "failed" if gate_.unlocked():
                gate_.happens(UnlockFailed(gate_.unlocked()[about[0] % len(gate_.unlocked())]))
            case "hardware":
                gate_.happens(about[0])
    gate_.passes(120)
    return gate_


@settings(max_examples=300, deadline=None)
@given(some.lists(HAPPENINGS, max_size=40), VERDICTS)
def test_whatever_happens_each_read_has_one_act_and_each_opening_one_end(
    happenings: list[tuple[Any, ...]], own_verdict: Verdict
) -> None:
    gate_ = played(happenings, own_verdict)
    acts = gate_.said(GateAct)
    grants = [act.grant for act in acts if act.grant is not None]
    assert sorted(act.read for act in acts if act.decided_by != "guard") == sorted(read_ids(gate_))
    assert sorted(passage.grant for passage in gate_.said(Passage) if passage.grant is not None) == sorted(grants)
    assert len(set(gate_.unlocked())) == len(gate_.unlocked())
    assert len(set(grants)) == len(grants)
    assert all(act.verdict is Verdict.ADMIT for act in acts if act.direction == "exit")
    assert gate.next_deadline_s(gate_.state) is None
    assert not gate_.state.reads, "nothing is remembered for ever"
    assert "hold" not in gate_.state.free, "no hold outlives its time"


@settings(max_examples=300, deadline=None)
@given(some.lists(HAPPENINGS, max_size=40), some.just(Verdict.ASK))
def test_whatever_a_guard_says_a_question_is_answered_once_and_nothing_else_is(
    happenings: list[tuple[Any, ...]], own_verdict: Verdict
) -> None:
    gate_ = played(happenings, own_verdict)
    acts = gate_.said(GateAct)
    answered = [act for act in acts if act.decided_by == "guard"]
    of_reads = [act for act in answered if act.credential in {"aa", "bb", "cc"}]
    assert len({act.decision for act in answered}) == len(answered), "no answer counts twice"
    assert len({act.read for act in of_reads}) == len(of_reads), "no read is answered twice"
    for act in of_reads:
        [asked] = [one for one in acts if one.read == act.read and one.decided_by != "guard"]
        assert asked.verdict is Verdict.ASK
        assert asked.grant is None
        assert acts.index(asked) < acts.index(act)
    for act in answered:
        assert act.verdict is not Verdict.ASK
        assert act in of_reads or act.verdict is Verdict.ADMIT
        assert act.grant is None or act.verdict is Verdict.ADMIT
