"""Credential read: a card, QR pass or PIN was shown at a reader. Written by the bridge."""

from typing import Literal

import msgspec

from schemas.moment import Moment

Direction = Literal["entry", "exit"]
Technology = Literal["card", "qr", "pin"]
PassFault = Literal["unreadable", "forged", "unknown_key", "foreign_site", "not_yet_valid", "expired"]
"""What a gate found wrong with a pass before anybody was asked (``schemas/pass_token.py``)."""


class CredentialRead(msgspec.Struct, frozen=True, kw_only=True):
    """One showing of a credential, for admission to judge.

    ``credential`` is a keyed hash (32 hex digits) of the raw bits and their number, never the number on the card; of a
    QR pass it is ``pass/<jti>``, never the token's text. ``pass_fault`` says what is wrong with the token itself;
    ``answer_by`` is when the gate stops waiting and decides alone: an answer after it is recorded and opens nothing.
    """

    gate: str
    reader: str
    direction: Direction
    credential: str
    technology: Technology
    bits: int
    answer_by: Moment
    pass_fault: PassFault | None = None
