"""Passes through the admission app on a real broker: one entry is one admission across kills, and what the school says
of a pass or of its holder holds at the next read.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from schemas.envelope import Event
from schemas.screening import Standing
from schemas.topics import ACCESS_DECISIONS, PASS_USES, PASSAGES, SIGNALS, Role
from tests.services.flow.people import (
    GATE,
    SIDE_GATE,
    passage,
    policy,
    read,
    screening,
    visitor_pass,
)
from tests.services.flow.stream import Listener, Stream, soon

NEVER = 3600.0
TRIES = 60
WITHIN_S = 1.0
MANY = range(40)
STANDINGS: list[tuple[Standing, str]] = [
    ("item_found", "item_found"),
    ("clear", "valid"),
    ("weapon_suspected", "item_found"),
]


def now() -> datetime:
    return datetime.now(UTC)


def shown(number: int, jti: str, gate: str = GATE) -> Event[Any]:
    return read(number, f"pass/{jti}", gate=gate, at=now(), wait_s=NEVER)


def went(number: int, of: Event[Any], outcome: Any = "entered") -> Event[Any]:
    jti = of.data.credential.removeprefix("pass/")
    return passage(number, outcome, f"visitor-{jti}", gate=of.data.gate, at=now(), of=of)


def by_name(number: int, holder: str, category: str = "visitor") -> Event[Any]:
    """Somebody goes in whom the guard let in by name."""
    of = read(number, f"name/{category}/{holder}", at=now())
    return passage(number, "entered", holder, at=now(), of=of)


def somebody_comes_by_name(stream: Stream, numbers: Iterator[int]) -> None:
    """Let a school with a visitor in it take one more: a walk-in, and a pupil who is none."""
    stream.say(policy(version=4, anti_passback="off", reserve_s=0.0, visitor_capacity=2))
    stream.say(by_name(next(numbers), "walk-in"), by_name(next(numbers), "pupil-1", "pupil"))
    soon(lambda: sum(stream.committed(PASSAGES).values()) == 3)


def two_gates_take(jti: str, stream: Stream, numbers: Iterator[int]) -> None:
    """Let a pass go in at two gates that were cut off."""
    stream.say(visitor_pass(jti, 2))
    taken = [shown(next(numbers), jti, gate) for gate in (GATE, SIDE_GATE)]
    stream.say(*(went(next(numbers), of) for of in taken))


def answers(stream: Stream) -> dict[str, dict[str, Any]]:
    """Give the decisions by read; a read that was answered in two ways fails the test."""
    decisions = stream.decisions()
    assert [read_id for read_id, values in decisions.items() if len(values) > 1] == []
    return {each["data"]["read"]: each["data"] for each in stream.said(ACCESS_DECISIONS)}


def uses(stream: Stream, state: str) -> dict[str, list[str]]:
    """Give the passes of which something was said, with the ids under which it was; no id may say two things."""
    values: dict[str, str] = {}
    found: dict[str, set[str]] = {}
    for envelope in stream.said(PASS_USES):
        assert values.setdefault(envelope["id"], str(envelope)) == str(envelope)
        if envelope["data"]["state"] == state:
            found.setdefault(envelope["data"]["jti"], set()).add(envelope["id"])
    return {jti: sorted(ids) for jti, ids in found.items()}


def test_a_pass_admits_once_across_kills_and_two_gates_and_is_used_by_its_passage(stream: Stream) -> None:
    """Forty passes, each shown at two gates; the worker is killed in between, and everything is sent again."""
    reads = [shown(10 * n, f"p{n}", gate) for n in MANY for gate in (GATE, SIDE_GATE)]
    stream.say(policy(version=2, anti_passback="off", reserve_s=NEVER), *(visitor_pass(f"p{n}") for n in MANY))
    worker = stream.worker(Role.ADMISSION).start().ready()
    stream.say(*reads[:30])
    soon(lambda: len(stream.said(PASS_USES)) > 0)
    worker.kill()
    stream.say(*reads[20:])
    worker.start().ready()
    soon(lambda: len(answers(stream)) == len(reads))
    admitted = {read_id for read_id, answer in answers(stream).items() if answer["verdict"] == "admit"}
    assert sorted(uses(stream, "reserved")) == sorted(f"p{n}" for n in MANY)
    assert {reserved for ids in uses(stream, "reserved").values() for reserved in ids} == {
        f"pass_use/reserved/{read_id}" for read_id in admitted
    }
    assert {answer["reason"] for answer in answers(stream).values()} == {"valid", "pass_reserved"}

    grants = [each for each in reads if each.id in admitted]
    gone, given_up = grants[: len(grants) // 2], grants[len(grants) // 2 :]
    passages = [went(1000 + n, of) for n, of in enumerate(gone)]
    passages += [went(2000 + n, of, "abandoned") for n, of in enumerate(given_up)]
    stream.say(*passages)
    soon(lambda: sum(stream.committed(PASSAGES).values()) == len(passages))
    worker.kill()
    stream.say(*passages, *reads)
    worker.start().ready()
    again = {
        of.data.credential: shown(3000 + n, of.data.credential.removeprefix("pass/")) for n, of in enumerate(grants)
    }
    stream.say(*again.values())
    soon(lambda: len(answers(stream)) == len(reads) + len(again))
    soon(lambda: sum(stream.committed(PASSAGES).values()) == 2 * len(passages))
    found = answers(stream)
    assert {found[again[of.data.credential].id]["reason"] for of in gone} == {"pass_used"}
    assert {found[again[of.data.credential].id]["reason"] for of in given_up} == {"valid"}
    assert {len(ids) for ids in uses(stream, "used").values()} == {1}
    assert len(uses(stream, "used")) == len(gone)
    assert len(uses(stream, "freed")) == len(given_up)
    assert stream.said(SIGNALS) == []
    assert stream.dead() == []


def test_a_pass_stays_reserved_and_used_when_another_worker_takes_the_school_over(stream: Stream) -> None:
    """Twelve passes; a second worker comes, the first one leaves, and everything is sent again."""
    few = range(12)
    reads = [shown(10 * n, f"p{n}") for n in few]
    stream.say(policy(version=2, anti_passback="off", reserve_s=NEVER), *(visitor_pass(f"p{n}") for n in few))
    first = stream.worker(Role.ADMISSION).start().ready()
    stream.say(*reads)
    soon(lambda: len(answers(stream)) == len(reads))
    passages = [went(1000 + n, of) for n, of in enumerate(reads[:6])]
    stream.say(*passages)
    soon(lambda: sum(stream.committed(PASSAGES).values()) == len(passages))
    stream.worker(Role.ADMISSION, "two").start().ready()
    assert first.terminate() == 0
    again = [shown(2000 + n, f"p{n}", SIDE_GATE) for n in few]
    stream.say(*reads, *passages, *again)
    soon(lambda: len(answers(stream)) == len(reads) + len(again))
    soon(lambda: sum(stream.committed(PASSAGES).values()) == 2 * len(passages))
    found = answers(stream)
    assert [found[of.id]["reason"] for of in again] == ["pass_used"] * 6 + ["pass_reserved"] * 6
    assert {len(ids) for ids in uses(stream, "used").values()} == {1}
    assert {found[of.id]["verdict"] for of in reads} == {"admit"}
    assert stream.said(SIGNALS) == []
    assert stream.dead() == []


def test_what_the_school_says_of_a_pass_or_its_holder_holds_at_the_next_read_within_a_second(stream: Stream) -> None:
    """Revoked, an item found, room for no more, and a pass that two gates took while they were cut off: one worker
    hears of all of it while it runs.
    """
    passes = [f"p{number}" for number in range(TRIES)]
    always = policy(version=2, anti_passback="off", reserve_s=0.0)
    stream.say(always, *(visitor_pass(jti, entries="multiple") for jti in passes))
    stream.worker(Role.ADMISSION).start().ready()
    decisions, numbers = stream.listen(ACCESS_DECISIONS), count(1)

    def reason_of(jti: str) -> str:
        stream.say(asked := shown(next(numbers), jti))
        return str(_answer(decisions, asked)["reason"])

    assert reason_of(passes[0]) == "valid"
    waited_s = []
    for jti in passes[:-3]:
        stream.say(visitor_pass(jti, 2, entries="multiple", revoked_at=now() - timedelta(seconds=1)))
        acknowledged = time.monotonic()
        assert reason_of(jti) == "revoked"
        waited_s.append(time.monotonic() - acknowledged)
    assert max(waited_s) <= WITHIN_S, sorted(waited_s)[-5:]

    first, second, third = passes[-3:]
    for standing, reason in STANDINGS:
        stream.say(screening(standing, next(numbers), holder=f"visitor-{first}"))
        acknowledged = time.monotonic()
        assert reason_of(first) == reason
        assert time.monotonic() - acknowledged <= WITHIN_S

    stream.say(policy(version=3, anti_passback="off", reserve_s=0.0, visitor_capacity=1))
    stream.say(asked := shown(next(numbers), second))
    assert _answer(decisions, asked)["verdict"] == "admit"
    signals = stream.listen(SIGNALS)
    stream.say(went(next(numbers), asked))
    soon(lambda: sum(stream.committed(PASSAGES).values()) == 1)
    assert reason_of(third) == "capacity_full"
    somebody_comes_by_name(stream, numbers)
    stream.say(asked := shown(next(numbers), third))
    assert _answer(decisions, asked)["values"] == {"inside": "2", "capacity": "2", "unsure": "1"}
    two_gates_take(third, stream, numbers)
    told = signals.hears(lambda envelope: envelope["data"]["rule"] == "pass_used_twice")
    assert told["data"]["credential"] == f"pass/{third}"


def _answer(decisions: Listener, asked: Event[Any]) -> dict[str, Any]:
    return dict(decisions.hears(lambda envelope: envelope["data"]["read"] == asked.id)["data"])
