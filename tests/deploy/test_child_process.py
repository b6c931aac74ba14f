"""What is started does not outlive who started it, not even when that one dies in between."""

import signal
import subprocess
import sys

import pytest

from tests.deploy.kafka.test_broker import is_running
from tests.parts.waiting import eventually
from tests.repository.tree import ROOT

PARENT = """
import subprocess, sys
from signal import Signals
from deploy.child_process import dies_with_parent
child = subprocess.Popen(["sleep", "60"], preexec_fn=dies_with_parent(Signals(int(sys.argv[1]))))
print(child.pid, flush=True)
sys.stdin.read()
"""

ORPHAN = """
import os, signal
from deploy.child_process import dies_with_parent
begin = dies_with_parent(signal.SIGTERM)
if os.fork() == 0:
    if os.fork() == 0:  # its parent is not who made `begin`: as if that one had died since
        begin()
        os._exit(0)
    os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_child_gets_its_signal_when_its_parent_is_killed(number: signal.Signals) -> None:
    command = [sys.executable, "-c", PARENT, str(int(number))]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.send_signal(signal.SIGKILL)
    eventually(lambda: not is_running(child), saying="the child is gone")


def test_a_child_whose_parent_was_gone_before_it_could_ask_ends_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", ORPHAN], cwd=ROOT, timeout=30, check=False)
    assert done.returncode == 128 + signal.SIGTERM
