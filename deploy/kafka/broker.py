"""Starts one real Kafka broker on this machine, for the demo, the tests and the bench, and never leaves it behind.

Standard library only: whoever has a Python and the jars of pom.xml can run it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from string import Template
from types import TracebackType
from typing import Self

from deploy.child_process import dies_with_parent
from deploy.kafka.java import java_problem
from deploy.kafka.probe import answers
from deploy.ports import free_ports, is_free

HERE = Path(__file__).resolve().parent
READY_WITHIN_S = 90.0
POLL_S = 0.05
LOG_TAIL_CHARS = 3000


class KafkaUnavailableError(Exception):
    """The broker cannot be started or did not answer; the text says what to do next."""


class LocalKafka:
    """One KRaft node, broker and controller in one process, listening on 127.0.0.1 only.

    `jars` is the folder that `make prepare` fills (var/jars); `home` will hold the data, the properties and broker.log.
    `port` is chosen when None, and stays the same across restarts. The process is ended by the kernel when the
    thread that started it ends (`deploy.child_process`), so start it from the main thread.
    """

    def __init__(self, jars: Path, home: Path, *, port: int | None = None, heap_mb: int = 512) -> None:
        """Choose the ports; nothing is started or written yet."""
        self.jars = jars
        self.home = home
        self.heap_mb = heap_mb
        client_port, self.controller_port = free_ports(2)
        self.port = port or client_port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """The address for a client's bootstrap servers, `127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The broker's process id, or None when it is not running."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @property
    def log(self) -> Path:
        """Where the broker's own words are kept."""
        return self.home / "broker.log"

    def start(self) -> None:
        """Start the broker, formatting its data folder the first time; returns at once, see wait_ready.

        Raises KafkaUnavailableError when Java or the jars are missing, or the port is taken.
        """
        if self.pid is not None:
            return
        self._check()
        self.home.mkdir(parents=True, exist_ok=True)
        properties = self._write_properties()
        if not (self.home / "data" / "meta.properties").exists():
            self._format(properties)
        options = [
            "-Xms128m",
            f"-Xmx{self.heap_mb}m",
            "-XX:+UseSerialGC",
            f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}",
        ]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own jars
                self._java(*options, "kafka.Kafka", str(properties)),
                preexec_fn=dies_with_parent(signal.SIGKILL),  # noqa: PLW1509 - the child only sets its own death signal
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C at the terminal is for whoever started us: the broker goes last
            )

    def wait_ready(self, timeout_s: float = READY_WITHIN_S) -> None:
        """Return when the broker names itself in the cluster's metadata, which is when topics can be made and written.

        Raises KafkaUnavailableError with the end of broker.log when it has ended, or has not answered within
        `timeout_s`.
        """
        deadline = time.monotonic() + timeout_s
        while not answers(self.port, timeout_s=1.0):
            if self.pid is None:
                raise KafkaUnavailableError(f"Kafka ended while starting. {self._last_words()}")
            if time.monotonic() > deadline:
                raise KafkaUnavailableError(f"Kafka did not answer within {timeout_s:g} s. {self._last_words()}")
            time.sleep(POLL_S)

    def pause(self) -> None:
        """Freeze the broker (SIGSTOP) and wait until it is: its connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)
        if self._process is not None:
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        """Let a frozen broker go on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the broker as a power cut would (SIGKILL) and wait until it is gone; its data stays."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self, timeout_s: float = 20.0) -> None:
        """End the broker politely (SIGTERM), or with SIGKILL after `timeout_s`; its data stays."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def __enter__(self) -> Self:
        """Start the broker and wait until it serves."""
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the broker."""
        self.stop()

    def _check(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise KafkaUnavailableError(
                "start Kafka from the main thread: it is ended when the thread that started it ends"
            )
        problem = java_problem()
        if problem:
            raise KafkaUnavailableError(f"Kafka needs Java: {problem}. Type: make prepare")
        if not any(self.jars.glob("kafka_*.jar")):
            raise KafkaUnavailableError(f"Kafka's jars are not in {self.jars}. Type: make prepare")
        for port in (self.port, self.controller_port):
            if not is_free(port):
                raise KafkaUnavailableError(
                    f"port {port} is in use by another program; end that, or choose another port"
                )

    def _write_properties(self) -> Path:
        template = Template((HERE / "server.properties.template").read_text(encoding="utf-8"))
        path = self.home / "server.properties"
        text = template.substitute(
            port=self.port, controller_port=self.controller_port, data=self.home.resolve() / "data"
        )
        path.write_text(text, encoding="utf-8")
        return path

    def _format(self, properties: Path) -> None:
        tool = [
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}",
        ]
        cluster = "cWFxcGEtb25lLW5vZGUtMQ"  # any 16 bytes in base64: there is one cluster on one machine
        command = self._java(
            *tool, "kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", str(properties)
        )
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=READY_WITHIN_S)  # noqa: S603
        if done.returncode:
            raise KafkaUnavailableError(
                f"Kafka's data folder {self.home / 'data'} could not be formatted: {done.stdout}{done.stderr}"
            )

    def _java(self, *arguments: str) -> list[str]:
        return ["java", "-cp", f"{self.jars.resolve()}/*", *arguments]

    def _signal(self, what: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            raise KafkaUnavailableError("Kafka is not running")
        self._process.send_signal(what)

    def _last_words(self) -> str:
        said = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else "nothing"
        return f"The end of {self.log}:\n{said[-LOG_TAIL_CHARS:]}"
