"""The image is made of what is there, with hashes, and does not run as root; its health check sees true connections."""

import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.images.holds_connection import established

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "deploy" / "images" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
LOCAL_COPIES = [shlex.split(line)[1:-1] for line in re.findall(r"^COPY (?!--from).*$", DOCKERFILE, re.MULTILINE)]


def test_what_is_copied_is_there_and_may_be_seen_by_the_build() -> None:
    seen = (ROOT / "deploy" / "images" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for source in [source for sources in LOCAL_COPIES for source in sources]:
        assert (ROOT / source).exists(), source
        assert any(f"!{part}" in seen for part in (source, *map(str, Path(source).parents))), source


def test_every_package_is_checked_against_its_hash() -> None:
    installs = re.findall(r"pip install[^&\n]*", DOCKERFILE)
    assert installs
    assert all("--require-hashes" in install for install in installs)


def test_it_does_not_run_as_root() -> None:
    last_stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert re.search(r"^USER 10001:10001$", last_stage, re.MULTILINE)


def holds(host: str, port: int) -> int:
    command = [sys.executable, "-m", "deploy.images.holds_connection", host, str(port)]
    return subprocess.run(command, cwd=ROOT, check=False, timeout=30).returncode


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_health_is_an_open_connection_and_nothing_less(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert holds(host, port) == 1
        with socket.create_connection(("127.0.0.1", port)):
            assert holds(host, port) == 0
        assert holds("no-such-host.invalid", port) == 1


def test_addresses_of_both_families_are_read() -> None:
    head = "  sl  local_address rem_address   st\n"
    table = (
        head
        + "   0: 0100007F:9C40 0200007F:2384 01 x\n"
        + "   1: 0100007F:9C41 0300007F:2384 06 x\n"
        + "   2: 0:0 0000000000000000FFFF00000200007F:2384 01 x\n"
        + "   3: 0:0 B80D0120000000000000000001000000:2384 01 x\n"
    )
    assert list(established(table)) == [("127.0.0.2", 9092), ("127.0.0.2", 9092), ("2001:db8::1", 9092)]
