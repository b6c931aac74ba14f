"""Hop: a credential read becomes one access decision, signed; the same read again gets the same bytes again."""

from datetime import datetime, timedelta

import msgspec

from schemas.access_decision import AccessDecision
from schemas.credential_read import CredentialRead
from schemas.envelope import Event, RefusedRecord
from schemas.ids import EventId, decision_id
from schemas.outgoing import Outgoing
from schemas.pass_token import jti_of
from schemas.reasons import Reason, Refused, Verdict
from schemas.topics import ACCESS_DECISIONS, BY_NAME
from services.flow import passes
from services.flow.case import Case
from services.flow.findings import Finding, tell
from services.flow.passages_to_presence import PRESENCE, PresenceRow, presence_key
from services.rules.decide import INSIDE_SINCE, decide
from services.rules.facts import Facts, Presence

ANSWERS = "answers"
ANSWERS_KEPT = 256
"""Of each gate, by the number of the read: two reads share a place only when so many of the gate's records lie
between them.
"""

EXPIRES_AFTER = timedelta(seconds=5)
"""How long after the gate's own deadline a decision may still open: a gate that waits longer decides alone."""

_OPENS_WITHOUT_A_GRANT = frozenset({Reason.EXIT_FREE, Reason.GATE_FREE})


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What was answered to a read, as it was sent; ``besides`` is what was said with it: topics and values."""

    read: str
    verdict: Verdict
    reason: Reason
    value: bytes
    besides: list[tuple[str, bytes]] = []


def reads_to_decisions(read: Event[CredentialRead], case: Case) -> None:
    """Answer a read once; a repeat of it (a replay, a bridge that sends again) is answered with the bytes of the
    first time.
    """
    key = answer_key(read.id)
    known = case.row(ANSWERS, key, Answer)
    if known is not None and known.read == read.id:
        for topic, value in ((ACCESS_DECISIONS.name, known.value), *known.besides):
            partition = case.speaker.placement.partition(BY_NAME[topic], read.site)
            case.repeat(Outgoing(topic, read.site.encode(), value, partition))
        return
    late = is_late(read, case.now)
    facts = known_facts(read.site, read.data.credential, case, read.time if late else case.now, late=late)
    if not late:
        facts = with_rows(read, facts, case)
    decision = decided(read, facts, case.now)
    decided_at = read.data.answer_by if late else case.now
    answer = Event(id=decision_id(read.id), source=case.speaker.source, time=decided_at, site=read.site, data=decision)
    record = case.say(ACCESS_DECISIONS, answer)
    besides = [] if late else _besides(read, decision, facts, case)
    said = [(other.topic, other.value) for other in besides]
    case.put(ANSWERS, key, Answer(read.id, decision.verdict, decision.reason, record.value, said))


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


def known_facts(site: str, credential: str, case: Case, confirmed_at: datetime, *, late: bool) -> Facts:
    """Gather what is followed of what ``decide`` may look at; the stream has it whole and current whenever it judges
    (``services/flow/facts.py``). A late read knows no check that was made after it.
    """
    known, jti = case.facts, jti_of(credential)
    card = known.credential(site, credential) if jti is None else None
    shown = known.visitor_pass(site, jti) if jti is not None else None
    holder = card.holder if card is not None else shown.holder if shown is not None else None
    screening = None if holder is None else known.screening(site, holder)
    if late and screening is not None and screening.checked_at > confirmed_at:
        screening = None
    return Facts(
        policy=known.policy(site),
        confirmed_at=confirmed_at,
        credential=card,
        mode=known.mode(site),
        presence=None,
        visitor_pass=shown,
        screening=screening,
    )


def with_rows(read: Event[CredentialRead], facts: Facts, case: Case) -> Facts:
    """Add what admission itself knows as of now: presence, how far a pass was used, how many visitors are inside."""
    shown = facts.visitor_pass
    if facts.credential is not None:
        return msgspec.structs.replace(facts, presence=_presence(read.site, facts.credential.holder, case))
    if shown is None:
        return facts
    inside, unsure = passes.inside_now(read.site, case)
    return msgspec.structs.replace(
        facts,
        presence=_presence(read.site, shown.holder, case),
        pass_standing=passes.standing(read.site, shown, read.id, case),
        visitors_inside=inside,
        visitors_unsure=unsure,
    )


def _besides(read: Event[CredentialRead], decision: AccessDecision, facts: Facts, case: Case) -> list[Outgoing]:
    """Say what an admission means besides itself: a pass is reserved, somebody who is inside comes in again."""
    if decision.verdict is not Verdict.ADMIT or decision.reason in _OPENS_WITHOUT_A_GRANT:
        return []
    said = []
    if facts.visitor_pass is not None:
        said.append(passes.reserved(read.site, facts.visitor_pass, read.data.gate, read.id, case))
    if INSIDE_SINCE in decision.values:
        values = {"since": decision.values[INSIDE_SINCE]}
        finding = Finding(rule="inside_again", completed_by=read.id, holder=decision.holder, values=values)
        said.append(tell(finding, read, case))
    return said


def answer_key(read: str) -> str:
    """Name the place of a read's answer; raises RefusedRecord for what is no event id."""
    try:
        event = EventId.parse(read)
    except ValueError as error:
        raise RefusedRecord(Refused.MALFORMED, f"read id: {error}"[:200]) from error
    return f"{event.source}/{event.seq % ANSWERS_KEPT}"


def _presence(site: str, holder: str, case: Case) -> Presence | None:
    row = case.row(PRESENCE, presence_key(site, holder), PresenceRow)
    return row.presence if row else None
