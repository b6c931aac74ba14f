"""Real PostgreSQL for tests: one server for the whole run from the system's packages, a fresh database for each
test.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.prepare.system import postgresql_programs
from tests.parts.waiting import eventually

OWNER = "qaqpa"
READY_WITHIN_S = 30.0


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Give the URL of the run's own server (its `postgres` database), reached by a socket in a folder of its own."""
    programs = postgresql_programs()
    if programs is None:
        pytest.fail("PostgreSQL's server programs are not on this machine. Type: make prepare FOR=test", pytrace=False)
    home = Path(tempfile.mkdtemp(prefix="qaqpa-pg-"))
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    who_and_how = ("-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    _run_to_end(programs / "initdb", "-D", home / "data", *who_and_how)
    server = _start(programs / "postgres", home)
    try:
        eventually(lambda: _answers(home, server), READY_WITHIN_S, saying="PostgreSQL answers")
        yield _url(home, "postgres")
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """Give the SQLAlchemy URL (`postgresql+psycopg://…`) of an empty database of this test alone."""
    home = Path(postgres_url.partition("host=")[2])
    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(host=str(home), user=OWNER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    yield _url(home, name)
    with psycopg.connect(host=str(home), user=OWNER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _url(home: Path, database: str) -> str:
    return f"postgresql+psycopg://{OWNER}@/{database}?host={home}"


def _start(program: Path, home: Path) -> subprocess.Popen[bytes]:
    """Start the server, which the kernel ends when we end."""
    quick = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    server = [str(program), "-D", str(home / "data"), "-k", str(home), *quick]
    command = [*_as_postgres(), "setpriv", "--pdeathsig", "QUIT", *server]
    with (home / "server.log").open("wb") as log:
        return subprocess.Popen(command, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)


def _run_to_end(*command: str | Path) -> None:
    done = subprocess.run([*_as_postgres(), *command], cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}", pytrace=False)


def _as_postgres() -> list[str]:
    """Return what to put before a command: PostgreSQL refuses to run as root, so root runs it as the package's user."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []


def _answers(home: Path, server: subprocess.Popen[bytes]) -> bool:
    if server.poll() is not None:
        pytest.fail(
            f"PostgreSQL ended while starting: {(home / 'server.log').read_text(encoding='utf-8')}", pytrace=False
        )
    try:
        psycopg.connect(host=str(home), user=OWNER, dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True
