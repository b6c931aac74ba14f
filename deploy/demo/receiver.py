"""A police receiver for the demo and the tests: pysiaalarm's SIA DC-09 server in a process of its own.

Prints what it got as JSON lines: ``{"event": "ready", ...}`` first, then ``received`` (alarms) and ``poll``
(supervision). Dies on SIGTERM.
"""

import argparse
import json
import signal
import sys
import threading
from datetime import UTC, datetime

from pysiaalarm.account import SIAAccount
from pysiaalarm.event import SIAEvent
from pysiaalarm.sync.client import SIAClient

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_POLL_CODE = "RP"
_WRITING = threading.Lock()


def say(event: str, **values: object) -> None:
    """Print one line, at once; every connection has its own thread."""
    line = json.dumps({"event": event, "at": datetime.now(UTC).isoformat(), **values})
    with _WRITING:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def got(event: SIAEvent) -> None:
    """Print what the server has taken; ``extended`` by the standard's letters (S site, L place, H when)."""
    extended = {data.identifier: data.value for data in event.extended_data or ()}
    name = "poll" if event.code == _POLL_CODE else "received"
    say(
        name,
        account=event.account,
        code=event.code,
        sequence=int(event.sequence or 0),
        encrypted=event.encrypted,
        extended=extended,
    )


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one; the ready line says which")
    parser.add_argument("--account", action="append", required=True, help="may be given several times")
    parser.add_argument(
        "--key", help="AES key of 16, 24 or 32 characters, as pysiaalarm takes it; without it frames come in the clear"
    )
    chosen = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    server = SIAClient(chosen.host, chosen.port, [SIAAccount(account, chosen.key) for account in chosen.account], got)
    with server:
        say("ready", port=server.sia_server.server_address[1])
        signal.sigwait(_STOP_SIGNALS)


if __name__ == "__main__":
    main()
