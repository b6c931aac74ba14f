"""What these pages share: who may see them, the school's own clock, and the frame. For a guard and a host they are not
there at all.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from fastapi import HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse

from services.i18n.words import Words
from services.store.users import UserRole
from services.store.visits.seals import Seals
from services.web.shared.outside import School, Visits, school
from services.web.shared.parts import parts_of
from services.web.shared.visitors import User, words

_MAY = frozenset({UserRole.DUTY_ADMIN.value, UserRole.DIRECTOR.value, UserRole.ADMINISTRATOR.value})


class Desk(NamedTuple):
    """A request at the desk: who asks, of which school, the words, the time."""

    user: User
    here: School
    words: Words
    now: datetime


async def enter(request: Request, user: User) -> Desk:
    """Give the desk that a request is at; a 404 for whoever may not know what is there."""
    if user.role not in _MAY:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return Desk(user, await school(request, user.site), words(request), parts_of(request).clock())


def seals_of(request: Request) -> Seals | None:
    """Give what identity numbers are hashed with; None where the school takes no visits."""
    visits = request.app.state.visits
    return visits.seals if isinstance(visits, Visits) else None


def page(
    request: Request,
    desk: Desk,
    template: str,
    values: Mapping[str, object],
    *,
    wrong: str | None = None,
    done: str | None = None,
) -> Response:
    """Render a page; ``wrong`` is the sentence of a form that was refused, ``done`` that of one that was taken."""
    parts = parts_of(request)
    filled: Mapping[str, object] = {
        "user": desk.user,
        "csrf": parts.sessions.form_token(desk.user.session),
        "back": request.url.path,
        "school": desk.here,
        "told": desk.here.said,
        "now": desk.now,
        "wrong": wrong,
        "done": done,
        **values,
    }
    code = status.HTTP_422_UNPROCESSABLE_CONTENT if wrong else status.HTTP_200_OK
    return HTMLResponse(parts.templates.fill(f"duty_desk/{template}.html", desk.words, filled), code)


def onward(path: str) -> Response:
    """Lead on after a form."""
    return RedirectResponse(path, status.HTTP_303_SEE_OTHER)
