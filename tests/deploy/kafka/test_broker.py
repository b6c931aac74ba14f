"""The local broker on its bad days: killed, paused, its port taken, its parent gone, its jars missing."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from deploy.kafka.broker import KafkaUnavailableError, LocalKafka
from deploy.kafka.probe import answers
from tests.parts.broker import JARS
from tests.parts.test_parts import make_topic, topics_of
from tests.parts.waiting import eventually
from tests.repository.tree import ROOT

PARENT = """
import sys
from pathlib import Path
from deploy.kafka.broker import LocalKafka
broker = LocalKafka(Path(sys.argv[1]), Path(sys.argv[2]))
broker.start()
print(broker.pid, flush=True)
sys.stdin.read()
"""


def test_a_killed_broker_keeps_its_port_and_its_topics(broker_of_its_own: LocalKafka) -> None:
    make_topic(broker_of_its_own, "reads")
    port = broker_of_its_own.port
    broker_of_its_own.kill()
    assert broker_of_its_own.pid is None
    assert not answers(port, timeout_s=0.2)
    broker_of_its_own.start()
    broker_of_its_own.wait_ready()
    assert broker_of_its_own.port == port
    assert "reads" in topics_of(broker_of_its_own)


def test_a_paused_broker_answers_nobody_until_it_is_resumed(broker_of_its_own: LocalKafka) -> None:
    broker_of_its_own.pause()
    assert not answers(broker_of_its_own.port, timeout_s=0.3)
    broker_of_its_own.resume()
    broker_of_its_own.wait_ready()


def test_a_taken_port_is_named_and_nothing_is_started(
    kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory
) -> None:
    second = LocalKafka(kafka.jars, tmp_path_factory.mktemp("second"), port=kafka.port)
    with pytest.raises(KafkaUnavailableError, match=f"port {kafka.port} is in use"):
        second.start()
    assert second.pid is None


def test_a_broker_dies_with_the_program_that_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(JARS), str(tmp_path / "kafka")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        broker_pid = int(parent.stdout.readline())
        assert is_running(broker_pid)
        parent.send_signal(signal.SIGKILL)
    eventually(lambda: not is_running(broker_pid), saying="the broker is gone")


def is_running(pid: int) -> bool:
    """Return whether a process runs; one that ended and was not yet waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_missing_jars_are_told_with_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(KafkaUnavailableError, match="Type: make prepare"):
        LocalKafka(tmp_path, tmp_path / "kafka").start()


def test_no_java_is_told_with_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(KafkaUnavailableError, match=r"there is no `java` on the PATH. Type: make prepare"):
        LocalKafka(JARS, tmp_path / "kafka").start()


def test_a_broker_is_started_only_where_it_lives_as_long_as_the_program(tmp_path: Path) -> None:
    told: list[str] = []

    def start_elsewhere() -> None:
        try:
            LocalKafka(JARS, tmp_path / "kafka").start()
        except KafkaUnavailableError as error:
            told.append(str(error))

    thread = threading.Thread(target=start_elsewhere)
    thread.start()
    thread.join()
    assert "main thread" in told[0]
