"""Whole exchanges over TCP with pysiaalarm: plain, encrypted, with a wrong clock, after the receiver was away."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from services.police_link.dc09 import Message
from services.police_link.exchange import Exchange
from services.police_link.receiver_link import ReceiverLink, Unreachable
from tests.services.police_link.school import ACCOUNT, ReceiverProcess, eventually

PANIC = Message(ACCOUNT, "PA", (("S", "school-1"), ("L", "gate-1/post")))
KEY = "0123456789ABCDEF"


@pytest.fixture
def link(receiver: ReceiverProcess) -> ReceiverLink:
    """Give a connection to a receiver that serves."""
    serve(receiver)
    return ReceiverLink("127.0.0.1", receiver.port)


def serve(receiver: ReceiverProcess, *options: str) -> None:
    ready = len(receiver.lines("ready"))
    receiver.start(*options)
    eventually(lambda: len(receiver.lines("ready")) > ready)


async def test_one_connection_carries_many_exchanges(link: ReceiverLink, receiver: ReceiverProcess) -> None:
    settled = [await link.ask(Exchange(PANIC, sequence)) for sequence in (1, 2, 3)]
    link.close()
    assert [(end.outcome, end.attempts) for end in settled] == [("acknowledged", 1)] * 3
    eventually(lambda: [line["sequence"] for line in receiver.lines("received")] == [1, 2, 3])


async def test_an_encrypted_message_has_an_encrypted_acknowledgement(tmp_path: Path, free_port: int) -> None:
    receiver = ReceiverProcess(tmp_path, free_port)
    serve(receiver, "--key", KEY)
    link = ReceiverLink("127.0.0.1", receiver.port)
    try:
        settled = await link.ask(Exchange(PANIC, 7, key=KEY.encode(), random=lambda: os.urandom(16)))
    finally:
        link.close()
        receiver.stop()
    assert settled.outcome == "acknowledged"
    (line,) = receiver.lines("received")
    assert (line["encrypted"], line["extended"]) == (True, {"S": "school-1", "L": "gate-1/post"})


async def test_a_clock_that_is_two_hours_off_is_set_by_the_receivers(link: ReceiverLink) -> None:
    exchange = Exchange(PANIC, 7, offset=timedelta(hours=2))
    settled = await link.ask(exchange)
    assert (settled.outcome, settled.attempts) == ("acknowledged", 2)
    assert abs(exchange.offset) < timedelta(seconds=2)
    again = await link.ask(Exchange(PANIC, 8, offset=exchange.offset))
    link.close()
    assert (again.outcome, again.attempts) == ("acknowledged", 1)


async def test_a_code_that_the_receiver_does_not_know_is_refused_once(link: ReceiverLink) -> None:
    settled = await link.ask(Exchange(PANIC._replace(code="QQ"), 7))
    link.close()
    assert (settled.outcome, settled.attempts) == ("refused", 1)


async def test_a_receiver_that_was_away_is_reached_on_a_new_connection(
    link: ReceiverLink, receiver: ReceiverProcess
) -> None:
    assert (await link.ask(Exchange(PANIC, 1))).outcome == "acknowledged"
    receiver.stop()
    with pytest.raises(Unreachable):
        await link.ask(Exchange(PANIC, 2))
    serve(receiver)
    assert (await link.ask(Exchange(PANIC, 2))).outcome == "acknowledged"
    link.close()
