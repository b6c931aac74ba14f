"""What an installer sees: check and journal."""

import subprocess
import sys

from schemas.gate_event import GateEvent
from schemas.topics import GATE_EVENTS
from tests.turnstile_bridge.gate_home import GateHome
from turnstile_bridge.clock import instant
from turnstile_bridge.gate_words import Say
from turnstile_bridge.journal import Journal
from turnstile_bridge.simulated_school.school import SimulatedSchool


def typed(home: GateHome, command: str) -> tuple[int, str]:
    """Type a command; gives its exit status and what it printed."""
    line = [sys.executable, "-m", "turnstile_bridge.cli", command, "--settings", str(home.settings)]
    done = subprocess.run(
        line, capture_output=True, text=True, check=False, timeout=60, env={"COLUMNS": "160", "PATH": ""}
    )
    return done.returncode, done.stdout + done.stderr


def test_check_names_the_gate_and_what_does_not_answer(home: GateHome, school: SimulatedSchool) -> None:
    del school
    status, printed = typed(home, "check")
    assert status == 1
    assert "gate school-1-main of site school-1" in printed
    answers = {
        line.split("│")[1].strip(): line.split("│")[2].strip() for line in printed.splitlines() if line.count("│") > 2
    }
    assert answers["keys"] == "answers"
    assert answers["port"] == "answers"
    assert "KafkaTimeoutError" in answers["broker"]


def test_check_tells_a_port_that_is_not_there(home: GateHome) -> None:
    status, printed = typed(home, "check")
    assert status == 1
    assert "could not open port" in printed


def test_check_names_a_misspelt_setting(home: GateHome) -> None:
    home.change("data_dir", "data_dri")
    status, printed = typed(home, "check")
    assert status == 2
    assert "unknown setting data_dri: did you mean data_dir?" in printed


def test_journal_tells_what_waits(home: GateHome) -> None:
    configuration = home.configuration
    journal = Journal(
        configuration.data_dir / "journal.sqlite",
        site="school-1",
        signer=configuration.signer(),
        placement=configuration.placement,
        max_rows=1000,
        max_bytes=1_000_000,
    )
    event = GateEvent(gate="school-1-main", kind="heartbeat", device=None, gap_s=None, detail={})
    journal.write([(Say(GATE_EVENTS, event), instant().at)] * 3)
    journal.close()
    status, printed = typed(home, "journal")
    assert status == 0
    [row] = [line for line in printed.splitlines() if "gate_events" in line]
    assert row.split("│")[2].strip() == "3"
