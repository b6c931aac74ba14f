"""Panic: a button was pressed. It is already an alarm (version 0 of it) and goes to screens and police link without
waiting for anyone.
"""

import msgspec


class Panic(msgspec.Struct, frozen=True, kw_only=True):
    """One press of one button.

    ``silent`` presses show and sound nothing where they were made. A press is real unless ``test`` names the short test
    of that very button that was agreed with its receiver.
    """

    gate: str
    button: str
    silent: bool
    test: str | None
