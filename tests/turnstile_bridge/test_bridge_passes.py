"""A gate with QR scanners, alone: passes shown on a phone, and what somebody shows instead."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from schemas.topics import CREDENTIAL_READS, GATE_ACTS, GATE_EVENTS, PASSAGES
from tests.parts.waiting import eventually
from tests.turnstile_bridge.gate_home import BridgeProcess, GateHome, data_of
from turnstile_bridge.simulated_school.school import SimulatedSchool

JTI = "7f3a9c10b2d84e55"


@pytest.fixture
def bridge(home: GateHome, school: SimulatedSchool) -> Iterator[BridgeProcess]:
    """Give a bridge that knows one visitor's pass."""
    del school
    home.knows(home.policy(), home.visitor_pass(JTI))
    bridge = home.bridge().ready()
    yield bridge
    assert not bridge.said("uplink_fault")


@pytest.mark.usefixtures("bridge")
def test_a_pass_that_is_held_before_the_scanner_lets_one_visitor_in_once(
    home: GateHome, school: SimulatedSchool
) -> None:
    token = home.token(JTI)
    walked = school.walk_through("entry")
    school.show_pass("qr-entry", token, times=7)
    assert walked.result(5)
    school.wait_for("lamp", reader="entry", look="granted")
    [passage] = eventually(lambda: data_of(home.journalled(PASSAGES)))
    assert (passage["outcome"], passage["holder"]) == ("entered", f"visitor-{JTI}")
    [read] = data_of(home.journalled(CREDENTIAL_READS))
    assert (read["technology"], read["credential"], read["reader"], read["bits"]) == (
        "qr",
        f"pass/{JTI}",
        "qr-entry",
        0,
    )
    assert read["pass_fault"] is None
    shown = len(school.told)

    def shown_again() -> bool:
        school.show_pass("qr-entry", token, times=1)
        return bool(data_of(home.journalled(GATE_ACTS), reason="pass_used"))

    eventually(shown_again)
    school.wait_for("lamp", after=shown, reader="entry", look="denied")
    assert token.encode() not in (home.folder / "data" / "journal.sqlite").read_bytes(), (
        "the text opens the gate: it is not kept"
    )


@pytest.mark.usefixtures("bridge")
def test_the_scanner_of_the_way_out_opens_the_way_out(home: GateHome, school: SimulatedSchool) -> None:
    walked = school.walk_through("exit")
    school.show_pass("qr-exit", home.token(JTI), times=1)
    assert walked.result(5)
    [passage] = eventually(lambda: data_of(home.journalled(PASSAGES)))
    assert (passage["outcome"], passage["direction"]) == ("left", "exit")


@pytest.mark.parametrize(
    ("shown", "fault", "reason"),
    [
        ("another key", "forged", "pass_not_genuine"),
        ("a link", "unreadable", "pass_not_genuine"),
        ("nobody's pass", None, "unknown_credential"),
        ("a revoked pass", None, "revoked"),
    ],
)
@pytest.mark.usefixtures("bridge")
def test_what_is_no_pass_of_today_opens_nothing(
    shown: str, fault: str | None, reason: str, home: GateHome, school: SimulatedSchool
) -> None:
    texts = {
        "another key": home.token(JTI, os.urandom(32)),
        "a link": "https://example.org/pass",
        "nobody's pass": home.token("aaaaaaaaaaaaaaaa"),
        "a revoked pass": home.token(JTI),
    }
    if shown == "a revoked pass":
        home.knows(msgspec.structs.replace(home.visitor_pass(JTI), version=2, revoked_at=datetime.now(UTC)))
    school.show_pass("qr-entry", texts[shown], times=3)
    school.wait_for("lamp", reader="entry", look="denied")
    [read] = eventually(lambda: data_of(home.journalled(CREDENTIAL_READS)))
    [act] = eventually(lambda: data_of(home.journalled(GATE_ACTS)))
    assert (read["pass_fault"], act["verdict"], act["reason"]) == (fault, "refuse", reason)
    assert not [told for told in school.told if told["event"] == "relay_closed"]


