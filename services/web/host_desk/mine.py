"""A host's own desk: the visits to them and to those for whom they stand in, and who stands in for them."""

from datetime import date, datetime, time, timedelta

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from services.store.lists import matches
from services.store.visits import evenings, hosts, invitations, standing_in, visits
from services.store.visits.visits import VisitRow
from services.web.host_desk import answering
from services.web.host_desk.answering import STATES, Asking, texts
from services.web.host_desk.desk import Desk, OfHost, page
from services.web.shared.parts import parts_of
from services.web.shared.visitors import answer_checked
from services.web.visitor_portal import fields
from services.web.visitor_portal.fields import Wrong

_PAST_SHOWN = 20
_LONGEST_DELEGATION = timedelta(days=366)
_OVER = frozenset({"declined", "cancelled"})

router = APIRouter(prefix="/visit/{site}/host/desk")


@router.get("")
async def desk_page(request: Request, desk: OfHost) -> Response:
    """Show what waits for an answer, today's visits, those to come, and the last that are over."""
    return await _desk(request, desk)


@router.post("/delegate", dependencies=[Depends(answer_checked)])
async def delegate(request: Request, desk: OfHost) -> Response:
    """Let a colleague be asked instead until a day, or nobody any more."""
    form = texts(await request.form())
    stopped = form.get("deed") == "stop"
    until = None if stopped else _until(form.get("until", ""), desk)
    name = form.get("delegate", "")
    if isinstance(until, Wrong):
        return await _desk(request, desk, form, {"until": until})

    def act(session: Session) -> bool:
        meant = None if stopped else hosts.meant_by(session, desk.here.site, name)
        if desk.host is None or (not stopped and (meant is None or meant.host == desk.host.host)):
            return False
        to = meant.host if meant else None
        standing_in.delegate(
            session, site=desk.here.site, host=desk.host.host, to=to, until=until, by=desk.by, at=desk.now
        )
        return True

    if not await parts_of(request).store.write(act):
        return await _desk(request, desk, form, {"delegate": Wrong("host.wrong.delegate")})
    return RedirectResponse(desk.home, status.HTTP_303_SEE_OTHER)


@router.get("/visit/{visit}")
async def visit_page(request: Request, desk: OfHost, visit: str) -> Response:
    """Show one of the host's visits."""
    return await answering.show(request, await _mine(request, desk, visit))


@router.post("/visit/{visit}", dependencies=[Depends(answer_checked)])
async def visit_answered(request: Request, desk: OfHost, visit: str) -> Response:
    """Take the host's answer."""
    return await answering.answer(request, await _mine(request, desk, visit))


async def _mine(request: Request, desk: Desk, visit: str) -> Asking:
    row = await answering.visit_of(request, desk.here, visit)

    def may_see(session: Session) -> bool:
        return row.host in _hosts(session, desk) and matches.stands(session, row.site, row.visit) is None

    if not await parts_of(request).store.read(may_see):
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return Asking(desk.here, row, f"{desk.base}/visit/{visit}", desk.by, desk.home)


def _hosts(session: Session, desk: Desk) -> dict[str, str]:
    """Give the hosts whose visits are on this desk, with their names."""
    if desk.host is None:
        return {}
    others = hosts.stood_in_for(session, desk.here.site, desk.host.host, desk.now)
    return {host.host: host.name for host in (desk.host, *others)}


async def _desk(
    request: Request, desk: Desk, form: dict[str, str] | None = None, wrong: dict[str, Wrong] | None = None
) -> Response:
    site, now = desk.here.site, desk.now
    today = desk.here.local(now).date()

    def ask(session: Session) -> dict[str, object]:
        names = _hosts(session, desk)
        mine = desk.host.host if desk.host else ""
        rows = [row for row in visits.of_hosts(session, site, names, now) if row.state not in _OVER]
        return {
            "names": names,
            "waiting": [row for row in rows if row.state == "requested"],
            "today": [row for row in rows if row.state != "requested" and _day(desk, row) <= today],
            "later": [row for row in rows if row.state != "requested" and _day(desk, row) > today],
            "past": visits.past_of_hosts(session, site, [mine], now, _PAST_SHOWN),
            "invited": invitations.open_of(session, site, mine, now),
            "evenings": evenings.to_come(session, site, now, mine),
            "standing_in": hosts.delegate_of(session, desk.host, now) if desk.host else None,
        }

    values = await parts_of(request).store.read(ask)
    typed = {name: (form or {}).get(name, "")[:200] for name in ("delegate", "until")}
    more = {"states": STATES, "answers": typed, "wrong": wrong or {}, "today_date": today.isoformat()}
    return page(request, desk, "desk", {**values, **more}, back=desk.home, wrong=bool(wrong))


def _day(desk: Desk, row: VisitRow) -> date:
    return desk.here.local(row.arrives_at).date()


def _until(raw: str, desk: Desk) -> datetime | Wrong:
    """Read the last day of a delegation: its end is that day's."""
    told = fields.day(raw)
    if isinstance(told, Wrong):
        return told
    local = desk.here.local(desk.now)
    end = datetime.combine(date.fromisoformat(told) + timedelta(days=1), time(), local.tzinfo)
    return end if desk.now < end <= desk.now + _LONGEST_DELEGATION else Wrong("host.wrong.until")
