"""Who is expected today, and whoever says the short code of a pass instead of showing it: the visit with its vehicle
and papers, what the rules say of it, and letting in.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response, status
from sqlmodel import Session

from schemas.gate_act import GateAct
from schemas.guard_answer import Because
from schemas.pass_token import credential_of
from schemas.reasons import Reason, Verdict
from services.store.administration import RuleForbids
from services.store.records import visitor_passes
from services.store.visits import at_the_post, party, passes, visits
from services.store.visits.at_the_post import BECAUSE, AtThePost, LetIn
from services.store.visits.party import MemberRow
from services.store.visits.visits import VisitRow
from services.web.guard_console.console import console_of
from services.web.guard_console.room import Notice, Room, allowing, duty_administrators, enter, onward, page
from services.web.guard_console.sentences import verdict_words
from services.web.shared.outside import School, Visits
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, form_checked

PATH = "/post/visits"
FORBIDDEN: dict[str, str] = {
    "unknown": "visit.post.unknown",
    "refused": "visit.post.refused",
    "duty": "visit.post.duty",
    "sent": "visit.post.sent",
}
_LONGEST = 200
_MOST = 200
_DAY = timedelta(days=1)

Passes = list[tuple[str, MemberRow | None]]
"""The passes of a visit in the order of its party, by their names."""

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(PATH)
async def expected_page(request: Request, user: SignedIn) -> Response:
    """Show who is expected today, and the field for a short code."""
    return await _list(request, await enter(request, user))


@router.post(f"{PATH}/code", dependencies=[Depends(form_checked)])
async def code_told(request: Request, user: SignedIn, code: Annotated[str, Form(max_length=_LONGEST)] = "") -> Response:
    """Find the pass that a short code stands for."""
    room, here = await enter(request, user), request.app.state.visits
    if not isinstance(here, Visits):
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    found = await parts_of(request).store.read(
        lambda session: passes.of_code(session, site=user.site, code=code, seals=here.seals)
    )
    if found is None:
        return await _list(request, room, Notice("refused", room.words.say("visit.post.unknown")))
    return onward(request, f"{PATH}/{found.jti}")


@router.get(f"{PATH}/{{jti}}")
async def pass_page(request: Request, user: SignedIn, jti: str) -> Response:
    """Show a visit with one of its passes: what the rules say of it now, and what it brings."""
    return await _whole(request, await enter(request, user), jti)


@router.post(f"{PATH}/{{jti}}", dependencies=[Depends(form_checked)])
async def let_in(
    request: Request,
    user: SignedIn,
    jti: str,
    gate: Annotated[str, Form(max_length=_LONGEST)] = "",
    because: Annotated[str, Form(max_length=_LONGEST)] = "",
    allowed_by: Annotated[str, Form(max_length=_LONGEST)] = "",
) -> Response:
    """Let in whoever named the pass; what the rules refuse is said and sends nothing."""
    room, parts = await enter(request, user), parts_of(request)
    duty = await parts.store.read(lambda session: duty_administrators(session, user.site))
    by_duty = because == "duty_administrator_allows" or bool(allowed_by)
    allowed = allowing(user, allowed_by, duty) if by_duty else None
    fault = _fault(room, gate, because, allowed if by_duty else "")
    if fault is not None:
        return await _whole(request, room, jti, Notice("refused", room.words.say(fault)))
    told = LetIn(jti=jti, gate=gate, because=cast("Because", because), allowed_by=allowed)
    try:
        row = await parts.store.write(
            lambda session: at_the_post.let_in(
                session, site=user.site, told=told, by=user.login, post=user.post, at=room.now
            )
        )
    except RuleForbids as error:
        return await _whole(request, room, jti, Notice("refused", room.words.say(FORBIDDEN[error.code])))
    console_of(request).posts.take(row.event())
    logger.info("let_in_by_pass site=%s gate=%s jti=%s because=%s", user.site, gate, jti, because)
    return onward(request, "/post")


def _fault(room: Room, gate: str, because: str, allowed: str | None) -> str | None:
    """Give the key of what the form lacks."""
    if gate not in dict(room.gates):
        return "by_name.no_gate"
    if because not in BECAUSE:
        return "by_name.no_reason"
    return "question.name_duty" if allowed is None else None


async def _list(request: Request, room: Room, notice: Notice | None = None) -> Response:
    site, local = room.user.site, room.now.astimezone(room.sight.zone)
    begin = local.replace(hour=0, minute=0, second=0, microsecond=0)

    def ask(session: Session) -> list[tuple[VisitRow, str]]:
        rows = visits.expected(session, site, begin, begin + _DAY, local.isoweekday(), _MOST)
        found = [(row, _passes(session, site, row)) for row in rows]
        return [(row, of_visit[0][0]) for row, of_visit in found if of_visit]

    values = {"expected": await parts_of(request).store.read(ask), **_school(room)}
    return page(request, room, "expected", values, here="visits", notice=notice)


async def _whole(request: Request, room: Room, jti: str, notice: Notice | None = None) -> Response:
    site = room.user.site

    def ask(session: Session) -> tuple[AtThePost | None, Passes, list[tuple[str, str]]]:
        found = at_the_post.look(session, site=site, jti=jti, gate=None, at=room.now)
        others = _passes(session, site, found.visit) if found is not None else []
        return found, others, duty_administrators(session, site)

    found, others, duty = await parts_of(request).store.read(ask)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    today = room.now.astimezone(room.sight.zone).date().isoformat()
    whose = next((member.name for other, member in others if other == jti and member is not None), found.visit.name)
    values = {
        "visit": found.visit,
        "name": whose,
        "jti": jti,
        "holder": found.known.holder,
        "others": [(other, member) for other, member in others if member is not None],
        "verdict": verdict_words(room.words, _as_act(found), today),
        "gates": [gate for gate in room.gates if found.known.entrances is None or gate[0] in found.known.entrances],
        "check_due": found.decided.reason is Reason.SCREENING_DUE,
        "may": found.decided.verdict is not Verdict.REFUSE,
        "because": BECAUSE[-1:] if found.needs_duty else BECAUSE,
        "duty": duty,
        **_school(room),
    }
    return page(request, room, "expected_visit", values, here="visits", notice=notice)


def _passes(session: Session, site: str, row: VisitRow) -> Passes:
    """Give the passes of a visit that hold, whoever asked first."""
    members: Sequence[MemberRow | None] = party.of_visit(session, site, row.visit) or [None]
    known = visitor_passes.of_visit(session, site, row.visit)
    held = {one.holder: one.jti for one in known if one.revoked_at is None}
    return [
        (held[holder], member)
        for member in members
        if (holder := member.holder if member is not None else row.holder) in held
    ]


def _as_act(found: AtThePost) -> GateAct:
    """Give what the rules say as the act that a gate would make of it, to be worded like one."""
    decided = found.decided
    return GateAct(
        read="",
        gate="",
        reader="",
        direction="entry",
        credential=credential_of(found.known.jti),
        decided_by="online",
        decision=None,
        verdict=decided.verdict,
        reason=decided.reason,
        values=decided.values,
        holder=decided.holder,
        category=decided.category,
        policy_version=decided.policy_version,
        policy_age_s=0.0,
        grant=None,
        waited_ms=0.0,
    )


def _school(room: Room) -> dict[str, object]:
    """Give what the shared parts of a visit's pages are written with."""
    policy = room.state.policy
    school = School(room.user.site, policy.data) if policy is not None else None
    return {"school": school, "told": school.said if school else room.clock}
