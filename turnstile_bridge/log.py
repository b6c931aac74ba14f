"""Log lines of the bridge: a constant event name, then key=value with ids; on stderr, one line each."""

import logging
import sys
from datetime import UTC, datetime

logger = logging.getLogger("qaqpa.bridge")


class _KeyValue(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = f"{at} {record.levelname} {record.getMessage()}"
        fields = getattr(record, "fields", {})
        line += "".join(f" {name}={_plain(value)}" for name, value in fields.items())
        if record.exc_info:
            line += " | " + self.formatException(record.exc_info).replace("\n", " | ")
        return line


def begin(level: int = logging.INFO) -> None:
    """Send log lines to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_KeyValue())
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


def log(event: str, level: int = logging.INFO, **fields: object) -> None:
    """Write one line: the event's constant name and its ids."""
    logger.log(level, event, extra={"fields": fields})


def fault(event: str, error: Exception, **fields: object) -> None:
    """Write one line about a fault of ours, with where it happened."""
    logger.error(event, exc_info=error, extra={"fields": fields})


def _plain(value: object) -> str:
    text = str(value)
    return text if text and " " not in text and "=" not in text else f'"{text}"'
