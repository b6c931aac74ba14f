"""What follows each answer, and each silence, after SIA DC-09: time is handed in, nothing is waited for."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from schemas.delivery import DeliveryOutcome
from services.police_link.dc09 import Message, encrypted, framed, parse
from services.police_link.exchange import ANSWER_WITHIN_S, ATTEMPTS, TRANSITIONS, Exchange, Send, Settled

PANIC = Message("1A2B", "PA")
START = datetime(2026, 11, 23, 3, 0, 0, tzinfo=UTC)
LATER = START + timedelta(seconds=1)
KEY = b"0123456789ABCDEF"
ACK = framed('"ACK"0007R0L0#1A2B[]')
DUH = framed('"DUH"0007R0L0#1A2B[]')
NAK = framed('"NAK"0000R0L0A0[]_03:10:00,11-23-2026')


def exchange(**options: object) -> Exchange:
    return Exchange(PANIC, 7, **options)  # type: ignore[arg-type]


def test_an_acknowledgement_ends_it() -> None:
    talk = exchange()
    assert talk.begin(START).wait_s == ANSWER_WITHIN_S
    assert talk.received(ACK, LATER) == Settled("acknowledged", 1, START, LATER)


def test_an_acknowledgement_in_pieces_ends_it_with_its_last() -> None:
    talk = exchange()
    talk.begin(START)
    steps = [talk.received(bytes([byte]), LATER) for byte in ACK]
    assert steps == [None] * (len(ACK) - 1) + [Settled("acknowledged", 1, START, LATER)]


def test_silence_repeats_the_same_number_three_times_in_all() -> None:
    talk = exchange()
    steps: list[Send | Settled] = [talk.begin(START)]
    while isinstance(steps[-1], Send):
        steps.append(talk.silent(START + timedelta(seconds=ANSWER_WITHIN_S * len(steps))))
    sent = [step for step in steps if isinstance(step, Send)]
    assert len(sent) == ATTEMPTS
    assert {parse(step.frame[1:-1]).sequence for step in sent} == {7}
    assert steps[-1] == Settled("no_answer", ATTEMPTS, START + timedelta(seconds=2 * ANSWER_WITHIN_S), None)


def test_a_late_acknowledgement_of_the_first_frame_ends_the_second() -> None:
    talk = exchange()
    talk.begin(START)
    talk.silent(LATER)
    assert talk.received(ACK, LATER) == Settled("acknowledged", 2, LATER, LATER)


@pytest.mark.parametrize(
    "other", [framed('"ACK"0006R0L0#1A2B[]'), framed('"HELLO"0007R0L0#1A2B[]'), b"\x00\xff\r\n", b"\n\r", b""]
)
def test_what_is_no_answer_to_this_is_waited_past(other: bytes) -> None:
    talk = exchange()
    talk.begin(START)
    assert talk.received(other, LATER) is None
    assert talk.received(ACK, LATER) == Settled("acknowledged", 1, START, LATER)


def test_nak_takes_the_receivers_clock_and_says_it_once_more() -> None:
    talk = exchange()
    talk.begin(START)
    again = talk.received(NAK, START)
    assert isinstance(again, Send)
    assert parse(again.frame[1:-1]).stamp == START + timedelta(minutes=10)
    assert talk.offset == timedelta(minutes=10)
    assert talk.received(ACK, LATER) == Settled("acknowledged", 2, START, LATER)


def test_a_second_nak_is_no_matter_of_clocks() -> None:
    talk = exchange()
    talk.begin(START)
    assert isinstance(talk.received(NAK, START), Send)
    assert talk.received(NAK, LATER) == Settled("clock_refused", 2, START, LATER)


def test_duh_is_not_repeated() -> None:
    talk = exchange()
    talk.begin(START)
    assert talk.received(DUH, LATER) == Settled("refused", 1, START, LATER)


def test_the_known_offset_is_used_from_the_first_frame() -> None:
    assert parse(exchange(offset=timedelta(hours=1)).begin(START).frame[1:-1]).stamp == START + timedelta(hours=1)


def test_a_plain_acknowledgement_of_a_secret_message_is_nobodys() -> None:
    talk = exchange(key=KEY, random=lambda: bytes(16))
    talk.begin(START)
    assert talk.received(ACK, LATER) is None
    secret = framed(f'"*ACK"0007R0L0#1A2B[{encrypted("]_03:00:01,11-23-2026", KEY, bytes(16))}')
    assert talk.received(secret, LATER) == Settled("acknowledged", 1, START, LATER)


def test_every_outcome_of_the_schema_can_come_and_no_other() -> None:
    ends = {then for then in TRANSITIONS.values() if then not in {"asked", "resynchronised"}} | {"no_answer"}
    assert ends == set(get_args(DeliveryOutcome))
