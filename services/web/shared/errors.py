"""Error pages: what happened in plain words, and what to do. No stack trace, no code."""

import logging

from fastapi import FastAPI, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException

from services.i18n.words import Words
from services.web.shared.outside import is_outside
from services.web.shared.parts import parts_of
from services.web.shared.sessions import COOKIE
from services.web.shared.visitors import NotSignedIn, time_text, wants_fragment, words

_LIVE = "/post/live"
_VISITS = "/visit/"
_TO_A_VISITOR = {404: "visit.fault.gone", 429: "error.429.do"}

logger = logging.getLogger(__name__)


def add_error_pages(app: FastAPI) -> None:
    """Teach an app our error pages."""
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _unreadable)
    for past_the_database in (DataError, OverflowError):
        app.add_exception_handler(past_the_database, _unreadable)
    app.add_exception_handler(SQLAlchemyError, _store_gone)
    app.add_exception_handler(Exception, _fault)


def _not_signed_in(request: Request, error: Exception) -> Response:
    said = "ended" if isinstance(error, NotSignedIn) and error.ended else "first"
    address = f"/sign-in?said={said}"
    if wants_fragment(request):
        return PlainTextResponse("", status.HTTP_401_UNAUTHORIZED, {"HX-Redirect": address})
    if request.url.path == _LIVE:
        return PlainTextResponse("", status.HTTP_401_UNAUTHORIZED)
    response = RedirectResponse(address, status.HTTP_303_SEE_OTHER)
    if said == "ended":
        response.delete_cookie(COOKIE, path="/")
    return response


def _http(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else status.HTTP_500_INTERNAL_SERVER_ERROR
    response = _page(request, code)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


def _unreadable(request: Request, _error: Exception) -> Response:
    """Answer what cannot be read, by us or by the database: a text with a zero in it, a number past all numbers."""
    return _page(request, status.HTTP_422_UNPROCESSABLE_CONTENT)


def _store_gone(request: Request, error: Exception) -> Response:
    logger.error("store_failed cause=%s path=%s", type(error).__name__, request.url.path)
    return _page(request, status.HTTP_503_SERVICE_UNAVAILABLE)


def _fault(request: Request, _error: Exception) -> Response:
    return _page(request, status.HTTP_500_INTERNAL_SERVER_ERROR)


def _page(request: Request, code: int) -> Response:
    parts, text = parts_of(request), words(request)
    session, _ = parts.sessions.read(request.cookies.get(COOKIE))
    key = code if f"error.{code}.title" in text else status.HTTP_422_UNPROCESSABLE_CONTENT
    values = {
        "user": None,
        "csrf": parts.sessions.form_token(session) if session else "",
        "back": "/post",
        "home": "/post",
        "home_text": text.say("error.back"),
        "title": text.say(f"error.{key}.title"),
        "do": text.say(f"error.{key}.do", time=time_text(parts.clock())),
    }
    if request.url.path.startswith(_VISITS):
        values |= _of_a_visitor(request.url.path, text, code)
    return HTMLResponse(parts.templates.fill("shared/error.html", text, values), code)


def _of_a_visitor(path: str, text: Words, code: int) -> dict[str, str]:
    """Give what is said instead to somebody who has never seen the post, and where the school's first page is."""
    home = "/".join(path.split("/")[:3])
    do = _TO_A_VISITOR.get(code, "visit.fault.again")
    back = home if is_outside(home) else "/"
    return {"back": back, "home": back, "home_text": text.say("visit.fault.back"), "do": text.say(do)}
