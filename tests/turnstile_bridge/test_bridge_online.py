"""With a stream: the gate asks first, and acts only on an answer that is signed for it, for now, where it belongs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.credential_read import CredentialRead
from schemas.envelope import Event
from schemas.reasons import Reason, Verdict
from schemas.site_mode import SiteMode
from schemas.topics import ACCESS_DECISIONS, GATE_ACTS, GATE_EVENTS, PANICS, PASSAGES, SITE_MODES, Role
from tests.parts.waiting import eventually
from tests.turnstile_bridge.gate_home import STAFF, STRANGER, BridgeProcess, GateHome, data_of
from tests.turnstile_bridge.stream_side import StreamSide
from turnstile_bridge.simulated_school.school import SimulatedSchool


@pytest.fixture
def bridge(online_home: GateHome, stream: StreamSide, online_school: SimulatedSchool) -> BridgeProcess:
    """Give a bridge that is on its line and follows the stream."""
    del online_school
    bridge = online_home.bridge().ready()
    eventually(
        lambda: bridge.said("facts_followed") and bridge.said("decisions_followed"),
        within_s=40,
        saying="the bridge follows",
    )
    eventually(
        lambda: data_of(stream.records(GATE_EVENTS), kind="heartbeat"),
        within_s=40,
        saying="a heartbeat has gone through",
    )
    return bridge


def acts(stream: StreamSide) -> list[dict[str, Any]]:
    """Give the acts that the stream has."""
    return data_of(stream.records(GATE_ACTS))


@pytest.mark.usefixtures("bridge")
def test_a_card_that_the_stream_admits_opens_the_gate_and_its_passage_is_told(
    stream: StreamSide, online_school: SimulatedSchool
) -> None:
    with stream.answering(stream.admit):
        walked = online_school.walk_through("entry")
        online_school.show_card("entry", *STAFF)
        assert walked.result(5)
    online_school.wait_for("lamp", reader="entry", look="granted")
    [passage] = eventually(lambda: data_of(stream.records(PASSAGES)))
    [act] = acts(stream)
    assert (act["decided_by"], act["verdict"], act["policy_version"]) == ("online", "admit", 7)
    assert passage["outcome"] == "entered"
    assert (passage["grant"], passage["read"], passage["holder"]) == (act["grant"], act["read"], "staff-1")


@pytest.mark.usefixtures("bridge")
def test_a_card_that_the_stream_refuses_is_shown_red_and_opens_nothing(
    online_home: GateHome, stream: StreamSide, online_school: SimulatedSchool
) -> None:
    def refuse(read: Event[CredentialRead]) -> None:
        decision = stream.decision(read, Verdict.REFUSE, Reason.REVOKED)
        stream.produce(ACCESS_DECISIONS, decision, online_home.services[Role.ADMISSION])

    with stream.answering(refuse):
        online_school.show_card("entry", *STRANGER)
        online_school.wait_for("lamp", reader="entry", look="denied")
    [act] = eventually(lambda: acts(stream))
    assert (act["decided_by"], act["verdict"], act["reason"], act["grant"]) == ("online", "refuse", "revoked", None)
    assert not [told for told in online_school.told if told["event"] == "relay_closed"]


@pytest.mark.parametrize(
    "wrong", ["another service's key", "another partition", "expired", "not for this card", "rubbish"]
)
@pytest.mark.usefixtures("bridge")
def test_an_answer_that_cannot_be_trusted_is_not_acted_on(
    wrong: str, online_home: GateHome, stream: StreamSide, online_school: SimulatedSchool
) -> None:
    admission, web = online_home.services[Role.ADMISSION], online_home.services[Role.WEB]

    def answer(read: Event[CredentialRead]) -> None:
        good = stream.decision(read, Verdict.ADMIT, Reason.VALID)
        match wrong:
            case "another service's key":
                stream.produce(
                    ACCESS_DECISIONS,
                    Event(id=good.id, source=web.source, time=good.time, site=good.site, data=good.data),
                    web,
                )
            case "another partition":
                place = stream.placement.partition(ACCESS_DECISIONS, good.site)
                stream.produce(
                    ACCESS_DECISIONS, good, admission, partition=(place + 1) % stream.placement.gate_partitions
                )
            case "expired":
                stream.produce(
                    ACCESS_DECISIONS, stream.decision(read, Verdict.ADMIT, Reason.VALID, lasts_s=-1), admission
                )
            case "not for this card":
                other = Event(
                    id=read.id, source=read.source, time=read.time, site=read.site, data=_of(read.data, online_home)
                )
                stream.produce(ACCESS_DECISIONS, stream.decision(other, Verdict.ADMIT, Reason.VALID), admission)
            case _:
                stream.raw(ACCESS_DECISIONS, b'{"specversion": "1.0", "id": ')

    def shown() -> list[dict[str, Any]]:
        """Show the card, again when nothing came of it: in the first second of a session a reader takes none."""
        online_school.show_card("entry", *STAFF)
        return eventually(lambda: acts(stream), 4)

    with stream.answering(answer):
        act = eventually(shown, 20)[0]
    assert (act["decided_by"], act["verdict"], act["reason"]) == ("gate", "ask", "no_policy")
    assert not [told for told in online_school.told if told["event"] == "relay_closed"]


def _of(said: CredentialRead, home: GateHome) -> CredentialRead:
    return CredentialRead(
        gate=said.gate,
        reader=said.reader,
        direction=said.direction,
        credential=home.hash(STRANGER),
        technology="card",
        bits=said.bits,
        answer_by=said.answer_by,
    )


def test_a_late_answer_opens_nothing(
    online_home: GateHome, stream: StreamSide, online_school: SimulatedSchool, bridge: BridgeProcess
) -> None:
    reads: list[Event[CredentialRead]] = []
    with stream.answering(reads.append):
        online_school.show_card("entry", *STRANGER)
        eventually(lambda: acts(stream))
    stream.admit(reads[0])
    stream.publish(online_home.policy())  # when the gate has this, it has long had the late answer
    with stream.answering(stream.admit):
        online_school.show_card("entry", *STAFF)
        online_school.wait_for("relay_closed")
    eventually(lambda: len(acts(stream)) == 2)
    assert [act["credential"] for act in acts(stream) if act["verdict"] == "admit"] == [online_home.hash(STAFF)]
    assert bridge.stop() == 0


@pytest.mark.usefixtures("bridge")
def test_facts_reach_a_running_gate_and_a_revocation_beats_what_it_knew(
    online_home: GateHome, stream: StreamSide, online_school: SimulatedSchool
) -> None:
    stream.publish(online_home.policy(answer_within_ms=50))
    stream.publish(online_home.credential(STAFF, "staff"))
    eventually(lambda: _fact_versions(online_home) == {"site_policy": 1, "credential": 1})
    online_school.show_card("exit", *STAFF)
    online_school.show_card("entry", *STAFF)
    online_school.wait_for("relay_closed", direction="entry")
    stream.publish(online_home.credential(STAFF, "staff", version=2, revoked_at=datetime.now(UTC)))
    eventually(lambda: _fact_versions(online_home)["credential"] == 2)
    stream.publish(online_home.credential(STAFF, "staff"))  # an older version, repeated, changes nothing
    online_school.walk_through("entry").result(5)

    def shown_again() -> list[dict[str, Any]]:
        online_school.show_card("entry", *STAFF)
        return data_of(stream.records(GATE_ACTS), reason="revoked")

    eventually(shown_again)
    assert data_of(stream.records(GATE_ACTS), verdict="admit", decided_by="gate")


def _fact_versions(home: GateHome) -> dict[str, int]:
    import sqlite3  # noqa: PLC0415

    connection = sqlite3.connect(home.folder / "data" / "facts.sqlite")
    try:
        return dict(connection.execute("SELECT noun, version FROM facts").fetchall())
    finally:
        connection.close()


@pytest.mark.usefixtures("bridge")
def test_a_fact_that_administration_did_not_sign_is_refused_and_kept(online_home: GateHome, stream: StreamSide) -> None:
    stream.publish(online_home.credential(STRANGER, "staff"), signer=online_home.services[Role.WEB])
    stream.publish(online_home.credential(STAFF, "staff"))
    eventually(lambda: _fact_versions(online_home) == {"credential": 1})
    [beat] = eventually(
        lambda: [
            beat for beat in data_of(stream.records(GATE_EVENTS), kind="heartbeat") if beat["detail"]["refused"] == "1"
        ][:1]
    )
    assert beat


@pytest.mark.usefixtures("bridge")
def test_a_free_site_holds_its_gates_open_and_passages_are_free(
    online_home: GateHome, stream: StreamSide, online_school: SimulatedSchool
) -> None:
    del online_home
    stream.publish(SiteMode(version=1, mode="evacuation", drill=False, by=["duty"], because=None))
    online_school.wait_for("relay_closed", direction="entry")
    assert online_school.walk_through("entry").result(5)
    [passage] = eventually(lambda: data_of(stream.records(PASSAGES)))
    assert passage["outcome"] == "free"
    assert data_of(stream.records(GATE_EVENTS), kind="mode_changed")
    stream.publish(SiteMode(version=2, mode="normal", drill=False, by=["duty", "director"], because=None))
    online_school.wait_for("relay_opened", direction="entry")
    assert stream.records(SITE_MODES)


def test_a_press_is_with_the_stream_at_once_and_confirmed(
    stream: StreamSide, online_school: SimulatedSchool, bridge: BridgeProcess
) -> None:
    online_school.press_panic("post")
    [press] = eventually(lambda: data_of(stream.records(PANICS)))
    assert (press["button"], press["silent"], press["test"]) == ("post", False, None)
    eventually(lambda: bridge.said("panic_confirmed"))
