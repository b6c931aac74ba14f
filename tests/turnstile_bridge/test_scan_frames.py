"""What a scanner sends, put together again, however it arrives."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from turnstile_bridge.drivers.scan_frames import GAP_S, MAX_SCAN_BYTES, TORN_AFTER_S, Dropped, Framed, Scan, ScanFrames
from turnstile_bridge.settings import Terminator

AROUND: dict[Terminator, tuple[bytes, bytes]] = {
    "cr": (b"", b"\r"),
    "lf": (b"", b"\n"),
    "crlf": (b"", b"\r\n"),
    "stx-etx": (b"\x02", b"\x03"),
}
TEXTS = some.text("ABCxyz019-_.", min_size=1, max_size=300).map(str.encode)
TERMINATORS = some.sampled_from(sorted(AROUND))


def heard(frames: ScanFrames, pieces: Iterable[bytes], every_s: float = 0.002) -> list[Framed]:
    """Feed pieces as time goes by, and wait until nothing is open."""
    now_s, found = 100.0, list[Framed]()
    for piece in pieces:
        found += frames.fed(piece, now_s) if piece else frames.due(now_s)
        now_s += every_s
    assert frames.deadline_s is None or frames.deadline_s > 100.0
    found += frames.due(now_s + 10)
    assert frames.deadline_s is None, "nothing stays open for ever"
    return found


@given(TERMINATORS, some.lists(TEXTS, min_size=1, max_size=4), some.lists(some.integers(0, 1500), max_size=20))
@example("crlf", [b"a", b"b"], [2, 3])
def test_scans_are_whole_in_whatever_pieces_they_come(
    terminator: Terminator, texts: list[bytes], cuts: list[int]
) -> None:
    before, after = AROUND[terminator]
    sent = b"".join(before + text + after for text in texts)
    places = [0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]
    pieces = [sent[begin:end] for begin, end in pairwise(places)]
    expected: list[Framed] = [Scan(text) for text in texts]
    assert heard(ScanFrames(terminator), pieces) == expected
    assert heard(ScanFrames(terminator), [sent]) == expected
    assert heard(ScanFrames(terminator), (bytes([byte]) for byte in sent)) == expected


@given(TERMINATORS, some.lists(some.binary(max_size=2000), max_size=12), TEXTS)
def test_after_whatever_noise_and_a_silence_the_next_scan_is_whole(
    terminator: Terminator, noise: list[bytes], text: bytes
) -> None:
    frames = ScanFrames(terminator)
    for found in heard(frames, noise):
        assert isinstance(found, Dropped) or 0 < len(found.data) <= MAX_SCAN_BYTES
    before, after = AROUND[terminator]
    assert heard(frames, [before + text + after]) == [Scan(text)]


@given(some.lists(some.binary(max_size=300), max_size=12), TEXTS)
def test_without_a_terminator_too(noise: list[bytes], text: bytes) -> None:
    frames = ScanFrames("none")
    heard(frames, noise)
    assert heard(frames, (bytes([byte]) for byte in text)) == [Scan(text)]


def test_a_silence_ends_a_scan_where_nothing_else_does_and_only_there() -> None:
    frames = ScanFrames("none")
    assert frames.fed(b"abc", 100.0) == []
    assert frames.deadline_s == 100.0 + GAP_S
    assert frames.due(100.049) == []
    assert frames.fed(b"def", 100.049) == []
    assert frames.due(100.098) == []
    assert frames.due(100.1) == [Scan(b"abcdef")]
    assert frames.due(200.0) == []
    other = ScanFrames("cr")
    other.fed(b"abc", 100.0)
    assert other.due(100.2) == []
    assert other.fed(b"def\r", 100.2) == [Scan(b"abcdef")]


def test_a_gate_that_stood_still_itself_tears_no_scan() -> None:
    frames = ScanFrames("none")
    frames.fed(b"abc", 100.0)
    assert frames.fed(b"def", 100.4) == [], "nobody looked in between"
    assert frames.due(100.5) == [Scan(b"abcdef")]


def test_a_scan_whose_terminator_is_lost_does_not_begin_the_next() -> None:
    frames = ScanFrames("cr")
    frames.fed(b"torn", 100.0)
    assert frames.due(100.0 + TORN_AFTER_S) == [Dropped("no_terminator", 4)]
    assert frames.fed(b"whole\r", 101.0) == [Scan(b"whole")]


@pytest.mark.parametrize("terminator", [*AROUND, "none"])
def test_what_is_longer_than_a_scan_may_be_is_dropped_and_the_next_is_not(terminator: Terminator) -> None:
    before, after = AROUND.get(terminator, (b"", b""))
    size = MAX_SCAN_BYTES * 50
    sent = before + b"x" * size + after
    frames = ScanFrames(terminator)
    found = heard(frames, [sent[place : place + 128] for place in range(0, len(sent), 128)])
    assert [(type(one), getattr(one, "trouble", "")) for one in found] == [(Dropped, "too_long")]
    assert found[0].size == size + len(before)  # type: ignore[union-attr]
    assert heard(frames, [before + b"next" + after]) == [Scan(b"next")]
    longest = b"y" * MAX_SCAN_BYTES if terminator != "stx-etx" else b"y" * (MAX_SCAN_BYTES - 1)
    assert heard(frames, [before + longest + after]) == [Scan(longest)]


def test_nuls_and_line_ends_around_a_scan_are_no_part_of_it() -> None:
    assert heard(ScanFrames("cr"), [b"\0\0ab\0c\r\n", b"def\r\n"]) == [Scan(b"abc"), Scan(b"def")]
    assert heard(ScanFrames("lf"), [b"abc\r\n"]) == [Scan(b"abc")]
    assert heard(ScanFrames("none"), [b"abc\r\n"]) == [Scan(b"abc")]
    assert heard(ScanFrames("cr"), [b"\r\r\n\0\r"]) == []


def test_what_is_outside_stx_and_etx_is_told_and_left_out() -> None:
    frames = ScanFrames("stx-etx")
    assert heard(frames, [b"noise\x02abc\x03\r\n\x02def\x03"]) == [
        Dropped("outside_frame", 5),
        Scan(b"abc"),
        Scan(b"def"),
    ]
    assert heard(frames, [b"\x02torn\x02abc\x03"]) == [Dropped("outside_frame", 5), Scan(b"abc")]


def test_a_scanner_that_went_leaves_nothing_behind() -> None:
    frames = ScanFrames("cr")
    frames.fed(b"half", 100.0)
    frames.cut_off()
    assert frames.deadline_s is None
    assert frames.fed(b"whole\r", 100.1) == [Scan(b"whole")]
