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
MOST_KEPT = 50_000
"""How many are counted at once, some 25 MB: of more, those that tried longest ago begin anew."""


class Attempts:
    """Wrong attempts of the last minutes, kept in the order of the last one of each. Time is an argument."""

    def __init__(
        self, *, of_address: int = OF_ADDRESS, of_account: int = OF_ACCOUNT, most_kept: int = MOST_KEPT
    ) -> None:
        """Begin with none; the limits are those of signing in unless others are given."""
        self._failed: dict[tuple[str, str], deque[datetime]] = {}
        self._of_address = of_address
        self._of_account = of_account
        self._most_kept = most_kept

    def __len__(self) -> int:
        """Tell how many addresses and accounts are counted now."""
        return len(self._failed)

    def wait(self, address: str, account: str, now: datetime) -> timedelta:
        """Give how long this address must wait before it may try this account again; nothing when it may try now."""
        return max(self._wait(key, limit, now) for key, limit in self._limits(address, account))

    def failed(self, address: str, account: str, now: datetime) -> None:
        """Count a wrong attempt."""
        for key, limit in self._limits(address, account):
            times = self._failed.pop(key, None) or deque(maxlen=limit)
            times.append(now)
            self._failed[key] = times
        self._forget(now)

    def succeeded(self, address: str, account: str) -> None:
        """Forget the wrong attempts at an account that its owner has signed in to."""
        self._failed.pop((address, account.casefold()), None)

    def _forget(self, now: datetime) -> None:
        """Forget whoever has not tried for the whole window, and who is too many."""
        while self._failed:
            eldest = next(iter(self._failed))
            if len(self._failed) <= self._most_kept and now - self._failed[eldest][-1] < WINDOW:
                return
            del self._failed[eldest]

    def _limits(self, address: str, account: str) -> tuple[tuple[tuple[str, str], int], ...]:
        return ((address, ""), self._of_address), ((address, account.casefold()), self._of_account)

    def _wait(self, key: tuple[str, str], limit: int, now: datetime) -> timedelta:
        times = self._failed.get(key)
        if times is None or len(times) < limit:
            return timedelta(0)
        return max(timedelta(0), times[0] + WINDOW - now)
