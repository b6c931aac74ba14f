"""Deciding about a visit: by the link in the host's message, or signed in as the duty administrator or the director."""

import logging
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from services.store.users import UserRole
from services.store.visits import deeds, hosts, links, visits
from services.store.visits.deeds import Decision
from services.store.visits.states import after
from services.store.visits.visits import VisitRow
from services.web.host_desk.decisions import DECISIONS, decision_of
from services.web.shared.outside import School, outside_page, school, unknown_link, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, User, answer_checked
from services.web.visitor_portal.fields import Wrong

LIST = "/visits"
DECIDE: frozenset[str] = frozenset({UserRole.DUTY_ADMIN, UserRole.DIRECTOR, UserRole.ADMINISTRATOR})
STANDINGS: dict[str, str] = {
    "requested": "host.title",
    "approved": "host.standing.approved",
    "changed": "host.standing.changed",
    "declined": "host.standing.declined",
    "cancelled": "host.standing.cancelled",
    "arrived": "host.standing.arrived",
    "left": "host.standing.left",
    "over": "host.standing.over",
}
STATES: dict[str, str] = {
    "approved": "host.state.approved",
    "changed": "host.state.changed",
    "declined": "host.state.declined",
    "cancelled": "host.state.cancelled",
    "arrived": "host.state.arrived",
    "left": "host.state.left",
}
_MOST = 200
_AHEAD = timedelta(days=2)

logger = logging.getLogger(__name__)
by_link = APIRouter(prefix="/visit/{site}/host")
signed_in = APIRouter(prefix=LIST)
AtSchool = Annotated[School, Depends(school)]


async def deciding(user: SignedIn) -> User:
    """Give who is signed in, if they may decide about visits."""
    if user.role not in DECIDE:
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    return user


Deciding = Annotated[User, Depends(deciding)]


@by_link.get("/{link}")
async def asked_page(request: Request, here: AtSchool, link: str) -> Response:
    """Show the host who asks to come, and what can be answered."""
    return _page(request, here, await _linked(request, here, link), f"/visit/{here.site}/host/{link}")


@by_link.post("/{link}", dependencies=[Depends(answer_checked)])
async def answered(request: Request, here: AtSchool, link: str) -> Response:
    """Take the host's answer."""
    row = await _linked(request, here, link)
    by = f"host/{row.host}" if row.host else "host"
    return await _decide(request, here, row, f"/visit/{here.site}/host/{link}", by)


@signed_in.get("")
async def list_page(request: Request, user: Deciding) -> Response:
    """Show what waits for a decision, and the visits of these days."""
    here = await school(request, user.site)
    now = parts_of(request).clock()
    begin = here.local(now).replace(hour=0, minute=0, second=0, microsecond=0)

    def ask(session: Session) -> tuple[list[VisitRow], list[VisitRow], dict[str, str]]:
        waiting = visits.to_decide(session, here.site, _MOST)
        decided = visits.between(session, here.site, begin, begin + _AHEAD, _MOST)
        names = {host.host: host.name for host in hosts.all_of(session, here.site)}
        return list(waiting), list(decided), names

    waiting, decided, names = await parts_of(request).store.read(ask)
    values = {
        "user": user,
        "waiting": [row for row in waiting if row.leaves_at > now],
        "decided": decided,
        "hosts": names,
        "states": STATES,
    }
    return outside_page(request, "host_desk/list.html", here, values, back=LIST)


@signed_in.get("/{visit}")
async def visit_page(request: Request, user: Deciding, visit: str) -> Response:
    """Show one visit to somebody who may decide about it."""
    here = await school(request, user.site)
    return _page(request, here, await _known(request, here, visit), f"{LIST}/{visit}", user)


@signed_in.post("/{visit}", dependencies=[Depends(answer_checked)])
async def visit_answered(request: Request, user: Deciding, visit: str) -> Response:
    """Take the answer of somebody who is signed in."""
    here = await school(request, user.site)
    return await _decide(request, here, await _known(request, here, visit), f"{LIST}/{visit}", user.login, user)


async def _linked(request: Request, here: School, link: str) -> VisitRow:
    now = parts_of(request).clock()

    def ask(session: Session) -> VisitRow | None:
        visit = links.visit_of(session, here.site, link, "host", now)
        return visits.one(session, here.site, visit) if visit else None

    row = await parts_of(request).store.read(ask)
    if row is None:
        raise unknown_link(request)
    return row


async def _known(request: Request, here: School, visit: str) -> VisitRow:
    row = await parts_of(request).store.read(lambda session: visits.one(session, here.site, visit))
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return row


async def _decide(
    request: Request, here: School, row: VisitRow, path: str, by: str, user: User | None = None
) -> Response:
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    now = parts_of(request).clock()
    decision = decision_of(form, here.policy.utc_offset_min, now)
    if not isinstance(decision, Decision):
        return _page(request, here, row, path, user, form, decision)
    seals = visits_of(request).seals
    changed = await parts_of(request).store.write(
        lambda session: deeds.decide(
            session,
            site=here.site,
            visit=row.visit,
            decision=decision,
            by=by,
            policy=here.policy,
            seals=seals,
            at=now,
        )
    )
    logger.info("visit_decided site=%s visit=%s deed=%s changed=%s", here.site, row.visit, decision.deed, changed)
    return RedirectResponse(path, status.HTTP_303_SEE_OTHER)


def _page(  # noqa: PLR0917  what one page shows
    request: Request,
    here: School,
    row: VisitRow,
    path: str,
    user: User | None = None,
    form: dict[str, str] | None = None,
    wrong: dict[str, Wrong] | None = None,
) -> Response:
    now = parts_of(request).clock()
    over = row.leaves_at <= now and row.state == "requested"
    standing = "over" if over else row.state
    begins, ends = here.local(row.arrives_at), here.local(row.leaves_at)
    asked = {"date": begins.date().isoformat(), "from": f"{begins:%H:%M}", "until": f"{ends:%H:%M}", "reason": ""}
    values = {
        "user": user,
        "visit": row,
        "standing": standing,
        "standing_text": STANDINGS[standing],
        "path": path,
        "may": {deed for deed in DECISIONS if after(row.standing, deed) is not None and not over},
        "answers": {**asked, **{name: (form or {}).get(name, told)[:500] for name, told in asked.items()}},
        "wrong": wrong or {},
        "today": _day(here, now),
    }
    code = status.HTTP_422_UNPROCESSABLE_CONTENT if wrong else status.HTTP_200_OK
    return outside_page(request, "host_desk/visit.html", here, values, back=path, code=code)


def _day(here: School, now: datetime) -> str:
    return here.local(now).date().isoformat()
