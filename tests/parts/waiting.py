"""Waits for a condition with a deadline: the only sleep in the tests.

A test waits for what it wants to see, never for a while: `eventually(lambda: page.text() == "…")`.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

ValueT = TypeVar("ValueT")

POLL_S = 0.02
WITHIN_S = 10.0


def eventually(condition: Callable[[], ValueT], within_s: float = WITHIN_S, *, saying: str = "") -> ValueT:
    """Return the first true value of `condition()`; fail after `within_s`, telling the last value or AssertionError.

    The condition may itself assert: an AssertionError counts as "not yet". `saying` is put before the failure.
    """
    deadline = time.monotonic() + within_s
    while True:
        last = _try(condition)
        if not isinstance(last, AssertionError) and last:
            return last
        if time.monotonic() > deadline:
            raise _too_late(within_s, saying, last)
        time.sleep(POLL_S)


@overload
async def eventually_async(
    condition: Callable[[], Awaitable[ValueT]], within_s: float = ..., *, saying: str = ...
) -> ValueT: ...
@overload
async def eventually_async(condition: Callable[[], ValueT], within_s: float = ..., *, saying: str = ...) -> ValueT: ...
async def eventually_async(
    condition: Callable[[], ValueT | Awaitable[ValueT]], within_s: float = WITHIN_S, *, saying: str = ""
) -> ValueT:
    """Do as `eventually`, letting the event loop run between two looks; the condition may be a coroutine function."""
    deadline = time.monotonic() + within_s
    while True:
        last: ValueT | AssertionError
        try:
            value = condition()
            last = await value if inspect.isawaitable(value) else value
        except AssertionError as not_yet:
            last = not_yet
        if not isinstance(last, AssertionError) and last:
            return last
        if time.monotonic() > deadline:
            raise _too_late(within_s, saying, last)
        await asyncio.sleep(POLL_S)


def _try(condition: Callable[[], ValueT]) -> ValueT | AssertionError:
    try:
        return condition()
    except AssertionError as not_yet:
        return not_yet


def _too_late(within_s: float, saying: str, last: object) -> AssertionError:
    what = f"{saying}: " if saying else ""
    return AssertionError(f"{what}not within {within_s:g} s; at the end it was {last!r}")
