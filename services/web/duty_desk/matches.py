"""Possible matches: who may be a person on a list, with both records side by side, and what the duty administrator
says. The visitor, the host and the guard are told nothing of it, whatever is said.
"""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response, status
from sqlmodel import Session

from services.i18n.words import language_of, words_in
from services.store import match_decisions
from services.store.lists import matches
from services.store.match_decisions import Both, Word
from services.store.visits.visits import VisitRow
from services.web.duty_desk.desk import enter, onward, page, seals_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, form_checked

MATCHES = "/matches"
SAYS = {"same_person": True, "not_the_same": False}
_DECIDED_SHOWN = 30
_LONGEST = 300
_DONE = frozenset({*SAYS, "settled"})

logger = logging.getLogger(__name__)
router = APIRouter(prefix=MATCHES)


@router.get("")
async def matches_page(
    request: Request, user: SignedIn, told: Annotated[str, Query(alias="said", max_length=_LONGEST)] = ""
) -> Response:
    """Show who waits for a word, the longest first, and what was said lately."""
    desk = await enter(request, user)

    def ask(session: Session) -> tuple[list[Both], list[Both]]:
        waiting, decided = matches.waiting(session, user.site), matches.decided(session, user.site, _DECIDED_SHOWN)
        return tuple([match_decisions.both(session, row) for row in rows] for rows in (waiting, decided))  # type: ignore[return-value]

    waiting, decided = await parts_of(request).store.read(ask)
    done = desk.words.say(f"match.said.{told}") if told in _DONE else None
    return page(request, desk, "matches", {"waiting": waiting, "decided": decided}, done=done)


@router.get("/{match}")
async def match_page(request: Request, user: SignedIn, match: str) -> Response:
    """Show both records of one match."""
    desk = await enter(request, user)
    return page(request, desk, "match", {"both": await _both(request, user.site, match)})


@router.post("/{match}", dependencies=[Depends(form_checked)])
async def say(
    request: Request,
    user: SignedIn,
    match: str,
    says: Annotated[str, Form(max_length=_LONGEST)],
    note: Annotated[str, Form(max_length=_LONGEST)] = "",
) -> Response:
    """Take the word of the duty administrator; only the first one counts."""
    desk = await enter(request, user)
    known = await _both(request, user.site, match)
    if says not in SAYS:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT)
    language = known.subject.language if isinstance(known.subject, VisitRow) else ""
    word = Word(
        match=match,
        same_person=SAYS[says],
        note=note.strip(),
        reason=words_in(language_of(language)).say("match.reason_told"),
    )
    settled = await parts_of(request).store.write(
        lambda session: match_decisions.decide(
            session,
            site=user.site,
            word=word,
            by=user.login,
            policy=desk.here.policy,
            seals=seals_of(request),
            at=desk.now,
        )
    )
    logger.info("match_decided site=%s match=%s changed=%s", user.site, match, settled)
    return onward(f"{MATCHES}?said={says if settled else 'settled'}")


async def _both(request: Request, site: str, match: str) -> Both:
    def ask(session: Session) -> Both | None:
        row = matches.one(session, site, match)
        return match_decisions.both(session, row) if row is not None else None

    found = await parts_of(request).store.read(ask)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return found
