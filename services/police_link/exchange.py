"""One message and its answer, after SIA DC-09.

Pure: what has arrived and the time in; what to send, how long to wait, or how it ended out.

One frame is sent and its answer awaited before the next. Silence: the same frame again, three times in all, each 5 s.
NAK: our clock is not the receiver's; its time is taken over and the message sent once more. DUH: the receiver cannot
process it, and repeating it is no use. A repeat carries the same sequence number, so that a receiver can tell it from
news.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from schemas.delivery import DeliveryOutcome
from services.police_link.dc09 import Frame, Message, Reassembler, build

ANSWER_WITHIN_S = 5.0
ATTEMPTS = 3

_State = Literal["asked", "resynchronised"]
_Heard = Literal["ack", "nak", "duh"]

_TOKENS: dict[str, _Heard] = {"ACK": "ack", "RSP": "ack", "NAK": "nak", "DUH": "duh"}

TRANSITIONS: dict[tuple[_State, _Heard], _State | DeliveryOutcome] = {
    ("asked", "ack"): "acknowledged",
    ("asked", "nak"): "resynchronised",
    ("asked", "duh"): "refused",
    ("resynchronised", "ack"): "acknowledged",
    ("resynchronised", "nak"): "clock_refused",
    ("resynchronised", "duh"): "refused",
}
"""What an answer does. Silence is counted instead: the last of ``ATTEMPTS`` ends in ``no_answer``."""


class Send(NamedTuple):
    """Write this frame, in one write, and wait so long for an answer."""

    frame: bytes
    wait_s: float = ANSWER_WITHIN_S


class Settled(NamedTuple):
    """How it ended, after ``attempts`` frames, the last at ``sent_at``; ``answered_at`` is None after silence."""

    outcome: DeliveryOutcome
    attempts: int
    sent_at: datetime
    answered_at: datetime | None


Step = Send | Settled | None


class Exchange:
    """The exchange of one message.

    ``offset`` is how far the receiver's clock is before ours, as last told; ask for it when settled.
    """

    def __init__(
        self,
        message: Message,
        sequence: int,
        *,
        key: bytes | None = None,
        random: Callable[[], bytes] = bytes,
        offset: timedelta = timedelta(0),
        attempts: int = ATTEMPTS,
    ) -> None:
        """Take the message, its number, and with a key a source of 16 random bytes for the padding."""
        self._message = message
        self._sequence = sequence
        self._key = key
        self._random = random
        self._allowed = attempts
        self._sent: list[datetime] = []
        self._state: _State = "asked"
        self._reassembler = Reassembler(key)
        self.offset = offset

    @property
    def strange(self) -> list[str]:
        """Give why parts of what arrived were no frames."""
        return self._reassembler.refused

    @property
    def sent(self) -> int:
        """Give how many frames have been given out to send."""
        return len(self._sent)

    def begin(self, now: datetime) -> Send:
        """Give the first frame."""
        return self._send(now)

    def received(self, data: bytes, now: datetime) -> Step:
        """Take bytes from the receiver; None means go on waiting, until the same deadline."""
        for frame in self._reassembler.feed(data):
            step = self._answered(frame, now)
            if step is not None:
                return step
        return None

    def silent(self, now: datetime) -> Send | Settled:
        """Say that the time has passed, or that the connection was lost, without an answer."""
        if len(self._sent) >= self._allowed:
            return Settled("no_answer", len(self._sent), self._sent[-1], None)
        return self._send(now)

    def _answered(self, frame: Frame, now: datetime) -> Step:
        heard = _TOKENS.get(frame.token)
        if heard is None or not self._is_ours(frame, heard):
            return None
        if heard == "nak" and frame.stamp is not None:
            self.offset = frame.stamp - now
        then = TRANSITIONS[self._state, heard]
        if then == "resynchronised":
            self._state = then
            return self._send(now)
        if then == "asked":
            return None
        return Settled(then, len(self._sent), self._sent[-1], now)

    def _is_ours(self, frame: Frame, heard: _Heard) -> bool:
        """Tell whether an answer is to this message, by its number.

        An acknowledgement of a secret message is itself encrypted, or anybody could say it.
        """
        if heard == "nak":
            return frame.sequence in {0, self._sequence}
        return frame.sequence == self._sequence and (heard != "ack" or frame.encrypted or self._key is None)

    def _send(self, now: datetime) -> Send:
        self._sent.append(now)
        padding = self._random() if self._key is not None else b""
        return Send(build(self._message, self._sequence, now + self.offset, self._key, padding))
