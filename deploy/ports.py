"""TCP ports of 127.0.0.1 for what is started on this machine. Standard library only, as the broker's program is."""

import socket
from contextlib import ExitStack

_LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Give a port that was free a moment ago."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Give so many ports that were free a moment ago, all different: each is held until the last is found."""
    with ExitStack() as held:
        servers = [held.enter_context(socket.create_server((_LOOPBACK, 0))) for _ in range(count)]
        return [int(server.getsockname()[1]) for server in servers]


def is_free(port: int) -> bool:
    """Tell whether a server could listen at a port now; one that only waits for old connections to fade is free."""
    try:
        with socket.create_server((_LOOPBACK, port)):
            return True
    except OSError:
        return False
