"""Hop: a credential read becomes one access decision, signed; the same read again gets the same bytes again."""

from datetime import datetime, timedelta

import msgspec

from schemas.access_decision import AccessDecision
from schemas.credential import Credential
from schemas.credential_read import CredentialRead
from schemas.envelope import Event, RefusedRecord
from schemas.ids import EventId, decision_id
from schemas.outgoing import Outgoing
from schemas.reasons import Reason, Refused, Verdict
from schemas.topics import ACCESS_DECISIONS
from services.flow.case import Case, KnownFacts
from services.flow.passages_to_presence import PresenceRow, presence_key
from services.rules.decide import decide
from services.rules.facts import Facts, Presence

ANSWERS = "answers"
ANSWERS_KEPT = 256
"""Of each gate, by the number of the read: two reads share a place only when so many of the gate's records lie
between them.
"""

EXPIRES_AFTER = timedelta(seconds=5)
"""How long after the gate's own deadline a decision may still open: a gate that waits longer decides alone."""


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What was answered to a read, as it was sent."""

    read: str
    verdict: Verdict
    reason: Reason
    value: bytes


def reads_to_decisions(read: Event[CredentialRead], case: Case) -> None:
    """Answer a read once; a repeat of it (a replay, a bridge that sends again) is answered with the bytes of the
    first time.
    """
    key = answer_key(read.id)
    known = case.row(ANSWERS, key, Answer)
    if known is not None and known.read == read.id:
        placement = case.speaker.placement
        record = Outgoing(
            ACCESS_DECISIONS.name, read.site.encode(), known.value, placement.partition(ACCESS_DECISIONS, read.site)
        )
        case.repeat(record)
        return
    late = is_late(read, case.now)
    credential = case.facts.credential(read.site, read.data.credential)
    presence = None if late or credential is None else _presence(read.site, credential.holder, case)
    decision = decided(
        read,
        known_facts(read.site, case.facts, credential, presence, read.time if late else case.now),
        case.now,
    )
    decided_at = read.data.answer_by if late else case.now
    answer = Event(id=decision_id(read.id), source=case.speaker.source, time=decided_at, site=read.site, data=decision)
    record = case.say(ACCESS_DECISIONS, answer)
    case.put(ANSWERS, key, Answer(read.id, decision.verdict, decision.reason, record.value))


def is_late(read: Event[CredentialRead], now: datetime) -> bool:
    """Tell whether the gate has already stopped waiting: what is decided now is recorded and opens nothing."""
    return now > read.data.answer_by


def decided(read: Event[CredentialRead], facts: Facts, now: datetime) -> AccessDecision:
    """Decide a read: a late one as of its own time and already expired, any other as of now."""
    late = is_late(read, now)
    found = decide(read.data, facts, read.time if late else now)
    return AccessDecision(
        read=read.id,
        gate=read.data.gate,
        reader=read.data.reader,
        direction=read.data.direction,
        credential=read.data.credential,
        verdict=found.verdict,
        reason=found.reason,
        values=found.values,
        holder=found.holder,
        category=found.category,
        policy_version=found.policy_version,
        policy_age_s=found.policy_age_s,
        late=late,
        expires_at=read.data.answer_by if late else read.data.answer_by + EXPIRES_AFTER,
    )


def known_facts(
    site: str, facts: KnownFacts, credential: Credential | None, presence: Presence | None, confirmed_at: datetime
) -> Facts:
    """Gather what ``decide`` may look at. The stream has its facts whole and current whenever it judges
    (``services/flow/facts.py``).
    """
    return Facts(
        policy=facts.policy(site),
        confirmed_at=confirmed_at,
        credential=credential,
        mode=facts.mode(site),
        presence=presence,
    )


def answer_key(read: str) -> str:
    """Name the place of a read's answer; raises RefusedRecord for what is no event id."""
    try:
        event = EventId.parse(read)
    except ValueError as error:
        raise RefusedRecord(Refused.MALFORMED, f"read id: {error}"[:200]) from error
    return f"{event.source}/{event.seq % ANSWERS_KEPT}"


def _presence(site: str, holder: str, case: Case) -> Presence | None:
    row = case.row("presence", presence_key(site, holder), PresenceRow)
    return row.presence if row else None
