"""The one place where the bridge looks at a clock."""

import time
from datetime import UTC, datetime

from turnstile_bridge.gate_words import Instant


def instant() -> Instant:
    """Give now: UTC for what is said, and a clock that never jumps for time-outs."""
    return Instant(datetime.now(UTC), time.monotonic())
