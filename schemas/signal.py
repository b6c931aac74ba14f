"""Signal: a finding of admission that is worth somebody's attention; alarming decides what comes of it."""

from typing import Literal

import msgspec

SignalRule = Literal[
    "refused_again", "admitted_against_policy", "left_early", "pass_used_twice", "inside_again", "checks_refused"
]


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """A finding about a gate and a credential, with the read that completed it.

    ``refused_again`` is the post's and the duty administrator's matter; ``admitted_against_policy`` tells that a gate
    acting alone admitted what the stream refuses (a finding for the record, never a live alarm); ``left_early`` a pupil
    who left without a stated basis while lessons last; ``pass_used_twice`` one pass used at two gates that were cut
    off; ``inside_again`` a holder admitted by soft anti-passback; ``checks_refused`` a second refusal of a check in a
    day.
    """

    rule: SignalRule
    gate: str
    read: str
    credential: str
    holder: str | None
    values: dict[str, str]
