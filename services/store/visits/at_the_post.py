"""A pass at the post without its code in front of a reader: found by the short code or by the visit, judged by the same
rules as when it is shown, let in by a guard. The gate's act and the passage are then the pass's own, so it is used as
if it had been read.
"""

from datetime import datetime, timedelta

import msgspec
from sqlmodel import Session

from schemas.credential_read import CredentialRead
from schemas.guard_answer import Because, GuardAnswer
from schemas.pass_token import credential_of
from schemas.reasons import Reason, Verdict
from schemas.screening import Screening
from schemas.site_mode import SiteMode
from schemas.site_policy import QUESTION_AFTER_S, SitePolicy
from schemas.visitor_pass import VisitorPass
from services.rules import occupancy, pass_uses
from services.rules.decide import ALSO, Decided, decide
from services.rules.facts import Facts, Presence
from services.rules.opening_times import DUTY_ADMINISTRATOR
from services.rules.presence import INSIDE_AFTER
from services.store.administration import RuleForbids
from services.store.columns import as_said
from services.store.outbox import OutboxRow
from services.store.records import guard_answers, passages, screenings, site_modes, site_policies, visitor_passes
from services.store.records import pass_uses as uses
from services.store.visits import visits
from services.store.visits.visits import VisitRow

BECAUSE: tuple[Because, ...] = ("document_seen", "known_to_me", "duty_administrator_allows")
_NO_READ = "by-code"


class AtThePost(msgspec.Struct, frozen=True):
    """A pass that somebody names at the post: whose visit, and what the rules say of it now at a gate."""

    visit: VisitRow
    known: VisitorPass
    decided: Decided

    @property
    def needs_duty(self) -> bool:
        """Tell whether only the duty administrator may allow it: the rules ask so, or a check is due and not done."""
        told = {self.decided.reason, *self.decided.values.get(ALSO, "").split(",")}
        return self.decided.values.get("who") == DUTY_ADMINISTRATOR or Reason.SCREENING_DUE in told


class LetIn(msgspec.Struct, frozen=True, kw_only=True):
    """What a guard says: which pass, through which gate, why, and which duty administrator allowed it, if one did."""

    jti: str
    gate: str
    because: Because
    allowed_by: str | None


def look(session: Session, *, site: str, jti: str, gate: str | None, at: datetime) -> AtThePost | None:
    """Judge a pass of a site as if it were shown at a gate now (None: at the first of its own); None when there is none
    or its visit was erased.
    """
    row = visitor_passes.one(session, site, jti)
    visit = visits.one(session, site, row.visit) if row is not None else None
    if row is None or visit is None:
        return None
    known = as_said(row, VisitorPass)
    facts = _facts(session, site, known, at)
    read = CredentialRead(
        gate=gate or _entrance(known, facts.policy),
        reader=_NO_READ,
        direction="entry",
        credential=credential_of(jti),
        technology="qr",
        bits=0,
        answer_by=at,
    )
    return AtThePost(visit, known, decide(read, facts, at))


def let_in(session: Session, *, site: str, told: LetIn, by: str, post: str, at: datetime) -> OutboxRow:
    """Let in whoever named a pass, and give the answer's outbox row. What the rules refuse, or only the duty
    administrator may allow, is a RuleForbids; so is a pass that was let in a moment ago.
    """
    found = look(session, site=site, jti=told.jti, gate=told.gate, at=at)
    if found is None:
        raise RuleForbids("unknown")
    if found.decided.verdict is Verdict.REFUSE:
        raise RuleForbids("refused")
    if found.needs_duty and told.allowed_by is None:
        raise RuleForbids("duty")
    policy = site_policies.current(session, site)
    answer = GuardAnswer(
        gate=told.gate,
        direction="entry",
        read=None,
        answer="admit",
        because=told.because,
        holder=found.known.holder,
        category=found.known.category,
        by=by,
        post=post,
        allowed_by=told.allowed_by,
        comment=None,
        expires_at=at + timedelta(seconds=policy.question_after_s if policy else QUESTION_AFTER_S),
        credential=credential_of(told.jti),
    )
    sent = guard_answers.give(session, site=site, answer=answer, at=at)
    if sent is None:
        raise RuleForbids("sent")
    return sent


def _entrance(known: VisitorPass, policy: SitePolicy | None) -> str:
    """Give the first gate that a pass may go in by; any, where none is named, is as good as another."""
    rules = policy.categories.get(known.category) if policy else None
    return next(iter(known.entrances or (rules.entrances if rules else None) or []), "")


def _facts(session: Session, site: str, known: VisitorPass, at: datetime) -> Facts:
    mode = site_modes.current(session, site)
    check = screenings.latest(session, site, known.holder)
    passed = passages.of_holder(session, site, known.holder, known.valid_from)
    inside = passages.occupied(session, site, at)
    return Facts(
        policy=site_policies.current(session, site),
        confirmed_at=at,
        credential=None,
        mode=as_said(mode, SiteMode) if mode is not None else None,
        presence=Presence(INSIDE_AFTER[passed.outcome], passed.id, passed.at) if passed is not None else None,
        visitor_pass=known,
        pass_standing=pass_uses.standing(uses.of_pass(session, site, known.jti), known.entries, _NO_READ),
        screening=as_said(check, Screening) if check is not None else None,
        visitors_inside=occupancy.count(inside, at),
        visitors_unsure=occupancy.unsure(inside, at),
    )
