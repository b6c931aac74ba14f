"""How the processes log: one line a happening on stderr, ``time level logger event key=value``; ours from INFO,
libraries from WARNING.
"""

import logging
import sys
from datetime import UTC, datetime

OURS = ("schemas", "services", "turnstile_bridge")


class KeyValueFormatter(logging.Formatter):
    """Writes a record as one line. The message begins with the constant name of the event; values stand in it as
    ``key=value``, ids and never names of people.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write one line; an exception follows in lines of its own."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        message = record.getMessage().replace("\n", "\\n")
        line = f"{at} {record.levelname.lower()} {record.name} {message}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up_logging() -> None:
    """Set the process's logging, once, before anything logs."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(KeyValueFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    handler.addFilter(_ours_or_worth_a_warning)


def _ours_or_worth_a_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in OURS
