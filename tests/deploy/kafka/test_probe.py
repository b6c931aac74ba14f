"""The probe takes a broker that serves for one, and nothing else."""

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from deploy.kafka.probe import ANSWER_START, REQUEST, answers

SERVES = ANSWER_START.pack(1, 0, 1) + b"the broker's own words"
IS_FENCED = ANSWER_START.pack(1, 0, 0)
ANOTHER_S = ANSWER_START.pack(7, 0, 1)


def framed(answer: bytes) -> bytes:
    """Return an answer with its length before it, as Kafka frames it."""
    return struct.pack(">i", len(answer)) + answer


def saying(parts: list[bytes]) -> Iterator[int]:
    """Listen once on a port, take the probe's request, say the parts one by one and hang up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.recv(len(REQUEST) + 4)
                for part in parts:
                    connection.sendall(part)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("parts", "ready"),
    [
        ([framed(SERVES)], True),
        ([bytes([byte]) for byte in framed(SERVES)], True),
        ([framed(IS_FENCED)], False),
        ([framed(ANOTHER_S)], False),
        ([framed(SERVES)[:-4]], False),
        ([framed(b"short")], False),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], False),
        ([], False),
    ],
    ids=["serves", "byte by byte", "fenced", "another's answer", "cut", "too short", "no Kafka", "hangs up"],
)
def test_only_a_broker_that_serves_is_ready(parts: list[bytes], ready: bool) -> None:  # noqa: FBT001 - a column of the table
    talk = saying(parts)
    assert answers(next(talk), timeout_s=5.0) == ready
    assert next(talk, None) is None


def test_nobody_there_is_not_ready(free_port: int) -> None:
    assert not answers(free_port, timeout_s=1.0)
