"""Without a stream: the gate decides alone from what it knows, says everything into its journal, and survives a
kill.
"""

import signal
from datetime import UTC, datetime, timedelta

import pytest

from schemas.credential_read import Direction
from schemas.gate_event import GateEvent
from schemas.topics import CREDENTIAL_READS, GATE_ACTS, GATE_EVENTS, PANICS, PASSAGES
from tests.parts.waiting import eventually
from tests.turnstile_bridge.gate_home import GATE, PUPIL, SITE, STAFF, STRANGER, GateHome, data_of
from turnstile_bridge.gate_words import Hold, Say
from turnstile_bridge.journal import Journal
from turnstile_bridge.simulated_school.school import SimulatedSchool


def opened(school: SimulatedSchool) -> int:
    """Count how often a relay has closed."""
    return sum(told["event"] == "relay_closed" for told in school.told)


def test_a_gate_that_never_saw_a_stream_lets_in_whom_it_knows_and_nobody_else(
    home: GateHome, school: SimulatedSchool
) -> None:
    home.knows(home.policy(), home.credential(STAFF, "staff"))
    bridge = home.bridge().ready()
    walked = school.walk_through("entry")
    school.show_card("entry", *STAFF)
    assert walked.result(10)
    school.wait_for("lamp", look="granted")
    school.show_card("entry", *STRANGER)
    school.wait_for("lamp", look="denied")
    [entered] = eventually(lambda: data_of(home.journalled(PASSAGES)))
    staff, stranger = eventually(lambda: data_of(home.journalled(GATE_ACTS))[:2])
    assert (staff["verdict"], staff["decided_by"], staff["holder"]) == ("admit", "gate", "staff-1")
    assert (stranger["verdict"], stranger["reason"]) == ("refuse", "unknown_credential")
    assert (entered["outcome"], entered["grant"]) == ("entered", staff["grant"])
    assert opened(school) == 1
    assert bridge.stop() == 0


def test_who_came_in_here_is_inside_also_for_a_gate_alone_until_they_leave(
    home: GateHome, school: SimulatedSchool
) -> None:
    home.knows(home.policy(), home.credential(STAFF, "staff"))
    home.bridge().ready()
    ways: tuple[Direction, ...] = ("entry", "exit")
    for way in ways:
        school.show_card(way, *STAFF)
        assert school.walk_through(way).result(10)
    eventually(lambda: [said["outcome"] for said in data_of(home.journalled(PASSAGES))] == ["entered", "left"])
    eventually(lambda: _again(home, school, "valid"))
    assert school.walk_through("entry").result(10)
    eventually(lambda: len(home.journalled(PASSAGES)) == 3)
    eventually(lambda: _again(home, school, "already_inside"))


def _again(home: GateHome, school: SimulatedSchool, reason: str) -> bool:
    before = len(home.journalled(GATE_ACTS))
    school.show_card("entry", *STAFF)
    eventually(lambda: len(home.journalled(GATE_ACTS)) > before, 5)
    return str(data_of(home.journalled(GATE_ACTS))[-1]["reason"]) == reason


def test_an_exit_opens_for_a_card_that_nobody_knows(home: GateHome, school: SimulatedSchool) -> None:
    home.bridge().ready()
    school.show_card("exit", *STRANGER)
    assert school.walk_through("exit").result(10)
    [act] = eventually(lambda: data_of(home.journalled(GATE_ACTS)))
    assert (act["reason"], act["verdict"]) == ("exit_free", "admit")


def test_a_forced_passage_a_tamper_a_fire_and_a_power_cut_are_told_for_what_they_are(
    home: GateHome, school: SimulatedSchool
) -> None:
    home.bridge().ready()
    school.power_cut()
    eventually(lambda: data_of(home.journalled(GATE_EVENTS), kind="power_fault"))
    school.wait_for("power_back")
    school.tamper(on=True)
    eventually(lambda: data_of(home.journalled(GATE_EVENTS), kind="tamper"))
    school.force("entry")
    eventually(lambda: data_of(home.journalled(GATE_EVENTS), kind="forced"))
    school.fire(on=True)
    school.wait_for("relay_closed", direction="exit")
    assert school.walk_through("exit").result(5)
    eventually(lambda: [passage["outcome"] for passage in data_of(home.journalled(PASSAGES))] == ["forced", "free"])


def test_a_turnstile_that_is_kept_open_is_told_once(home: GateHome, school: SimulatedSchool) -> None:
    home.change("wait_s = 5.0", "wait_s = 5.0\nheld_after_s = 1.0")
    home.bridge().ready()
    school.stand_in("entry", on=True)
    [told] = eventually(lambda: data_of(home.journalled(GATE_EVENTS), kind="held_open"))
    assert told["device"] == "entry"
    school.stand_in("entry", on=False)
    school.stand_in("entry", on=True)
    eventually(lambda: len(data_of(home.journalled(GATE_EVENTS), kind="held_open")) == 2)


def killed_while(home: GateHome, hold: Hold) -> None:
    """Leave a journal as a bridge does that is killed while it holds the gate free."""
    folder = home.configuration.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    journal = Journal(
        folder / "journal.sqlite",
        site=SITE,
        signer=home.gate_signer,
        placement=home.configuration.placement,
        max_rows=1000,
        max_bytes=10**6,
    )
    told = GateEvent(gate=GATE, kind="mode_changed", device=None, gap_s=None, detail={"mode": "held_free"})
    journal.write([(Say(GATE_EVENTS, told, hold=hold), hold.since)])
    journal.close()


