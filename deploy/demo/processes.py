"""Starts the demo's processes, waits until each says that it is ready, and ends every one of them, whatever happens."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from deploy.child_process import dies_with_parent

_STOP_S = 10.0
_POLL_S = 0.02
_TAIL_LINES = 12


class ProcessFailed(Exception):  # noqa: N818  told to the person at the terminal
    """A process ended or did not become ready; the text has its last log lines."""


class Started:
    """One running process with its log file. ``READY`` in its log means that it serves."""

    def __init__(self, name: str, command: Sequence[str], log: Path, *, talks: bool = False) -> None:
        """Start a command; ``talks`` opens pipes for a process that is spoken to in lines."""
        self.name = name
        self.log = log
        self.started_s = time.monotonic()
        with log.open("ab") as file:
            self.process = subprocess.Popen(  # noqa: S603  our own commands
                list(command),
                stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
                stdout=subprocess.PIPE if talks else file,
                stderr=file,
                preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509  the child only sets its own death signal
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Give the process id."""
        return self.process.pid

    def pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Give standard input and output of a process that talks."""
        if self.process.stdin is None or self.process.stdout is None:
            message = f"{self.name} was not started to talk"
            raise RuntimeError(message)
        return self.process.stdin, self.process.stdout

    def wait_ready(self, mark: bytes, within_s: float) -> None:
        """Return when the log has the mark; raises ProcessFailed with the log's end when the process ends or the
        time is over.
        """
        deadline = time.monotonic() + within_s
        while mark not in self.log.read_bytes():
            if self.process.poll() is not None:
                raise ProcessFailed(self._told(f"ended with status {self.process.returncode}"))
            if time.monotonic() > deadline:
                raise ProcessFailed(self._told(f"not ready within {within_s:.0f} s"))
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Ask it to end, and make it end when it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _told(self, what: str) -> str:
        tail = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        return "\n".join([f"{self.name}: {what}. The end of {self.log}:", *tail])


def resident_mb(pid: int) -> float:
    """Give a process's resident memory in MB, as Linux counts it."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def stop_all(processes: Sequence[Started]) -> None:
    """End processes side by side, so that leaving is quick."""
    threads = [threading.Thread(target=process.stop) for process in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
