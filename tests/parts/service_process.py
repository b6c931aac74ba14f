"""One process of ``qaqpa``, started as an operator starts it."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.parts.waiting import eventually

_READY_S = 30.0
_STOP_S = 15.0


class ServiceProcess:
    """``qaqpa NAME`` with its log beside its settings file; the log goes on when it is started again."""

    def __init__(self, name: str, settings: Path) -> None:
        self._name = name
        self._settings = settings
        self._log = settings.with_name(f"{name}.log")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns at once."""
        command = [sys.executable, "-m", "services.cli", self._name, "--settings", str(self._settings)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log)

    def start_ready(self) -> None:
        """Start it and return when it says that it serves."""
        ready = f"ready process={self._name}"
        before = self.said(ready)
        self.start()
        eventually(lambda: self.said(ready) > before or self.ended, within_s=_READY_S)
        assert not self.ended, self._text()

    def stop(self) -> int | None:
        """Ask it to end and give its exit status; None when it was not started."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    @property
    def ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def said(self, *words: str) -> int:
        """Count the log's lines that hold all these words."""
        return sum(all(word in line for word in words) for line in self._text().splitlines())

    def _end(self, number: signal.Signals) -> int | None:
        if self._process is None:
            return None
        self._process.send_signal(number)
        status = self._process.wait(_STOP_S)
        self._process = None
        return status

    def _text(self) -> str:
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""
