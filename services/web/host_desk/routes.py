"""Deciding about a visit: by the link in the host's message, by the link of whoever stands in, or signed in as the duty
administrator or the director.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session

from services.store.visits import evenings, hosts, links, standing_in, visits, waiting
from services.store.visits.visits import VisitRow
from services.web.host_desk import answering
from services.web.host_desk.answering import STATES, Asking
from services.web.host_desk.desk import LIST, OfStaff, page
from services.web.shared.outside import School, school, unknown_link, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import answer_checked

_MOST = 200
_AHEAD = timedelta(days=2)

by_link = APIRouter(prefix="/visit/{site}/host")
signed_in = APIRouter(prefix=LIST)
AtSchool = Annotated[School, Depends(school)]


@by_link.get("/{link}")
async def asked_page(request: Request, here: AtSchool, link: str) -> Response:
    """Show the host who asks to come, and what can be answered."""
    return await answering.show(request, await _linked(request, here, link))


@by_link.post("/{link}", dependencies=[Depends(answer_checked)])
async def answered(request: Request, here: AtSchool, link: str) -> Response:
    """Take the host's answer."""
    return await answering.answer(request, await _linked(request, here, link))


@by_link.get("/{visit}/{token}")
async def asked_of_delegate(request: Request, here: AtSchool, visit: str, token: str) -> Response:
    """Show whoever stands in for a host who asks to come."""
    return await answering.show(request, await _delegated(request, here, visit, token))


@by_link.post("/{visit}/{token}", dependencies=[Depends(answer_checked)])
async def answered_by_delegate(request: Request, here: AtSchool, visit: str, token: str) -> Response:
    """Take the answer of whoever stands in."""
    return await answering.answer(request, await _delegated(request, here, visit, token))


@signed_in.get("")
async def list_page(request: Request, desk: OfStaff) -> Response:
    """Show who has not left, what waits for a decision, and the visits of these days."""
    here, now = desk.here, desk.now
    begin = here.local(now).replace(hour=0, minute=0, second=0, microsecond=0)

    def ask(session: Session) -> dict[str, object]:
        waits = visits.to_decide(session, here.site, _MOST)
        return {
            "overdue": waiting.overdue(session, here.site, now, _MOST),
            "waiting": [row for row in waits if row.leaves_at > now],
            "decided": visits.between(session, here.site, begin, begin + _AHEAD, _MOST),
            "evenings": evenings.to_come(session, here.site, now),
            "hosts": {host.host: host.name for host in hosts.all_of(session, here.site)},
        }

    values = await parts_of(request).store.read(ask)
    return page(request, desk, "list", {**values, "states": STATES}, back=LIST)


@signed_in.get("/{visit}")
async def visit_page(request: Request, desk: OfStaff, visit: str) -> Response:
    """Show one visit to somebody who may decide about it."""
    row = await answering.visit_of(request, desk.here, visit)
    return await answering.show(request, Asking(desk.here, row, f"{LIST}/{visit}", desk.by, LIST, desk.user))


@signed_in.post("/{visit}", dependencies=[Depends(answer_checked)])
async def visit_answered(request: Request, desk: OfStaff, visit: str) -> Response:
    """Take the answer of somebody who is signed in."""
    row = await answering.visit_of(request, desk.here, visit)
    return await answering.answer(request, Asking(desk.here, row, f"{LIST}/{visit}", desk.by, LIST, desk.user))


async def _linked(request: Request, here: School, link: str) -> Asking:
    now = parts_of(request).clock()

    def ask(session: Session) -> VisitRow | None:
        visit = links.visit_of(session, here.site, link, "host", now)
        row = visits.one(session, here.site, visit) if visit else None
        has_left = row is not None and row.host is not None and hosts.one(session, here.site, row.host) is None
        return None if has_left else row

    row = await parts_of(request).store.read(ask)
    if row is None:
        raise unknown_link(request)
    return Asking(here, row, f"/visit/{here.site}/host/{link}", f"host/{row.host}" if row.host else "host")


async def _delegated(request: Request, here: School, visit: str, token: str) -> Asking:
    now, seals = parts_of(request).clock(), visits_of(request).seals
    found = await parts_of(request).store.read(
        lambda session: standing_in.linked(session, here.site, visit, token, seals, now)
    )
    if found is None:
        raise unknown_link(request)
    row, delegate = found
    return Asking(here, row, f"/visit/{here.site}/host/{visit}/{token}", f"host/{delegate.host}")
