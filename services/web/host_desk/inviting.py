"""A host invites somebody: who, why, when and how they may come. What follows is the guest's
(``services/web/invited``).
"""

import logging
from collections.abc import Sequence
from typing import cast

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlmodel import Session
from starlette.datastructures import FormData

from schemas.credential import Category
from schemas.site_policy import SitePolicy
from services.store.visits import invitations
from services.store.visits.conditions import Conditions
from services.store.visits.invitations import Invitation, InvitationRow
from services.web.host_desk import terms
from services.web.host_desk.answering import texts, ticked
from services.web.host_desk.desk import Desk, OfHost, page
from services.web.host_desk.spans import span_of
from services.web.shared.outside import Visits, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import answer_checked, language
from services.web.visitor_portal import fields
from services.web.visitor_portal.fields import Wrong
from services.web.visitor_portal.questions import WEEKDAYS

ROLES: dict[str, str] = {category: f"category.{category}" for category in invitations.CATEGORIES}
_READ = {
    "name": fields.person_name,
    "category": fields.choice(frozenset(ROLES), "host.wrong.choice"),
    "purpose": fields.needed_text("visit.wrong.purpose"),
}
_SHOWN = (*_READ, "contact", "date", "last", "from", "until")

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/visit/{site}/host/desk/invite")


@router.get("")
async def invite_page(request: Request, desk: OfHost, said: str = "") -> Response:
    """Show the form, with an id of its own."""
    begin = {"category": "visitor", "date": desk.here.local(desk.now).date().isoformat()}
    return _form(request, desk, invitations.new_invitation(), begin, Conditions(), said=said == "sent")


@router.post("", dependencies=[Depends(answer_checked)])
async def invite(request: Request, desk: OfHost) -> Response:
    """Invite somebody: once, however often the form comes."""
    form = await request.form()
    typed = texts(form)
    told = _invitation_of(form, desk.here.policy, desk, visits_of(request), str(language(request)))
    invitation = typed.get("invitation", "")
    if not invitations.is_invitation(invitation) or desk.host is None:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT)
    if isinstance(told, dict):
        conditions = terms.conditions_of(typed, ticked(form, "entrance"), desk.here.policy)
        chosen = conditions if isinstance(conditions, Conditions) else Conditions()
        return _form(request, desk, invitation, typed, chosen, told, weekdays=ticked(form, "weekday"))
    host, seals = desk.host, visits_of(request).seals

    def act(session: Session) -> InvitationRow | None:
        return invitations.invite(
            session, site=desk.here.site, told=told, host=host, by=desk.by, seals=seals, at=desk.now
        )

    if await parts_of(request).store.write(act) is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    logger.info("visitor_invited site=%s invitation=%s host=%s", desk.here.site, invitation, host.host)
    return RedirectResponse(f"{desk.base}/invite?said=sent", status.HTTP_303_SEE_OTHER)


@router.post("/{invitation}/withdraw", dependencies=[Depends(answer_checked)])
async def withdraw(request: Request, desk: OfHost, invitation: str) -> Response:
    """Take an invitation back that nobody has confirmed yet; one that became a visit is declined on its page."""
    host = desk.host.host if desk.host else ""
    done = await parts_of(request).store.write(
        lambda session: invitations.withdraw(
            session, site=desk.here.site, invitation=invitation, host=host, by=desk.by, at=desk.now
        )
    )
    logger.info("invitation_withdrawn site=%s invitation=%s changed=%s", desk.here.site, invitation, done)
    return RedirectResponse(desk.home, status.HTTP_303_SEE_OTHER)


def _invitation_of(
    form: FormData, policy: SitePolicy, desk: Desk, visits: Visits, lang: str
) -> Invitation | dict[str, Wrong]:
    typed = texts(form)
    readers = {**_READ, "contact": fields.contact if visits.texting else fields.email}
    read = {name: reader(typed.get(name, "")) for name, reader in readers.items()}
    wrong = {name: value for name, value in read.items() if isinstance(value, Wrong)}
    span = span_of(typed, ticked(form, "weekday"), policy.utc_offset_min, desk.now)
    conditions = terms.conditions_of(typed, ticked(form, "entrance"), policy)
    wrong |= span if isinstance(span, dict) else {}
    wrong |= conditions if isinstance(conditions, dict) else {}
    if wrong or isinstance(span, dict) or isinstance(conditions, dict):
        return wrong
    return Invitation(
        invitation=typed.get("invitation", ""),
        name=str(read["name"]),
        contact=str(read["contact"]),
        category=cast("Category", read["category"]),
        purpose=str(read["purpose"]),
        arrives_at=span.begins,
        leaves_at=span.ends,
        weekdays=span.weekdays,
        conditions=conditions,
        language=lang,
    )


def _form(
    request: Request,
    desk: Desk,
    invitation: str,
    typed: dict[str, str],
    conditions: Conditions,
    wrong: dict[str, Wrong] | None = None,
    *,
    weekdays: Sequence[str] = (),
    said: bool = False,
) -> Response:
    values = {
        "invitation": invitation,
        "answers": {name: typed.get(name, "")[:500] for name in _SHOWN},
        "roles": ROLES,
        "all_weekdays": WEEKDAYS,
        "weekdays": weekdays,
        "wrong": wrong or {},
        "said": said,
        "today": desk.here.local(desk.now).date().isoformat(),
        **terms.shown(conditions, desk.here.policy),
    }
    return page(request, desk, "invite", values, back=f"{desk.base}/invite", wrong=bool(wrong))
