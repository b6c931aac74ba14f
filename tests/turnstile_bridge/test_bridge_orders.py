"""With a stream: a guard's answer and a pass reach the gate, and a revocation beats the pass in a visitor's hand."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
import pytest

from schemas.credential_read import CredentialRead
from schemas.envelope import Event
from schemas.guard_answer import GuardAnswer
from schemas.reasons import Reason, Verdict
from schemas.topics import ACCESS_DECISIONS, GATE_ACTS, GATE_EVENTS, PASSAGES, Role
from tests.parts.waiting import eventually
from tests.turnstile_bridge.gate_home import STAFF, BridgeProcess, GateHome, data_of
from tests.turnstile_bridge.stream_side import StreamSide
from turnstile_bridge.simulated_school.school import SimulatedSchool

JTI = "7f3a9c10b2d84e55"


@pytest.fixture
def bridge(online_home: GateHome, stream: StreamSide, online_school: SimulatedSchool) -> Iterator[BridgeProcess]:
    """Give a bridge that is on its line and follows the stream."""
    del online_school
    online_home.change("answer_within_ms = 1500", "answer_within_ms = 5000")
    bridge = online_home.bridge().ready()
    eventually(lambda: bridge.said("facts_followed") and bridge.said("decisions_followed"), within_s=40)
    eventually(lambda: data_of(stream.records(GATE_EVENTS), kind="heartbeat"), within_s=40)
    yield bridge
    assert not bridge.said("uplink_fault")


def says(read: str | None, answer: Literal["admit", "refuse"] = "admit", lasts_s: float = 60.0) -> GuardAnswer:
    """Word what the guard answers."""
    return GuardAnswer(
        gate="school-1-main",
        direction="entry",
        read=read,
        answer=answer,
        because="document_seen" if read else "card_forgotten",
        holder=None if read else "pupil-17",
        category=None if read else "pupil",
        by="guard",
        post="post-1",
        allowed_by=None,
        comment=None,
        expires_at=datetime.now(UTC) + timedelta(seconds=lasts_s),
    )


def by_guard(stream: StreamSide) -> list[dict[str, Any]]:
    """Give the acts that a guard's answer caused."""
    return data_of(stream.records(GATE_ACTS), decided_by="guard")


@pytest.mark.usefixtures("bridge")
def test_the_stream_asks_the_guard_says_yes_and_the_gate_opens_once(
    online_home: GateHome, stream: StreamSide, online_school: SimulatedSchool
) -> None:
    reads: list[str] = []

    def ask(read: Event[CredentialRead]) -> None:
        decision = stream.decision(read, Verdict.ASK, Reason.LATE)
        stream.produce(ACCESS_DECISIONS, decision, online_home.services[Role.ADMISSION])
        reads.append(read.id)

    with stream.answering(ask):
        online_school.show_card("entry", *STAFF)
        online_school.wait_for("lamp", reader="entry", look="wait")
    stream.publish(says(reads[0], lasts_s=-1))
    stream.publish(says(reads[0]), signer=online_home.services[Role.WEB])
    stream.publish(says(reads[0]))
    stream.publish(says(reads[0], "refuse"))
    stream.publish(says(None))
    online_school.wait_for("relay_closed", direction="entry")
    assert online_school.walk_through("entry").result(5)
    assert online_school.walk_through("entry").result(5)
    eventually(lambda: len(data_of(stream.records(PASSAGES))) == 2)
    first, second = by_guard(stream)
    assert (first["read"], first["verdict"], first["reason"]) == (reads[0], "admit", "late")
    assert (second["verdict"], second["holder"], second["category"]) == ("admit", "pupil-17", "pupil")
    assert [passage["holder"] for passage in data_of(stream.records(PASSAGES))] == ["staff-1", "pupil-17"]
    assert len([told for told in online_school.told if told["event"] == "relay_closed"]) == 2


@pytest.mark.usefixtures("bridge")
def test_a_pass_reaches_a_running_gate_and_its_revocation_too(
    online_home: GateHome, stream: StreamSide, online_school: SimulatedSchool
) -> None:
    stream.publish(online_home.policy(answer_within_ms=50))
    stream.publish(online_home.visitor_pass(JTI, "multiple"))
    eventually(lambda: versions(online_home).get("visitor_pass") == 1 and "site_policy" in versions(online_home))
    walked = online_school.walk_through("entry")
    online_school.show_pass("qr-entry", online_home.token(JTI))
    assert walked.result(5)
    revoked = msgspec.structs.replace(
        online_home.visitor_pass(JTI, "multiple"), version=2, revoked_at=datetime.now(UTC)
    )
    stream.publish(revoked)
    eventually(lambda: versions(online_home)["visitor_pass"] == 2)

    def shown_again() -> list[dict[str, Any]]:
        online_school.show_pass("qr-entry", online_home.token(JTI), times=1)
        return data_of(stream.records(GATE_ACTS), reason="revoked")

    eventually(shown_again)


@pytest.mark.usefixtures("bridge")
def test_a_crew_goes_in_and_out_freely_across_a_kill_until_a_person_ends_it(
    online_home: GateHome, stream: StreamSide, online_school: SimulatedSchool
) -> None:
    stream.publish(crew("admit", lasts_s=-1))
    stream.publish(crew("admit"), signer=online_home.services[Role.WEB])
    stream.publish(crew("admit"))
    online_school.wait_for("relay_closed", direction="entry")
    assert online_school.walk_through("entry").result(5)
    eventually(lambda: [one["outcome"] for one in data_of(stream.records(PASSAGES))] == ["free"])
    online_home.end()
    killed_at = len(online_school.told)
    online_home.bridge().ready()
    online_school.wait_for("relay_closed", direction="entry", after=killed_at, timeout_s=10)
    assert online_school.walk_through("entry").result(5)
    assert online_school.walk_through("exit").result(5)
    eventually(lambda: [one["outcome"] for one in data_of(stream.records(PASSAGES))] == ["free"] * 3)
    eventually(lambda: online_home.bridges[-1].said("decisions_followed"), within_s=40)
    eventually(lambda: told_over(stream, crew("refuse")), within_s=40)
    online_school.wait_for("relay_opened", direction="entry", after=killed_at)
    begun, again, *over = [one["detail"] for one in data_of(stream.records(GATE_EVENTS), kind="mode_changed")]
    assert (begun["mode"], begun["by"]) == (again["mode"], again["by"]) == ("held_free", "guard")
    assert begun["answer"] == again["answer"]
    assert [(one["over"], one["by"]) for one in over] == [("ended", "guard")]
    assert not data_of(stream.records(GATE_ACTS))


def told_over(stream: StreamSide, end: GuardAnswer) -> bool:
    """Say that the hold is over, and tell whether the gate has heard it."""
    stream.publish(end)
    found = data_of(stream.records(GATE_EVENTS), kind="mode_changed")
    return any("over" in one["detail"] for one in found)


def crew(answer: Literal["admit", "refuse"], lasts_s: float = 600.0) -> GuardAnswer:
    """Word that a crew is coming, or that it has come."""
    return msgspec.structs.replace(
        says(None, answer, lasts_s), because="crew_coming", holder=None, category="emergency"
    )


def versions(home: GateHome) -> dict[str, int]:
    """Give the version of each fact on the gate's disk."""
    connection = sqlite3.connect(home.folder / "data" / "facts.sqlite")
    try:
        return dict(connection.execute("SELECT noun, version FROM facts").fetchall())
    finally:
        connection.close()
