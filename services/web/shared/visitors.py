"""What a request brings: which browser, which language, who is signed in; and the checks that every form passes."""

from datetime import datetime
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Annotated

import msgspec
from fastapi import Depends, HTTPException, Request, Response, status

from services.i18n.words import Language, Words, language_of, words_in
from services.store import users
from services.web.shared.parts import Parts, parts_of
from services.web.shared.sessions import COOKIE, LASTS, Session

LANGUAGE_COOKIE = "qaqpa_language"
_LANGUAGE_KEPT_S = 365 * 24 * 3600
_LONGEST_FORM_BYTES = 16 * 1024
_LONGEST_ANSWER_BYTES = 128 * 1024
_LONGEST_PHOTO_BYTES = 12 * 1024 * 1024
_LONGEST_ADDRESS = 64
_HOUSEHOLD_BITS = 64
_LONGEST_LIST_BYTES = 1024 * 1024


class NotSignedIn(Exception):  # noqa: N818  said of a visitor, who is led to the sign-in page
    """Nobody is signed in; ``ended`` when somebody was."""

    def __init__(self, *, ended: bool) -> None:
        """Keep whether a true session has run out."""
        super().__init__()
        self.ended = ended


class User(msgspec.Struct, frozen=True):
    """Whoever is signed in. Everything they see and do is of ``site``."""

    login: str
    name: str
    site: str
    post: str
    role: str
    session: Session


def language(request: Request) -> Language:
    """Give the language of a browser's cookie; Kazakh when none was chosen."""
    return language_of(request.cookies.get(LANGUAGE_COOKIE))


def words(request: Request) -> Words:
    """Give the texts in the browser's language."""
    return words_in(language(request))


async def known_user(parts: Parts, session: Session) -> User | None:
    """Give the user of a session, if they may still work and have not changed their password since."""
    row = await parts.store.read(lambda database: users.of_site(database, session.site, session.login))
    if row is None or row.changed_at > session.began_at:
        return None
    return User(
        login=row.login, name=row.name, site=row.site, post=row.post or row.role, role=row.role, session=session
    )


async def signed_in(request: Request) -> User:
    """Give who is signed in; raises NotSignedIn."""
    parts = parts_of(request)
    session, ended = parts.sessions.read(request.cookies.get(COOKIE))
    if session is None or not session.signed_in:
        raise NotSignedIn(ended=ended)
    user = await known_user(parts, session)
    if user is None:
        raise NotSignedIn(ended=True)
    return user


SignedIn = Annotated[User, Depends(signed_in)]


async def form_checked(request: Request) -> None:
    """Refuse a form that is too long or does not come from a page of this browser's session."""
    await _checked(request, _LONGEST_FORM_BYTES)


async def answer_checked(request: Request) -> None:
    """Do as ``form_checked`` for whoever types free text: ten thousand characters of any alphabet are read, and then
    told that they are too many.
    """
    await _checked(request, _LONGEST_ANSWER_BYTES)


async def photo_checked(request: Request) -> None:
    """Do as ``form_checked`` for a form with a photo: what any telephone makes is read, so that a page can say that it
    is too large. Its route reads the form itself, or the photo would be read before this.
    """
    await _checked(request, _LONGEST_PHOTO_BYTES)


async def list_checked(request: Request) -> None:
    """Do as ``form_checked`` for whoever pastes a list of names."""
    await _checked(request, _LONGEST_LIST_BYTES)


async def _checked(request: Request, longest_bytes: int) -> None:
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > longest_bytes:
        raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE)
    parts = parts_of(request)
    session, _ = parts.sessions.read(request.cookies.get(COOKIE))
    token = request.headers.get("x-csrf-token") or str((await request.form()).get("csrf") or "")
    if session is None or not parts.sessions.is_form_token(session, token):
        raise HTTPException(status.HTTP_403_FORBIDDEN)


def set_session(parts: Parts, response: Response, cookie: str) -> None:
    """Give the browser its session cookie."""
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=parts.secure_cookies,
        path="/",
    )


def set_language(parts: Parts, response: Response, chosen: Language) -> None:
    """Keep a language in the browser."""
    response.set_cookie(
        LANGUAGE_COOKIE,
        chosen,
        max_age=_LANGUAGE_KEPT_S,
        httponly=True,
        samesite="lax",
        secure=parts.secure_cookies,
        path="/",
    )


def wants_fragment(request: Request) -> bool:
    """Tell whether htmx asks, rather than a browser without script."""
    return request.headers.get("hx-request") == "true"


def address_of(request: Request) -> str:
    """Give the address a request came from, for counting attempts: of IPv6 the network (/64), which is one
    household's. Behind a proxy of ``web.trusted_proxies`` it is the address that the proxy tells.
    """
    told = request.client.host if request.client else ""
    try:
        address = ip_address(told)
    except ValueError:
        return told[:_LONGEST_ADDRESS]
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((int(address), _HOUSEHOLD_BITS), strict=False))


def time_text(now: datetime) -> str:
    """Give a time that a guard can read out to the operator."""
    return now.strftime("%Y-%m-%d %H:%M:%S UTC")