def test_a_scanner_that_types_in_cyrillic_is_told_and_opens_nothing(
    home: GateHome, school: SimulatedSchool, bridge: BridgeProcess
) -> None:
    russian = str.maketrans(
        "qwertyuiopasdfghjklzxcvbnmQWERTYUIOPASDFGHJKLZXCVBNM.",
        "йцукенгшщзфывапролдячсмитьЙЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬю",
    )
    school.show_pass("qr-entry", home.token(JTI).translate(russian), times=1)
    [told] = eventually(lambda: data_of(home.journalled(GATE_EVENTS), kind="device_back"))
    assert (told["device"], told["detail"]) == ("qr-entry", {"keyboard_layout": "cyrillic"})
    [act] = eventually(lambda: data_of(home.journalled(GATE_ACTS)))
    assert (act["verdict"], act["reason"]) == ("refuse", "pass_not_genuine")
    assert bridge.said("scan_spoiled_by_layout")


def test_a_pulled_plug_is_told_and_cards_and_the_scanner_go_on(
    home: GateHome, school: SimulatedSchool, bridge: BridgeProcess
) -> None:
    school.unplug_scanner("qr-entry")
    [lost] = eventually(lambda: data_of(home.journalled(GATE_EVENTS), kind="device_silent"))
    assert lost["device"] == "qr-entry"
    school.show_card("exit", 26, bytes(4))
    school.wait_for("relay_closed", direction="exit")
    school.plug_scanner("qr-entry")
    [back] = eventually(lambda: data_of(home.journalled(GATE_EVENTS), kind="device_back"))
    assert back["gap_s"] > 1
    school.scanner_noise("qr-entry", 3000)
    eventually(lambda: bridge.said("scan_dropped"))
    school.show_pass("qr-entry", home.token(JTI))
    school.wait_for("relay_closed", direction="entry")


def test_a_clock_that_is_before_what_was_said_makes_a_question_of_a_yes(
    home: GateHome, school: SimulatedSchool
) -> None:
    import sqlite3  # noqa: PLC0415

    home.knows(home.policy(), home.visitor_pass(JTI))
    facts = sqlite3.connect(home.folder / "data" / "facts.sqlite")
    with facts:
        facts.execute("UPDATE newest SET at = '2036-01-01T00:00:00.000000+00:00'")
    facts.close()
    bridge = home.bridge().ready()
    school.show_pass("qr-entry", home.token(JTI), times=1)
    [act] = eventually(lambda: data_of(home.journalled(GATE_ACTS)))
    assert (act["verdict"], act["reason"], act["grant"]) == ("ask", "clock_doubted", None)
    assert len(eventually(lambda: data_of(home.journalled(GATE_EVENTS), kind="clock_wrong"))) == 1
    assert bridge.said("clock_wrong")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('terminator = "none"', 'terminator = "tab"', "setting scanners[1].terminator"),
        ('terminator = "none"', 'terminater = "none"', "unknown setting scanners[1].terminater"),
        ('name = "qr-exit"', 'name = "entry"', "setting scanners[1].name: 'entry' is a reader or scanner already"),
        ('name = "qr-exit"', 'name = "QR 2"', "setting scanners[1].name"),
        ('port = "qr-exit"', 'port = "qr-entry"', "setting scanners[1].port: qr-entry is taken"),
        ('port = "qr-exit"', 'port = "qr-exit"\nbaud = 5', "setting scanners[1].baud: 5 is not in 1200 to 921600"),
    ],
)
def test_a_wrong_scanner_is_named_and_ends_the_bridge_with_status_2(
    home: GateHome, old: str, new: str, named: str
) -> None:
    home.change(old, new)
    bridge = home.bridge()
    assert bridge.ended() == 2
    assert named in bridge.lines[-1].replace("...", "1")
