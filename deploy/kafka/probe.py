"""Asks a broker whether it serves: one Metadata request by hand, so that no Kafka client is needed. Standard
library only.
"""

from __future__ import annotations

import socket
import struct

METADATA, VERSION, CORRELATION = 3, 7, 1
REQUEST = struct.pack(">hhih5sib", METADATA, VERSION, CORRELATION, 5, b"qaqpa", 0, 0)
"""Metadata request v7 (Kafka protocol guide): header v1 with a client id, no topics asked for, none to be created."""

ANSWER_START = struct.Struct(">iii")
"""Correlation id, throttle time in ms, number of brokers. A broker that is still fenced is not among them."""


def answers(port: int, *, timeout_s: float) -> bool:
    """Return whether the broker on 127.0.0.1:`port` answers within `timeout_s` and knows a broker that serves."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
            connection.sendall(struct.pack(">i", len(REQUEST)) + REQUEST)
            (size,) = struct.unpack(">i", _exactly(connection, 4))
            correlation, _throttle_ms, brokers = ANSWER_START.unpack(_exactly(connection, size)[: ANSWER_START.size])
    except (OSError, EOFError, struct.error):
        return False
    return bool(correlation == CORRELATION and brokers)


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise EOFError
        received += part
    return received