def test_a_hold_that_a_kill_cut_off_goes_on_and_ends_by_itself_without_a_stream(
    home: GateHome, school: SimulatedSchool
) -> None:
    now = datetime.now(UTC)
    until = now + timedelta(seconds=8)
    hold = Hold(answer="administration:1:7", because="crew_coming", by="sabit", since=now, until=until)
    killed_while(home, hold)
    home.bridge().ready()
    school.wait_for("relay_closed", direction="entry", timeout_s=10)
    assert school.walk_through("entry").result(5)
    eventually(lambda: [one["outcome"] for one in data_of(home.journalled(PASSAGES))] == ["free"])
    school.wait_for("relay_opened", direction="entry", timeout_s=20)
    changes = eventually(lambda: data_of(home.journalled(GATE_EVENTS), kind="mode_changed")[2:])
    assert [(one["detail"]["over"], one["detail"]["by"]) for one in changes] == [("time", "sabit")]
    assert datetime.now(UTC) >= until
    assert opened(school) >= 2


def test_a_press_shorter_than_a_poll_is_a_panic_and_a_silent_one_shows_nothing(
    home: GateHome, school: SimulatedSchool
) -> None:
    home.bridge().ready()
    school.press_panic("post")
    school.press_panic("under-desk")
    eventually(lambda: len(home.journalled(PANICS)) == 2)
    presses = data_of(home.journalled(PANICS))
    assert {str(press["button"]): press["silent"] for press in presses} == {"post": False, "under-desk": True}
    assert not [told for told in school.told if told["event"] in {"lamp", "text"}]


def test_a_press_that_nobody_confirms_says_at_the_post_to_call(home: GateHome, school: SimulatedSchool) -> None:
    home.bridge().ready()
    school.press_panic("post")
    assert school.wait_for("text", 15)["text"] == "102"


def test_a_kill_with_an_open_gate_repeats_nothing_and_closes_the_grant_once(
    home: GateHome, school: SimulatedSchool
) -> None:
    home.knows(home.policy(), home.credential(STAFF, "staff"))
    first = home.bridge().ready()
    school.show_card("entry", *STAFF)
    school.wait_for("relay_closed")
    first.kill()
    home.bridge().ready()
    [passage] = eventually(lambda: data_of(home.journalled(PASSAGES)), 15)
    assert (passage["outcome"], passage["grant"]) == ("abandoned", data_of(home.journalled(GATE_ACTS))[0]["grant"])
    assert opened(school) == 1
    assert len(home.journalled(CREDENTIAL_READS)) == len(home.journalled(GATE_ACTS)) == 1


def test_a_kill_while_a_read_waits_gives_it_one_act_that_opens_nothing(home: GateHome, school: SimulatedSchool) -> None:
    home.knows(home.policy(answer_within_ms=5000), home.credential(STAFF, "staff"))
    first = home.bridge().ready()
    school.show_card("entry", *STAFF)
    [read] = eventually(lambda: home.journalled(CREDENTIAL_READS))
    first.kill()
    home.bridge().ready()
    [act] = eventually(lambda: data_of(home.journalled(GATE_ACTS)))
    assert (act["read"], act["verdict"], act["grant"]) == (read.id, "admit", None)
    assert opened(school) == 0


def test_a_pupil_is_asked_for_not_refused_when_the_rules_say_no(home: GateHome, school: SimulatedSchool) -> None:
    home.knows(home.policy(), home.credential(PUPIL, "pupil", revoked_at=home.credential(PUPIL, "pupil").valid_from))
    home.bridge().ready()
    school.show_card("entry", *PUPIL)
    school.wait_for("lamp", look="wait")
    [act] = eventually(lambda: data_of(home.journalled(GATE_ACTS)))
    assert (act["verdict"], act["reason"], act["grant"]) == ("ask", "revoked", None)


def test_a_second_bridge_for_the_same_gate_is_refused(home: GateHome, school: SimulatedSchool) -> None:
    del school
    first = home.bridge().ready()
    second = home.bridge()
    assert second.ended() == 2
    assert "another bridge serves gate school-1-main" in second.lines[-1]
    assert first.process.poll() is None


def test_a_port_that_another_program_has_is_named(home: GateHome, school: SimulatedSchool) -> None:
    del school
    home.bridge().ready()
    home.change('data_dir = "data"', 'data_dir = "other"')
    other = home.bridge()
    assert other.ended() == 2
    assert "osdp.port" in other.lines[-1]
    assert "in use" in other.lines[-1]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('gate = "school-1-main"', "", "missing setting gate"),
        ('port = "line"', 'prot = "line"', "unknown setting osdp.prot: did you mean osdp.port?"),
        ('card_key = "cards.key"', 'card_key = "no.key"', "setting card_key"),
        (
            'card_key = "cards.key"',
            'card_key = "scbk.key"',
            "setting card_key: scbk.key holds 16 bytes, this key has 32",
        ),
        ('unlock_exit = { reader = "entry"', 'unlock_exit = { reader = "back"', "setting turnstile.unlock_exit.reader"),
        ("wait_s = 5.0", "wait_s = 60.0", "setting turnstile.wait_s"),
        ('gate = "school-1-main"', 'gate = "Школа 1"', "setting gate"),
    ],
)
def test_a_wrong_setting_is_named_and_ends_it_with_status_2(home: GateHome, old: str, new: str, named: str) -> None:
    home.change(old, new)
    bridge = home.bridge()
    assert bridge.ended() == 2
    assert named in bridge.lines[-1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_bridge_that_is_asked_to_end_ends_cleanly(
    home: GateHome, school: SimulatedSchool, number: signal.Signals
) -> None:
    del school
    bridge = home.bridge().ready()
    bridge.process.send_signal(number)
    assert bridge.ended() == 0
    assert bridge.said("stopped")
