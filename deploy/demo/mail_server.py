"""A mail server for the demo and the bench: aiosmtpd in a process of its own.

Prints what it got as JSON lines: ``{"event": "ready", ...}`` first, then ``mail`` with ``to``, ``subject``, ``text``.
Keeps and forwards nothing. Dies on SIGTERM.
"""

import argparse
import email
import json
import signal
import sys
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def say(event: str, **values: object) -> None:
    """Print one line, at once; only the server's own thread does, after the first."""
    line = json.dumps({"event": event, "at": datetime.now(UTC).isoformat(), **values})
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Printer:
    """Takes every mail, for whomever it is."""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        """Print a mail as a person reads it."""
        content = envelope.content or b""
        mail = email.message_from_bytes(content if isinstance(content, bytes) else content.encode(), policy=default)
        say("mail", to=envelope.rcpt_tos, subject=str(mail["Subject"]), text=_text_of(mail))
        return "250 OK"


def _text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    server = Controller(Printer(), hostname=chosen.host, port=chosen.port)
    server.start()
    say("ready", port=chosen.port)
    signal.sigwait(_STOP_SIGNALS)
    server.stop()


if __name__ == "__main__":
    main()
