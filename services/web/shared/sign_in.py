"""Signing in and out, and choosing a language."""

import logging
import math
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session as Transaction

from services.i18n.words import language_of
from services.store import audit, users
from services.store.users import UserRow
from services.web.shared.outside import is_outside
from services.web.shared.parts import Parts, parts_of
from services.web.shared.sessions import COOKIE
from services.web.shared.visitors import (
    LANGUAGE_COOKIE,
    address_of,
    form_checked,
    set_language,
    set_session,
    words,
)

HOME = "/post"
RULES = "/administration"
HOMES = {users.UserRole.DIRECTOR.value: RULES, users.UserRole.ADMINISTRATOR.value: RULES}
"""Where whoever signs in begins, if not at the post."""

OFFICE_PAGES = ("/lists", "/matches", "/directory", "/hosts", "/entitled")
"""Where pages of the school's administration are beside the rules."""

SIGN_IN = "/sign-in"
_NOTICES = {"out": "sign_in.signed_out", "ended": "sign_in.ended"}
_MINUTE_S = 60
_LONGEST_NAME = 100
_LONGEST_PASSWORD = 200

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get("/")
def home() -> RedirectResponse:
    """Lead to the post's page, which leads to sign-in when nobody is."""
    return RedirectResponse(HOME, status.HTTP_303_SEE_OTHER)


@router.get(SIGN_IN)
def sign_in_page(request: Request, said: str = "") -> Response:
    """Show the form."""
    text = words(request)
    notice = text.say(_NOTICES[said]) if said in _NOTICES else None
    return _form(request, notice, "said", "", status.HTTP_200_OK)


@router.post(SIGN_IN, dependencies=[Depends(form_checked)])
async def sign_in(
    request: Request, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
) -> Response:
    """Check a login and password; a refusal does not say which was wrong."""
    parts, text, address = parts_of(request), words(request), address_of(request)
    login = name.strip()[:_LONGEST_NAME]
    wait = parts.attempts.wait(address, login, parts.clock())
    if wait:
        minutes = max(1, math.ceil(wait.total_seconds() / _MINUTE_S))
        logger.warning("sign_in_limited")
        return _form(
            request, text.say("sign_in.wait", minutes=minutes), "refused", login, status.HTTP_429_TOO_MANY_REQUESTS
        )
    parts.attempts.failed(address, login, parts.clock())
    user = await parts.store.read(lambda session: users.verified(session, login, password[:_LONGEST_PASSWORD]))
    if user is None:
        logger.warning("sign_in_refused")
        return _form(request, text.say("sign_in.refused"), "refused", login, status.HTTP_401_UNAUTHORIZED)
    parts.attempts.succeeded(address, login)
    await parts.store.write(lambda session: _note(session, user, "signed_in"))
    return _signed_in(request, parts, user)


@router.post("/sign-out", dependencies=[Depends(form_checked)])
async def sign_out(request: Request) -> Response:
    """End the session at once, also where its cookie was copied to."""
    parts = parts_of(request)
    session, _ = parts.sessions.read(request.cookies.get(COOKIE))
    if session is not None and session.signed_in:
        parts.sessions.end(session)
        parts.end_streams(session)
        user = await parts.store.read(lambda database: users.of_site(database, session.site, session.login))
        if user is not None:
            await parts.store.write(lambda database: _note(database, user, "signed_out"))
    response = RedirectResponse(f"{SIGN_IN}?said=out", status.HTTP_303_SEE_OTHER)
    response.delete_cookie(COOKIE, path="/")
    return response


@router.post("/language", dependencies=[Depends(form_checked)])
def choose_language(
    request: Request, language: Annotated[str, Form()] = "", back: Annotated[str, Form()] = ""
) -> Response:
    """Keep the chosen language in a cookie and go back to where it was chosen."""
    known = back in {HOME, SIGN_IN} or back.startswith((f"{HOME}/", RULES, *OFFICE_PAGES)) or is_outside(back)
    response = RedirectResponse(back if known else HOME, status.HTTP_303_SEE_OTHER)
    set_language(parts_of(request), response, language_of(language))
    return response


def _signed_in(request: Request, parts: Parts, user: UserRow) -> Response:
    response = RedirectResponse(HOMES.get(user.role, HOME), status.HTTP_303_SEE_OTHER)
    set_session(parts, response, parts.sessions.begin(user.login, user.site))
    if LANGUAGE_COOKIE not in request.cookies:
        set_language(parts, response, language_of(user.language))
    return response


def _form(request: Request, notice: str | None, kind: str, name: str, code: int) -> Response:
    parts = parts_of(request)
    session, _ = parts.sessions.read(request.cookies.get(COOKIE))
    cookie = None if session is not None else parts.sessions.begin()
    known = session or parts.sessions.read(cookie)[0]
    values = {
        "user": None,
        "csrf": parts.sessions.form_token(known) if known else "",
        "back": SIGN_IN,
        "notice": notice,
        "notice_kind": kind,
        "name": name,
    }
    response = HTMLResponse(parts.templates.fill("shared/sign_in.html", words(request), values), code)
    if cookie is not None:
        set_session(parts, response, cookie)
    return response


def _note(session: Transaction, user: UserRow, act: str) -> None:
    audit.note(session, site=user.site, by=user.login, act=act, subject=user.login)
