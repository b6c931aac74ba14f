"""Makes a child process end with the program that started it. Standard library only, as the broker's program is."""

import ctypes
import os
import signal
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def dies_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Give the ``preexec_fn`` of a child to which the kernel sends a signal when the thread that started it ends.

    Set in the child before its program begins: a later call could come too late. A parent that was gone even before
    that ends the child here, with the status of the same signal (128 + number).
    """
    libc, parent = ctypes.CDLL(None), os.getpid()

    def begin() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(128 + number)

    return begin
