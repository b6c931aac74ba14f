"""What every room of the post has beside the live page: its frame, the site's own clock, who may decide what, and how a
form's result is told.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session

from services.i18n.words import Words
from services.store import users
from services.store.screenings import custody
from services.store.users import UserRole
from services.web.guard_console.console import console_of
from services.web.guard_console.post_state import PostState
from services.web.guard_console.sentences import clock
from services.web.guard_console.sight import Sight
from services.web.shared.parts import parts_of
from services.web.shared.visitors import User, wants_fragment, words

DUTY = frozenset({UserRole.DUTY_ADMIN.value, UserRole.DIRECTOR.value, UserRole.ADMINISTRATOR.value})
"""Who may decide what a guard may not: exceptions, what may be a weapon, a cancelled card."""


class Notice(NamedTuple):
    """What a page says of the form that was sent: ``kind`` is done, sent or refused."""

    kind: str
    text: str


class Room(NamedTuple):
    """A request in a room: who asks, the words, the time, what the site's post sees, how many things lie in custody
    longer than they may.
    """

    user: User
    words: Words
    now: datetime
    sight: Sight
    overdue: int

    @property
    def state(self) -> PostState:
        """Give what the post knows."""
        return self.sight.state

    def clock(self, at: datetime | None) -> str:
        """Give a moment on the school's wall."""
        return clock(at, self.sight.zone, self.now)

    @property
    def gates(self) -> list[tuple[str, str]]:
        """Give the site's gates with their names, by name."""
        known = self.state.policy.data.gates if self.state.policy else {}
        return sorted(((gate, trust.name) for gate, trust in known.items()), key=lambda gate: gate[1])


async def enter(request: Request, user: User) -> Room:
    """Give the room that a request is in."""
    parts = parts_of(request)
    now = parts.clock()
    overdue = await parts.store.read(lambda session: custody.count_overdue(session, user.site, now))
    return Room(user, words(request), now, await console_of(request).posts.sight(user.site), overdue)


def page(
    request: Request,
    room: Room,
    template: str,
    values: Mapping[str, object],
    *,
    here: str,
    notice: Notice | None = None,
) -> Response:
    """Render a page of a room; ``here`` is its place in the rooms' list. A form that was refused is a 422. The template
    of another folder is named with it.
    """
    parts = parts_of(request)
    policy = room.state.policy
    filled: Mapping[str, object] = {
        "user": room.user,
        "csrf": parts.sessions.form_token(room.user.session),
        "back": request.url.path,
        "site_name": policy.data.name if policy else room.user.site,
        "here": here,
        "clock": room.clock,
        "now": room.now,
        "gates": room.gates,
        "overdue": room.overdue,
        "notice": notice.text if notice else None,
        "notice_kind": notice.kind if notice else None,
        **values,
    }
    refused = notice is not None and notice.kind == "refused"
    code = status.HTTP_422_UNPROCESSABLE_CONTENT if refused else status.HTTP_200_OK
    named = template if "/" in template else f"guard_console/{template}"
    return HTMLResponse(parts.templates.fill(f"{named}.html", room.words, filled), code)


def said(room: Room, code: str, done: Collection[str], key: Callable[[str], str]) -> Notice | None:
    """Give the notice that an address asks for (``?said=code``), if it is one of those that this page has."""
    return Notice("done", room.words.say(key(code))) if code in done else None


def onward(request: Request, path: str, **query: str) -> Response:
    """Lead on after a form; htmx is told where to go."""
    address = f"{path}?{urlencode(query)}" if query else path
    if wants_fragment(request):
        return Response(status_code=status.HTTP_204_NO_CONTENT, headers={"HX-Redirect": address})
    return RedirectResponse(address, status.HTTP_303_SEE_OTHER)


def may_decide(user: User) -> bool:
    """Tell whether somebody may decide what a guard may not."""
    return user.role in DUTY


def duty_administrators(session: Session, site: str) -> list[tuple[str, str]]:
    """Give who may be asked for permission, as logins and names; the director where there is no duty administrator,
    so that nobody waits outside for somebody who is not there.
    """
    return [(row.login, row.name) for row in users.on_duty(session, site)]


def allowing(user: User, chosen: str, duty: Collection[tuple[str, str]]) -> str | None:
    """Give the duty administrator who allowed something: oneself, the one that was chosen, or the only one there is;
    None where it cannot be told.
    """
    if may_decide(user):
        return user.login
    logins = [login for login, _ in duty]
    if chosen in logins:
        return chosen
    return logins[0] if len(logins) == 1 else None
