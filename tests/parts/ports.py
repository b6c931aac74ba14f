"""A free TCP port for a server that a test starts."""

import socket
from collections.abc import Callable

import pytest


def find_free_port() -> int:
    """Return a port of 127.0.0.1 that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def free_port() -> int:
    """Give one free port."""
    return find_free_port()


@pytest.fixture
def free_ports() -> Callable[[], int]:
    """Give a function that finds a further free port with each call."""
    return find_free_port
