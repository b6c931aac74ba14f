"""One line a happening, whoever logs it."""

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from services.cli.logging_setup import KeyValueFormatter, set_up_logging


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Set logging up on a stream of the test's own, and put it back after."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", stream)
    set_up_logging()
    monkeypatch.undo()
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def test_ours_speak_from_info_and_libraries_from_warning(log: io.StringIO) -> None:
    logging.getLogger("services.store").info("ready process=%s", "recorder")
    logging.getLogger("services.store").debug("nobody needs this")
    logging.getLogger("aiokafka.consumer").info("nor this")
    logging.getLogger("aiokafka.consumer").warning("this is ours to know")
    lines = log.getvalue().splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        "info services.store ready process=recorder",
        "warning aiokafka.consumer this is ours to know",
    ]
    assert all(line[:10].count("-") == 2 and "+00:00 " in line for line in lines)


def test_what_somebody_elses_text_holds_cannot_begin_a_line(log: io.StringIO) -> None:
    logging.getLogger("services").warning(
        "record_refused detail=%s", "x\n2026-11-23 info services ready process=forged"
    )
    assert len(log.getvalue().splitlines()) == 1


def test_an_exception_is_told_whole() -> None:
    try:
        raise LookupError("why")  # noqa: TRY301
    except LookupError:
        record = logging.LogRecord("services", logging.ERROR, "", 1, "broke id=%s", ("x",), sys.exc_info())
    assert "LookupError: why" in KeyValueFormatter().format(record)
