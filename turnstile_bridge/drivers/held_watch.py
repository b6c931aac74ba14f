"""Which ways of a turnstile are kept open: a passage's contact that stays away for longer than anybody needs. Pure."""

from collections.abc import Collection

from schemas.credential_read import Direction

_WAYS: tuple[Direction, ...] = ("entry", "exit")


class HeldWatch:
    """Since when each way has been open, told once while it stays so."""

    def __init__(self, after_s: float) -> None:
        """Begin with nothing open."""
        self._after_s = after_s
        self._since_s: dict[Direction, float] = {}
        self._told: set[Direction] = set()

    def seen(self, open_now: Collection[Direction], now_s: float) -> None:
        """Take which ways are open by their contacts; all of them at once is a mechanism without power, not people."""
        going = set() if len(open_now) == len(_WAYS) else set(open_now)
        self._since_s = {way: self._since_s.get(way, now_s) for way in _WAYS if way in going}
        self._told &= going

    def held(self, now_s: float) -> list[Direction]:
        """Give the ways that have been open for too long, each once."""
        found = [
            way for way, since_s in self._since_s.items() if now_s - since_s >= self._after_s and way not in self._told
        ]
        self._told |= set(found)
        return found
