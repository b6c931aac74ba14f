"""A container's health check: has this container an open TCP connection to HOST PORT? Exit status 0 or 1.

A process that serves holds its connection to the broker; one that is still looking for it, or has lost it, does not. It
reads the kernel's own list and neither opens a connection nor imports anything of ours, so it can be asked every few
seconds. Standard library only.
"""

import ipaddress
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

_LISTS = ("/proc/net/tcp", "/proc/net/tcp6")
_ESTABLISHED = "01"
_REMOTE, _STATE = 2, 3
_WORD_DIGITS = 8
_ARGUMENTS = 2


def established(table: str) -> Iterator[tuple[str, int]]:
    """Give the remote address and port of every established connection in a table of the kernel's (proc_net_tcp)."""
    for line in table.splitlines()[1:]:
        columns = line.split()
        if len(columns) > _STATE and columns[_STATE] == _ESTABLISHED:
            address, _, port = columns[_REMOTE].partition(":")
            yield _address(address), int(port, 16)


def _address(digits: str) -> str:
    """Read an address as the kernel writes it: words of 32 bits in the machine's byte order."""
    words = [digits[at : at + _WORD_DIGITS] for at in range(0, len(digits), _WORD_DIGITS)]
    packed = b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)
    address = ipaddress.ip_address(packed)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def main(arguments: list[str]) -> int:
    """Look for a connection to the host and port; 0 when there is one, 1 when there is none or the name is unknown."""
    if len(arguments) != _ARGUMENTS:
        sys.stderr.write("usage: holds_connection HOST PORT\n")
        return 2
    host, port = arguments[0], int(arguments[1])
    try:
        wanted = {(str(found[4][0]), port) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except socket.gaierror:
        return 1
    tables = [Path(name) for name in _LISTS]
    held = {place for table in tables if table.exists() for place in established(table.read_text(encoding="ascii"))}
    return 0 if wanted & held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
