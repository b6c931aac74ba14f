"""Gates held free for an emergency crew: each a guard's answer to nobody's read, which the gate carries out until it
expires, or until another ends it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from sqlmodel import Session, col, select

from schemas.guard_answer import HOLDS, Because, GuardAnswer
from schemas.topics import GUARD_ANSWERS
from services.store.administration import RuleForbids
from services.store.database import serialise
from services.store.outbox import OutboxRow
from services.store.records import guard_answers, site_modes
from services.store.records.guard_answers import GuardAnswerRow

MINUTES = (5, 10, 20, 30)
"""For how long a gate may be held; whoever needs more says so again."""

END_WITHIN = timedelta(seconds=30)
_NOTHING_NEW = timedelta(minutes=1)


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """What a guard wants: which gates, for how many minutes, and whether they know that the school is locked down."""

    gates: Sequence[str]
    minutes: int
    in_lockdown: bool = False


class Guard(msgspec.Struct, frozen=True):
    """Who says so, at which post."""

    login: str
    post: str


def begin(session: Session, *, site: str, hold: Hold, guard: Guard, at: datetime) -> list[OutboxRow]:
    """Hold gates free and give the outbox rows. What stands already and would not be a minute longer is not said
    again, so a form that is sent twice says it once. RuleForbids (``lockdown``) for who does not know of the lockdown.
    """
    locked = is_locked_down(session, site)
    if locked and not hold.in_lockdown:
        raise RuleForbids("lockdown")
    because: Because = "crew_coming_in_lockdown" if locked else "crew_coming"
    until = at + timedelta(minutes=hold.minutes)
    sent = []
    for gate in hold.gates:
        serialise(session, GUARD_ANSWERS.name, site, gate)
        known = standing(session, site, at).get(gate)
        if known is None or known.because != because or known.expires_at + _NOTHING_NEW <= until:
            sent.append(_said(session, site, _answer(gate, "admit", because, guard, until), at))
    return sent


def end(session: Session, *, site: str, guard: Guard, at: datetime) -> list[OutboxRow]:
    """End whatever is held at a site and give the outbox rows; where nothing is, nothing is said."""
    return [
        _said(session, site, _answer(gate, "refuse", "crew_coming", guard, at + END_WITHIN), at)
        for gate in sorted(standing(session, site, at))
    ]


def standing(session: Session, site: str, at: datetime) -> dict[str, GuardAnswerRow]:
    """Give what holds each gate of a site: the newest word about it, while it is one that has not run out."""
    query = (
        select(GuardAnswerRow)
        .where(GuardAnswerRow.site == site, col(GuardAnswerRow.because).in_(HOLDS))
        .where(GuardAnswerRow.at > at - timedelta(minutes=max(MINUTES)))
        .order_by(col(GuardAnswerRow.at), col(GuardAnswerRow.id))
    )
    newest = {row.gate: row for row in session.exec(query)}
    return {gate: row for gate, row in newest.items() if row.answer == "admit" and at < row.expires_at}


def is_locked_down(session: Session, site: str) -> bool:
    """Tell whether a site is locked down, and not only in a drill."""
    mode = site_modes.current(session, site)
    return mode is not None and mode.mode == "lockdown" and not mode.drill


def _said(session: Session, site: str, answer: GuardAnswer, at: datetime) -> OutboxRow:
    row = guard_answers.give(session, site=site, answer=answer, at=at)
    assert row is not None, "only an answer to a read may have been given before"
    return row


def _answer(
    gate: str, answer: Literal["admit", "refuse"], because: Because, guard: Guard, expires_at: datetime
) -> GuardAnswer:
    return GuardAnswer(
        gate=gate,
        direction="entry",
        read=None,
        answer=answer,
        because=because,
        holder=None,
        category="emergency",
        by=guard.login,
        post=guard.post,
        allowed_by=None,
        comment=None,
        expires_at=expires_at,
    )
