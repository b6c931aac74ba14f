"""Presses on their way: a panic that the stream has not confirmed in 10 s is said at the post, unless it was
silent. Pure; time is an argument.
"""

import msgspec

UNCONFIRMED_AFTER_S = 10.0


class Press(msgspec.Struct, frozen=True):
    """One press that was journalled: its event, its button, whether it shows nothing at the post."""

    event_id: str
    button: str
    silent: bool


class AlarmsTaken(msgspec.Struct, frozen=True):
    """The broker has these alarm records."""

    event_ids: tuple[str, ...]


class PanicWatch:
    """The presses that are not confirmed yet; one that was told as unconfirmed can still be."""

    def __init__(self) -> None:
        """Begin with none."""
        self._due: dict[str, tuple[Press, float]] = {}

    def pressed(self, press: Press, now_s: float) -> None:
        """Begin to wait for a press."""
        self._due[press.event_id] = (press, now_s + UNCONFIRMED_AFTER_S)

    def confirmed(self, event_id: str) -> Press | None:
        """Take a confirmation; gives the press that it was for."""
        found = self._due.pop(event_id, None)
        return found[0] if found else None

    def unconfirmed(self, now_s: float) -> list[Press]:
        """Give, once, the presses whose time is over."""
        over = [press for press, due_s in self._due.values() if now_s >= due_s]
        for press in over:
            self._due[press.event_id] = (press, float("inf"))
        return over
