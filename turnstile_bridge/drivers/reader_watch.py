"""The supervisor of one OSDP reader: when it is taken off the line and put on again, and when its absence is told.
Pure; time is an argument.

libosdp keeps a reader off for 300 s after one garbled reply; taken off and put on it is back in a second or three.
"""

from enum import Enum, auto

GRACE_S = 0.5
OFF_S = 0.35
AGAIN_S = 2.0
TOLD_AFTER_S = 1.0
TOLD_AFTER_START_S = 3.0


class WatchAct(Enum):
    """What is to be done or told about a reader."""

    TOLD_UP = auto()
    FELL = auto()
    TOLD_DOWN = auto()
    TAKE_OFF = auto()
    PUT_ON = auto()


class ReaderWatch:
    """What is known of one reader. ``up_s`` is when it came into Secure Channel, ``down_s`` when it fell out of it,
    ``gap_s`` how long the last absence was.
    """

    def __init__(self, now_s: float) -> None:
        """Begin with a reader that is not there yet."""
        self.secure = False
        self.up_s = float("inf")
        self.down_s = now_s
        self.gap_s = 0.0
        self.told_before = False
        self._told = False
        self._tell_at_s = now_s + TOLD_AFTER_START_S
        self._off_at_s = now_s + AGAIN_S
        self._on_at_s: float | None = None

    @classmethod
    def begun(cls, now_s: float) -> "ReaderWatch":
        """Begin watching a reader."""
        return cls(now_s)

    def step(self, now_s: float, *, secure: bool) -> list[WatchAct]:
        """Give what follows from the reader being in Secure Channel or not, now."""
        if secure:
            return self._came(now_s) if not self.secure else []
        acts = self._fell(now_s) if self.secure else []
        if not self._told and now_s >= self._tell_at_s:
            self._told = True
            acts.append(WatchAct.TOLD_DOWN)
        if self._on_at_s is not None and now_s >= self._on_at_s:
            self._on_at_s = None
            self._off_at_s = now_s + AGAIN_S
            acts.append(WatchAct.PUT_ON)
        elif self._on_at_s is None and now_s >= self._off_at_s:
            self._on_at_s = now_s + OFF_S
            acts.append(WatchAct.TAKE_OFF)
        return acts

    def _came(self, now_s: float) -> list[WatchAct]:
        self.secure, self.up_s, self.gap_s = True, now_s, now_s - self.down_s
        self.told_before, self._told, self._on_at_s = self._told, False, None
        return [WatchAct.TOLD_UP]

    def _fell(self, now_s: float) -> list[WatchAct]:
        self.secure, self.down_s, self.up_s = False, now_s, float("inf")
        self._tell_at_s, self._off_at_s = now_s + TOLD_AFTER_S, now_s + GRACE_S
        return [WatchAct.FELL]
