"""Issuing and revoking the passes of a visit: the row, the record for the gates and the audit, in one transaction."""

import secrets
from datetime import datetime, timedelta
from typing import get_args

import msgspec
from sqlmodel import Session

from schemas.site_policy import CategoryRules, Escort, SitePolicy
from schemas.topics import VISITOR_PASSES
from schemas.visitor_pass import VisitorPass
from services.store.columns import as_said
from services.store.database import serialise
from services.store.records import visitor_passes
from services.store.records.visitor_passes import VisitorPassRow
from services.store.saying import say
from services.store.visits import codes, conditions, party, regular
from services.store.visits.conditions import Conditions
from services.store.visits.seals import Seals
from services.store.visits.visits import VisitRow

EARLY = timedelta(minutes=30)
"""How long before the hour that was agreed a pass already opens."""

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_JTI_LETTERS = 12
_STRICTER: tuple[Escort, ...] = get_args(Escort)
_ISSUED, _REVOKED = "visitor_pass_issued", "visitor_pass_revoked"


def issue(session: Session, *, visit: VisitRow, policy: SitePolicy, seals: Seals, by: str, at: datetime) -> VisitorPass:
    """Issue the passes of an approved visit, one for each of the party, or their next versions when the visit has
    changed; gives the pass of whoever asked.
    """
    site = visit.site
    serialise(session, VISITOR_PASSES.name, site, visit.visit)
    alive = {row.holder: row for row in visitor_passes.of_visit(session, site, visit.visit) if row.revoked_at is None}
    holders = [visit.holder]
    if visit.companions:
        names = [visit.name, *visit.companions]
        members = party.enter(
            session, site=site, visit=visit.visit, holder=visit.holder, names=names, group=visit.purpose
        )
        holders = [member.holder for member in members]
    issued = [_issue_one(session, visit, holder, alive.get(holder), policy, seals, by, at) for holder in holders]
    return issued[0]


def _issue_one(  # noqa: PLR0917  what one pass is made of
    session: Session,
    visit: VisitRow,
    holder: str,
    alive: VisitorPassRow | None,
    policy: SitePolicy,
    seals: Seals,
    by: str,
    at: datetime,
) -> VisitorPass:
    site, weekdays = visit.site, visit.weekdays or []
    rules = policy.categories.get(visit.kind)
    agreed = conditions.of(session, site, visit.visit)
    issued = VisitorPass(
        jti=alive.jti if alive else _free_jti(session, site, seals),
        version=alive.version + 1 if alive else 1,
        visit=visit.visit,
        holder=holder,
        category=visit.kind,
        valid_from=visit.arrives_at - EARLY,
        valid_until=visit.leaves_at,
        entries="multiple" if weekdays else agreed.entries,
        escort=_escort(rules, agreed),
        screening_due=visit.screening_due,
        revoked_at=None,
        entrances=agreed.entrances or (rules.entrances if rules else None),
        windows=regular.windows(weekdays, visit.arrives_at, visit.leaves_at, EARLY, policy.utc_offset_min),
    )
    codes.put(session, site=site, code_hash=code_hash(seals, site, seals.pass_code(site, issued.jti)), jti=issued.jti)
    _say(session, site, issued, by, at, _ISSUED)
    return issued


def revoke(session: Session, *, site: str, jti: str, by: str, at: datetime) -> int | None:
    """Revoke a pass from now on and give its version; None when it is revoked already. One that the site does not have
    is a LookupError.
    """
    known = visitor_passes.one(session, site, jti)
    if known is None:
        message = f"site {site} has no pass {jti}"
        raise LookupError(message)
    serialise(session, VISITOR_PASSES.name, site, known.visit)
    session.refresh(known)
    if known.revoked_at is not None:
        return None
    revoked = msgspec.structs.replace(as_said(known, VisitorPass), version=known.version + 1, revoked_at=at)
    _say(session, site, revoked, by, at, _REVOKED)
    return revoked.version


def revoke_all(session: Session, *, site: str, visit: str, by: str, at: datetime) -> None:
    """Revoke the passes of a whole party from now on."""
    for known in visitor_passes.of_visit(session, site, visit):
        revoke(session, site=site, jti=known.jti, by=by, at=at)


def code_hash(seals: Seals, site: str, code: str) -> str:
    """Give the hash under which a short code is kept; blanks and hyphens, as people say them, do not count."""
    return seals.hashed("pass-code", site, "".join(digit for digit in code if digit.isdecimal()))


def of_code(session: Session, *, site: str, code: str, seals: Seals) -> VisitorPassRow | None:
    """Give the pass that a short code stands for, whatever it is worth now; for the post."""
    jti = codes.pass_of(session, site, code_hash(seals, site, code))
    return visitor_passes.one(session, site, jti) if jti is not None else None


def _escort(rules: CategoryRules | None, agreed: Conditions) -> Escort:
    """Give who goes along: nobody agrees to less than the school's rules ask."""
    by_rule: Escort = rules.escort if rules else "host" if agreed.escort is None else "none"
    return max(by_rule, agreed.escort or "none", key=_STRICTER.index)


def _free_jti(session: Session, site: str, seals: Seals) -> str:
    """Mint a name whose short code stands for no other pass of the site."""
    while True:
        jti = "".join(secrets.choice(_LETTERS) for _ in range(_JTI_LETTERS))
        if codes.pass_of(session, site, code_hash(seals, site, seals.pass_code(site, jti))) is None:
            return jti


def _say(session: Session, site: str, data: VisitorPass, by: str, at: datetime, act: str) -> None:
    detail = {"visit": data.visit}
    say(session, site=site, topic=VISITOR_PASSES, data=data, by=by, act=act, subject=data.jti, detail=detail, at=at)
