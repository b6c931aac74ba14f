"""Whose desk it is: a host's, signed in by a link, or that of the duty administrator and the director."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Response, status

from services.store.users import UserRole
from services.store.visits import hosts
from services.store.visits.hosts import HostRow
from services.web.shared.outside import School, outside_page, school
from services.web.shared.parts import parts_of
from services.web.shared.sessions import LASTS, Session, Sessions
from services.web.shared.visitors import SignedIn, User

COOKIE = "qaqpa_host"
LIST = "/visits"
DECIDE: frozenset[str] = frozenset({UserRole.DUTY_ADMIN, UserRole.DIRECTOR, UserRole.ADMINISTRATOR})


@dataclass(frozen=True)
class Desk:
    """Somebody at their desk: the school, who they are in the audit's words, where their pages begin, and either the
    host or the user that they are.
    """

    here: School
    by: str
    base: str
    now: datetime
    host: HostRow | None = None
    user: User | None = None

    @property
    def home(self) -> str:
        """Give the first page of the desk."""
        return self.base


def host_sessions(request: Request) -> Sessions:
    """Give what makes and reads the cookies of hosts."""
    sessions = request.app.state.host_sessions
    if not isinstance(sessions, Sessions):
        message = "the app was made without the sessions of hosts"
        raise TypeError(message)
    return sessions


def sign_in_address(site: str) -> str:
    """Give where a host of a school signs in."""
    return f"/visit/{site}/host"


def set_cookie(request: Request, response: Response, host: HostRow) -> None:
    """Let a browser be a host's, on this school's pages alone, for a shift."""
    response.set_cookie(
        COOKIE,
        host_sessions(request).begin(host.host, host.site),
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=parts_of(request).secure_cookies,
        path=sign_in_address(host.site),
    )


async def host_of(request: Request, site: str) -> HostRow | None:
    """Give the host whose browser it is: on the school's list still, and asked at the same address as then."""
    session = session_of(request)
    if session is None or session.site != site:
        return None
    row = await parts_of(request).store.read(lambda database: hosts.one(database, site, session.login))
    return row if row is not None and (row.changed_at is None or row.changed_at <= session.began_at) else None


def session_of(request: Request) -> Session | None:
    """Give the session of a host's browser, good or not."""
    return host_sessions(request).read(request.cookies.get(COOKIE))[0]


async def of_host(request: Request, here: Annotated[School, Depends(school)]) -> Desk:
    """Give the desk of the host who is signed in; nobody is led to signing in."""
    host = await host_of(request, here.site)
    if host is None:
        raise HTTPException(status.HTTP_303_SEE_OTHER, headers={"Location": sign_in_address(here.site)})
    now = parts_of(request).clock()
    return Desk(here, f"host/{host.host}", f"{sign_in_address(here.site)}/desk", now, host=host)


async def deciding(user: SignedIn) -> User:
    """Give who is signed in, if they may decide about visits."""
    if user.role not in DECIDE:
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    return user


async def of_staff(request: Request, user: Annotated[User, Depends(deciding)]) -> Desk:
    """Give the desk of the duty administrator or the director."""
    here = await school(request, user.site)
    return Desk(here, user.login, LIST, parts_of(request).clock(), user=user)


OfHost = Annotated[Desk, Depends(of_host)]
OfStaff = Annotated[Desk, Depends(of_staff)]


def page(
    request: Request, desk: Desk, template: str, values: dict[str, object], *, back: str, wrong: bool = False
) -> Response:
    """Show a page of a desk; with something wrong in its form it is a 422."""
    code = status.HTTP_422_UNPROCESSABLE_CONTENT if wrong else status.HTTP_200_OK
    filled = {"desk": desk, "user": desk.user, **values}
    return outside_page(request, f"host_desk/{template}.html", desk.here, filled, back=back, code=code)
