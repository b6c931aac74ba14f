"""Pages for people without an account: a visitor, a host who came by a link. They have a session cookie for their
forms, and nothing else.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from fastapi import HTTPException, Request, status
from fastapi.responses import HTMLResponse

from schemas.ids import is_slug
from schemas.site_policy import SitePolicy
from services.settings import Configuration, VisitSettings
from services.store.visits.pass_keys import PassKeys
from services.store.visits.seals import Seals
from services.web.shared.parts import parts_of
from services.web.shared.rate_limit import Attempts
from services.web.shared.sessions import COOKIE
from services.web.shared.visitors import address_of, set_session, words

logger = logging.getLogger(__name__)

_PAGE = re.compile(r"/visit/[a-z0-9-]+(?:/[A-Za-z0-9_-]+)*|/visits(?:/[A-Za-z0-9_-]+)*")
_NO_BROWSER = "no session"
_OF_ADDRESS, _OF_ACCOUNT = 60, 8
_GUESSES = 30
_POSTS, _POSTS_OF_ONE = 1_500, 120
"""How many forms a window takes: from one address, behind which a school, or a mobile operator with all the parents of
an evening, may sit, and from one browser.
"""


@dataclass(frozen=True)
class Visits:
    """What the pages about visits work with beside the parts that all pages have. ``attempts`` counts what strangers
    begin, ask codes for, and try codes on; ``posts`` every form that they send; ``guesses`` the links they show that
    nobody was given. ``texting`` says that a telephone may be a contact: there is a gateway for text messages.
    """

    seals: Seals
    pass_keys: PassKeys
    public_url: str
    attempts: Attempts
    texting: bool = False
    posts: Attempts = field(default_factory=lambda: Attempts(of_address=_POSTS, of_account=_POSTS_OF_ONE))
    guesses: Attempts = field(default_factory=lambda: Attempts(of_address=_GUESSES, of_account=_GUESSES))

    @classmethod
    def of(cls, configuration: Configuration) -> "Visits | None":
        """Read the ``[visits]`` section; None without one. Raises WrongSetting."""
        if configuration.settings.visits is None:
            return None
        settings = configuration.section("visits", VisitSettings)
        return cls(
            seals=Seals(configuration.secret("visits.key", settings.key)),
            pass_keys=PassKeys(configuration.path(settings.pass_keys)),
            public_url=settings.public_url.rstrip("/"),
            attempts=Attempts(of_address=_OF_ADDRESS, of_account=_OF_ACCOUNT),
            texting=configuration.settings.sms is not None,
        )


@dataclass(frozen=True)
class School:
    """The school that a page is about: its site and the rules that hold there now."""

    site: str
    policy: SitePolicy

    def local(self, moment: datetime) -> datetime:
        """Give a moment by the school's clock."""
        return moment.astimezone(timezone(timedelta(minutes=self.policy.utc_offset_min)))

    def said(self, moment: datetime) -> str:
        """Give a moment as every language here writes it: 24.11.2026 14:30."""
        return f"{self.local(moment):%d.%m.%Y %H:%M}"


def visits_of(request: Request) -> Visits:
    """Give what the pages about visits work with."""
    visits = request.app.state.visits
    if not isinstance(visits, Visits):
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return visits


async def school(request: Request, site: str) -> School:
    """Give the school of an address; one that there is not is a 404, like any other address."""
    if is_slug(site):
        parts = parts_of(request)
        found = parts.policies.fresh(site)
        if found is None:
            found = await parts.store.read(lambda session: parts.policies.current(session, site))
        if found is not None:
            return School(site, found)
    raise HTTPException(status.HTTP_404_NOT_FOUND)


async def few_enough(request: Request) -> None:
    """Refuse a form of whoever sends more than people do, before anything of it is read; for the routers of people
    without an account. One browser that does so leaves the others of its address alone.
    """
    if request.method != "POST":
        return
    parts, posts, address = parts_of(request), visits_of(request).posts, address_of(request)
    session, now = parts.sessions.read(request.cookies.get(COOKIE))[0], parts.clock()
    browser = session.name if session is not None else _NO_BROWSER
    if posts.wait(address, browser, now):
        logger.warning("visit_posts_limited")
        raise HTTPException(status.HTTP_429_TOO_MANY_REQUESTS)
    posts.failed(address, browser, now)


def unknown_link(request: Request) -> HTTPException:
    """Give what is answered to a link that nobody was given: not found, and too often to whoever goes on guessing. A
    link that was given is answered always: behind one address a robot may sit beside somebody with a pass.
    """
    guesses, address, now = visits_of(request).guesses, address_of(request), parts_of(request).clock()
    if guesses.wait(address, "", now):
        return HTTPException(status.HTTP_429_TOO_MANY_REQUESTS)
    guesses.failed(address, "", now)
    return HTTPException(status.HTTP_404_NOT_FOUND)


def is_outside(path: str) -> bool:
    """Tell whether an address is one of these pages, and nothing but one."""
    return _PAGE.fullmatch(path) is not None


def outside_page(
    request: Request,
    template: str,
    school: School,
    values: Mapping[str, object],
    *,
    back: str,
    code: int = status.HTTP_200_OK,
) -> HTMLResponse:
    """Show a page, with a session for its forms; ``back`` is where the choice of a language leads."""
    parts, text = parts_of(request), words(request)
    session, _ = parts.sessions.read(request.cookies.get(COOKIE))
    cookie = None if session is not None else parts.sessions.begin()
    known = session or parts.sessions.read(cookie)[0]
    filled = {
        "school": school,
        "csrf": parts.sessions.form_token(known) if known else "",
        "back": back,
        "told": school.said,
        **values,
    }
    response = HTMLResponse(parts.templates.fill(template, text, filled), code)
    if cookie is not None:
        set_session(parts, response, cookie)
    return response
