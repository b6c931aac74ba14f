"""The states of a visit and what leads from one to the next: a table, pure."""

from typing import Literal

State = Literal["requested", "approved", "changed", "declined", "cancelled", "arrived", "left"]
Deed = Literal["approve", "change", "accept", "decline", "cancel", "arrive", "leave", "leave_for_now"]

NEXT: dict[tuple[State, Deed], State] = {
    ("requested", "approve"): "approved",
    ("requested", "change"): "changed",
    ("requested", "decline"): "declined",
    ("requested", "cancel"): "cancelled",
    ("approved", "change"): "changed",
    ("approved", "decline"): "declined",
    ("approved", "cancel"): "cancelled",
    ("approved", "arrive"): "arrived",
    ("changed", "change"): "changed",
    ("changed", "accept"): "approved",
    ("changed", "decline"): "declined",
    ("changed", "cancel"): "cancelled",
    ("changed", "arrive"): "arrived",
    ("arrived", "leave"): "left",
    ("arrived", "leave_for_now"): "approved",
    ("left", "arrive"): "arrived",
}
"""``changed`` is approved for another time than was asked; a declined or cancelled visit stays so: another one is asked
for. Whoever visits regularly leaves for now: the visit waits for the next day, and can still be ended.
"""

WITH_PASS: frozenset[State] = frozenset({"approved", "changed", "arrived", "left"})
"""The states in which a visit has a pass that holds."""


def after(state: State, deed: Deed) -> State | None:
    """Give the state after a deed, or None when it is not possible now."""
    return NEXT.get((state, deed))
