"""The simulated mechanism: a turnstile driven by dry contacts, as the common ones are. Pure; time is an argument.

Pulse mode: a closing relay unlocks one way for one passage or ``wait_s``, whatever the pulse. Potential mode:
unlocked while the relay is closed. A passage lets the PASS contact go for 0.3 s.
"""

from typing import Literal

from schemas.credential_read import Direction

PASS_PULSE_S = 0.3
TURN_S = 0.4
"""How long the mechanism is busy with one person: the next cannot be in it before the PASS contact has come back."""


class Turnstile:
    """One mechanism with two ways."""

    def __init__(self, mode: Literal["pulse", "potential"], wait_s: float) -> None:
        """Begin locked both ways."""
        self._mode = mode
        self._wait_s = wait_s
        self._closed_until_s: dict[Direction, float] = {}
        self._unlocked_until_s: dict[Direction, float] = {}
        self._turning_until_s = 0.0

    def relay(self, direction: Direction, *, closed_for_s: float, now_s: float) -> None:
        """Take a relay that closes for a time (0 lets it go)."""
        self._closed_until_s[direction] = now_s + closed_for_s
        if closed_for_s > 0 and self._mode == "pulse":
            self._unlocked_until_s[direction] = now_s + self._wait_s

    def stop(self) -> None:
        """Take the stop input: locked at once."""
        self._unlocked_until_s.clear()

    def is_open(self, direction: Direction, now_s: float) -> bool:
        """Tell whether somebody may go through."""
        if self.busy_s(now_s):
            return False
        return now_s < max(self._unlocked_until_s.get(direction, 0.0), self._closed_until_s.get(direction, 0.0))

    def busy_s(self, now_s: float) -> float:
        """Tell how long the mechanism is still turning for the last person."""
        return max(0.0, self._turning_until_s - now_s)

    def went_through(self, direction: Direction, now_s: float) -> None:
        """Turn for a person and lock again behind them; a relay that is still closed keeps it open."""
        self._unlocked_until_s.pop(direction, None)
        self._turning_until_s = now_s + TURN_S
