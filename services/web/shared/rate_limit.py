"""How often somebody may try to sign in: wrong attempts are counted by address, and by address and account, over a
sliding window.

An account alone is never shut out: somebody who types a guard's name in another town must not keep the guard from
signing in.
"""

from collections import deque
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=5)
OF_ADDRESS = 20
OF_ACCOUNT = 5
_MOST_KEPT = 50_000


class Attempts:
    """Wrong attempts of the last minutes. Time is an argument."""

    def __init__(self) -> None:
        """Begin with none."""
        self._failed: dict[tuple[str, str], deque[datetime]] = {}

    def wait(self, address: str, account: str, now: datetime) -> timedelta:
        """Give how long this address must wait before it may try this account again; nothing when it may try now."""
        waits = [self._wait((address, ""), OF_ADDRESS, now), self._wait((address, account.casefold()), OF_ACCOUNT, now)]
        return max(waits)

    def failed(self, address: str, account: str, now: datetime) -> None:
        """Count a wrong attempt."""
        if len(self._failed) > _MOST_KEPT:
            self._failed = {key: times for key, times in self._failed.items() if times and now - times[-1] < WINDOW}
        for key, limit in (((address, ""), OF_ADDRESS), ((address, account.casefold()), OF_ACCOUNT)):
            self._failed.setdefault(key, deque(maxlen=limit)).append(now)

    def succeeded(self, address: str, account: str) -> None:
        """Forget the wrong attempts at an account that its owner has signed in to."""
        self._failed.pop((address, account.casefold()), None)

    def _wait(self, key: tuple[str, str], limit: int, now: datetime) -> timedelta:
        times = self._failed.get(key)
        if times is None or len(times) < limit:
            return timedelta(0)
        return max(timedelta(0), times[0] + WINDOW - now)
