"""DC-09 frames: vectors from a file, whole, byte by byte, among rubbish, and as pysiaalarm's parser reads them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysiaalarm.account import SIAAccount
from pysiaalarm.event import SIAEvent

from services.police_link.dc09 import (
    MAX_FRAME_BYTES,
    SEQUENCES,
    Frame,
    Message,
    NotAFrame,
    Reassembler,
    accounts_that_are_none,
    build,
    crc16,
    framed,
    next_sequence,
    parse,
    said,
    stamp_text,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "dc09.json").read_text(encoding="utf-8"))
NOON = datetime(2026, 11, 23, 7, 0, 0, tzinfo=UTC)
ACK = framed('"ACK"0007R0L0#1A2B[]')


def key_of(vector: Mapping[str, Any]) -> bytes | None:
    return bytes.fromhex(vector["key"]) if vector["key"] else None


def named(group: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", VECTORS[group], ids=lambda vector: vector.get("name", vector.get("text")))


@named("crc")
def test_crc_is_crc_16_arc(vector: dict[str, str]) -> None:
    assert f"{crc16(vector['text'].encode()):04X}" == vector["crc"]


@given(st.binary(max_size=200).map(lambda raw: raw.hex()))
def test_crc_agrees_with_pysiaalarm(text: str) -> None:
    assert f"{crc16(text.encode()):04X}" == SIAEvent._crc_calc(text)


@named("built")
def test_a_message_becomes_this_frame(vector: dict[str, Any]) -> None:
    message = Message(vector["account"], vector["code"], tuple((letter, text) for letter, text in vector["extended"]))
    frame = build(
        message,
        vector["sequence"],
        datetime.fromisoformat(vector["stamp"]),
        key_of(vector),
        bytes.fromhex(vector["padding"]),
    )
    assert frame.decode() == vector["frame"]
    assert len(frame) <= MAX_FRAME_BYTES


@named("built")
def test_pysiaalarm_reads_our_frames(vector: dict[str, Any]) -> None:
    key = key_of(vector)
    account = SIAAccount(vector["account"], key.decode() if key else None, allowed_timeband=None)
    event = SIAEvent.from_line(vector["frame"].strip(), {vector["account"]: account})
    assert event.valid_message
    assert event.account == vector["account"]
    assert int(event.sequence or 0) == vector["sequence"]
    assert event.code == (vector["code"] or "RP")
    assert event.timestamp == datetime.fromisoformat(vector["stamp"])
    assert [[data.identifier, data.value] for data in event.extended_data or []] == vector["extended"]


@named("read")
def test_a_frame_is_read(vector: dict[str, Any]) -> None:
    frame = parse(vector["raw"].encode(), key_of(vector))
    stamp = datetime.fromisoformat(vector["stamp"]) if vector["stamp"] else None
    assert (frame.token, frame.sequence, frame.account, frame.stamp, frame.encrypted) == (
        vector["token"],
        vector["sequence"],
        vector["account"],
        stamp,
        vector["encrypted"],
    )


@named("refused")
def test_what_is_no_frame_says_why(vector: dict[str, Any]) -> None:
    with pytest.raises(NotAFrame, match=f"^{vector['why']}"):
        parse(vector["raw"].encode(), key_of(vector))


words = st.text(st.characters(codec="utf-8"), max_size=80).map(said)
messages = st.builds(
    lambda account, code, texts: Message(account, code, tuple(zip("SLI", texts, strict=False)) if code else ()),
    st.text("0123456789ABCDEF", min_size=3, max_size=16),
    st.sampled_from([None, "PA", "HA", "RX"]),
    st.lists(words, max_size=3),
)
keys = st.sampled_from([None, b"k" * 16, b"k" * 24, b"k" * 32])


@given(messages, st.integers(1, SEQUENCES), keys, st.binary(min_size=16, max_size=16))
def test_what_is_built_is_read_again(message: Message, sequence: int, key: bytes | None, padding: bytes) -> None:
    frame = parse(build(message, sequence, NOON, key, padding)[1:-1], key)
    assert frame.token == ("SIA-DCS" if message.code else "NULL")
    assert (frame.sequence, frame.account, frame.extended, frame.stamp) == (
        sequence,
        message.account,
        message.extended,
        NOON,
    )
    assert frame.data == (f"#{message.account}|N{message.code}0" if message.code else "")


def test_a_secret_frame_wants_enough_padding() -> None:
    with pytest.raises(ValueError, match="digits of padding"):
        build(Message("1A2B", "PA"), 1, NOON, b"k" * 16, b"short")


@given(st.text())
def test_no_text_can_break_out_of_its_field(text: str) -> None:
    assert not set(said(text)) & set("[]|\\\r\n")


def test_the_number_after_the_last_is_the_first() -> None:
    assert [next_sequence(0), next_sequence(1), next_sequence(SEQUENCES)] == [1, 2, 1]


def test_stamps_are_gmt() -> None:
    almaty = datetime.fromisoformat("2026-11-23T12:00:00+05:00")
    assert stamp_text(almaty) == stamp_text(NOON) == "07:00:00,11-23-2026"


def test_an_account_is_hex_digits() -> None:
    assert accounts_that_are_none(["1A2B", "12", "SCHOOL", "1a2b", "0123456789ABCDEF", "0123456789ABCDEF0"]) == [
        "12",
        "SCHOOL",
        "1a2b",
        "0123456789ABCDEF0",
    ]


def frames(chunks: list[bytes]) -> tuple[list[Frame], list[str]]:
    reassembler = Reassembler()
    return [frame for chunk in chunks for frame in reassembler.feed(chunk)], reassembler.refused


def test_frames_come_whole_and_byte_by_byte() -> None:
    stream = ACK + framed('"DUH"0008R0L0#1A2B[]') + ACK
    whole, _ = frames([stream])
    piecemeal, _ = frames([bytes([byte]) for byte in stream])
    assert [frame.token for frame in whole] == ["ACK", "DUH", "ACK"]
    assert piecemeal == whole


@given(st.lists(st.integers(1, 30), max_size=10))
def test_frames_come_however_they_are_cut(sizes: list[int]) -> None:
    stream, chunks = ACK * 3, []
    for size in sizes:
        chunks.append(stream[:size])
        stream = stream[size:]
    read, refused = frames([*chunks, stream])
    assert [frame.sequence for frame in read] == [7, 7, 7]
    assert refused == []


@given(st.binary(max_size=60))
def test_rubbish_never_breaks_the_reader_nor_hides_what_follows_its_end(rubbish: bytes) -> None:
    read, _ = frames([rubbish, b"\r", ACK])
    assert read[-1].token == "ACK"


def test_a_frame_that_begins_anew_and_one_without_end_are_told() -> None:
    assert frames([b"\n3E0A0014", ACK])[1] == ["a frame began before the last one ended"]
    assert frames([b"\n" + b"x" * 2 * MAX_FRAME_BYTES])[1] == ["a frame without end"]


def test_an_empty_answer_is_refused_and_waited_past() -> None:
    """Pysiaalarm answers a wrong CRC with LF CR and nothing between them."""
    read, refused = frames([b"\n\r", ACK])
    assert len(read) == 1
    assert refused == ["no CRC and length"]


def test_stamps_count_seconds_only() -> None:
    assert stamp_text(NOON + timedelta(milliseconds=999)) == stamp_text(NOON)
