"""Whether the gate's clock can be believed, for a gate that decides alone. Pure; time is an argument.

A gate PC whose battery is empty wakes up years ago, and a clock may be set back to make an old pass new. Two things
cannot lie: a fact that is signed was said before now, and a clock that never jumps goes on beside the one on the wall.
"""

from datetime import datetime, timedelta

from turnstile_bridge.gate_words import Instant

SLACK = timedelta(seconds=60)
"""How far two honest clocks may be apart."""


def is_doubted(now: Instant, since: Instant, newest_said_at: datetime | None) -> bool:
    """Tell whether the time may be wrong: earlier than what is known to have been said, or set back since a moment
    that was believed.
    """
    before_what_was_said = newest_said_at is not None and now.at < newest_said_at - SLACK
    set_back = now.at - since.at < timedelta(seconds=now.s - since.s) - SLACK
    return before_what_was_said or set_back


class ClockWatch:
    """The moment since which the wall clock has been seen to go right."""

    def __init__(self, began: Instant) -> None:
        """Begin with the clock as it is found."""
        self._since = began
        self._told = False

    def agreed(self, said_at: datetime, now: Instant) -> None:
        """Take the time of a signed answer that came just now: a clock that agrees with it is believed again."""
        if abs(now.at - said_at) <= SLACK:
            self._since = now

    def doubted(self, now: Instant, newest_said_at: datetime | None) -> bool:
        """Tell whether the time may be wrong now."""
        return is_doubted(now, self._since, newest_said_at)

    def told(self, *, doubted: bool) -> bool:
        """Tell, once, that doubt has begun."""
        first, self._told = doubted and not self._told, doubted
        return first
