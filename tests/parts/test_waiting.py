"""The waiter waits for a condition, and says what it last saw."""

import pytest

from tests.parts.waiting import eventually, eventually_async


def test_a_condition_that_never_holds_fails_with_its_last_value() -> None:
    with pytest.raises(AssertionError, match=r"the gate opens: not within 0.1 s; at the end it was 0"):
        eventually(lambda: 0, 0.1, saying="the gate opens")


async def test_an_assertion_in_a_condition_means_not_yet() -> None:
    looks = iter([1, 2, 3])

    def third_look() -> int:
        look = next(looks)
        assert look == 3
        return look

    assert await eventually_async(third_look) == 3
