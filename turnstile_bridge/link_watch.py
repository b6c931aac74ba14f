"""Whether the stream takes what the gate says. Pure; time is an argument, and two threads may ask."""

import threading

LINK_LOST_AFTER_S = 2.0


class LinkWatch:
    """Lost when a record has waited too long, restored with the next that is taken."""

    def __init__(self, now_s: float) -> None:
        """Begin without a link."""
        self._taken_s = now_s
        self._waiting_s: float | None = now_s
        self._lost = False
        self._lock = threading.Lock()

    def waits(self, now_s: float) -> None:
        """Note that a record waits."""
        with self._lock:
            self._waiting_s = self._waiting_s if self._waiting_s is not None else now_s

    def taken(self, now_s: float) -> float | None:
        """Note that the stream took what waited; gives the gap when the link had been lost."""
        with self._lock:
            gap_s = now_s - self._taken_s if self._lost else None
            self._taken_s, self._waiting_s, self._lost = now_s, None, False
        return gap_s

    def lost_now(self, now_s: float) -> bool:
        """Tell, once, that the link is lost."""
        with self._lock:
            if self._lost or self._waiting_s is None or now_s - self._waiting_s < LINK_LOST_AFTER_S:
                return False
            self._lost = True
        return True
