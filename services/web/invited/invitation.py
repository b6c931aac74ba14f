"""A guest confirms an invitation: who they are, and their consent. The pass is in hand at once."""

import logging
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from sqlmodel import Session

from services.store.visits import deeds, hosts, invitations
from services.store.visits.invitations import Confirmed, InvitationRow
from services.store.visits.names import plain
from services.store.visits.visits import VisitRow
from services.web.shared.outside import School, few_enough, outside_page, school, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import answer_checked, language
from services.web.visitor_portal import fields, forms
from services.web.visitor_portal.answers import PASSPORT
from services.web.visitor_portal.fields import Reader, Wrong
from services.web.visitor_portal.questions import CONSENT_VERSION, LONGEST_RAW


def _if_any(read: Reader) -> Reader:
    """Give the reader of what may be left out."""
    return lambda raw: read(raw) if plain(raw) else ""


_READ: dict[str, Reader] = {
    "name": fields.person_name,
    "iin": fields.iin,
    "passport": fields.document_tail,
    "companions": _if_any(fields.companions),
    "vehicle": _if_any(fields.plate),
    "things": fields.any_text,
    "consent": fields.choice(frozenset({CONSENT_VERSION}), "visit.wrong.consent"),
}
_SHOWN = ("name", "companions", "vehicle", "things")

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/visit/{site}/i", dependencies=[Depends(few_enough)])
AtSchool = Annotated[School, Depends(school)]


@router.get("/{link}")
async def invitation_page(request: Request, here: AtSchool, link: str) -> Response:
    """Show who invites, when and why, and ask who comes; one that was confirmed leads to its visit."""
    row, host = await _invited(request, here, link)
    if row.visit is not None:
        return forms.to_status(request, here, row.visit)
    return _page(request, here, link, row, host, {"name": row.name}, {})


@router.post("/{link}", dependencies=[Depends(answer_checked)])
async def confirm(request: Request, here: AtSchool, link: str) -> Response:
    """Take what the guest says of themselves: a visit with its pass, once, however often the form comes."""
    row, host = await _invited(request, here, link)
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    read = {name: reader(form.get(name, "")[:LONGEST_RAW]) for name, reader in _READ.items()}
    wrong = {name: value for name, value in read.items() if isinstance(value, Wrong)}
    if wrong:
        return _page(request, here, link, row, host, form, wrong)
    seals, now = visits_of(request).seals, parts_of(request).clock()
    told = _confirmed(request, here, {name: str(value) for name, value in read.items()})

    def act(session: Session) -> VisitRow | None:
        return invitations.accept(
            session, site=here.site, invitation=row.invitation, told=told, policy=here.policy, seals=seals, at=now
        )

    visit = await parts_of(request).store.write(act)
    if visit is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    logger.info("invitation_confirmed site=%s invitation=%s visit=%s", here.site, row.invitation, visit.visit)
    return forms.to_status(request, here, visit.visit)


def _confirmed(request: Request, here: School, read: Mapping[str, str]) -> Confirmed:
    """Put together what was confirmed; an identity number is kept as its keyed hash only."""
    seals = visits_of(request).seals
    return Confirmed(
        name=read["name"],
        iin_hash=seals.hashed("iin", here.site, read["iin"]) if read["iin"] else None,
        document_kind=PASSPORT if read["passport"] else None,
        document_tail=read["passport"] or None,
        companions=read["companions"].splitlines(),
        vehicle=read["vehicle"] or None,
        things=read["things"] or None,
        language=str(language(request)),
        consent_version=read["consent"],
    )


async def _invited(request: Request, here: School, link: str) -> tuple[InvitationRow, str]:
    now = parts_of(request).clock()

    def ask(session: Session) -> tuple[InvitationRow, str] | None:
        row = invitations.linked(session, here.site, link, now)
        host = hosts.one(session, here.site, row.host) if row is not None else None
        return (row, host.name if host else here.policy.name) if row is not None else None

    found = await parts_of(request).store.read(ask)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return found


def _page(  # noqa: PLR0917  what one page shows
    request: Request,
    here: School,
    link: str,
    row: InvitationRow,
    host: str,
    typed: Mapping[str, str],
    wrong: dict[str, Wrong],
) -> Response:
    path = f"/visit/{here.site}/i/{link}"
    values = {
        "invitation": row,
        "host": host,
        "path": path,
        "answers": {name: typed.get(name, "")[:500] for name in _SHOWN},
        "consent": CONSENT_VERSION,
        "consented": typed.get("consent") == CONSENT_VERSION,
        "kept_days": deeds.KEPT.days,
        "wrong": wrong,
    }
    code = status.HTTP_422_UNPROCESSABLE_CONTENT if wrong else status.HTTP_200_OK
    return outside_page(request, "invited/invitation.html", here, values, back=path, code=code)
