"""A school in the middle of a day, with something on each of its pages, and a second school beside it; and somebody who
walks all of its pages: follows every link, reads every form. New pages are walked as soon as a page leads to them.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlmodel import Session, select

from schemas.reasons import Reason, Verdict
from services.store import administration, people, schema_version, users
from services.store.database import Store
from services.store.releases import entitled
from services.store.releases.entitled import Entitled
from services.store.visitors_journal.walk_ins import WalkInRow
from services.web.app import ROUTERS, make_app
from services.web.guard_console.sight import News
from services.web.shared.outside import Visits
from services.web.shared.rate_limit import Attempts
from services.web.shared.visitors import signed_in
from tests.services.web.browser import PASSWORD, Browser
from tests.services.web.conftest import Clock, client_of, posts_of
from tests.services.web.said import SITE, act, alarm_of, policy, press
from tests.services.web.test_release import CARD
from tests.services.web.visit_school import HOME, all_visits, ask, open_school, the_code

OTHER = "school-2"
OFTEN = 10**9
MOST_PAGES = 300
WALK_IN = {
    "name": "Ерланова Мәдина",
    "category": "visitor",
    "document_kind": "passport",
    "document_tail": "N12345678",
    "host_text": "7 «Б»",
    "purpose": "жиналыс",
}
STAFF: tuple[tuple[str, str, users.UserRole], ...] = (
    (SITE, "sabit", users.UserRole.GUARD),
    (SITE, "dana", users.UserRole.DUTY_ADMIN),
    (SITE, "iman", users.UserRole.DIRECTOR),
    (OTHER, "marat", users.UserRole.GUARD),
    (OTHER, "oner", users.UserRole.DIRECTOR),
)
SEARCHED = ("/entitled?q=қас", "/post/release?q=қас")
"""Where a page leads on to somebody only after they have been looked for."""

STARTS = ("/", "/sign-in", "/post", "/visits", "/administration", *SEARCHED, HOME, f"{HOME}/items", f"{HOME}/offline")
LEFT_ALONE = ("/static/", "/sign-out", "/post/live")
"""What is no page, ends the walk, or never ends."""


class Form(NamedTuple):
    """A form of a page: where it is sent, and each field with the values that the page offers."""

    action: str
    fields: dict[str, tuple[str, ...]]


class Walked(NamedTuple):
    """What somebody has seen: addresses that led to a page, and the forms on them."""

    addresses: list[str]
    forms: list[Form]


class Route(NamedTuple):
    """One of the app's routes: whether it asks who is signed in, and how a true address of it looks."""

    path: str
    methods: frozenset[str]
    for_staff: bool

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)(?::\w+)?\}", r"(?P<\1>[^/]+)", self.path) + r"(?:\?.*)?")


def routes() -> list[Route]:
    """Give every route of the app's rooms."""
    found = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return [
        Route(route.path, frozenset(route.methods or ()), signed_in in set(_asked_by(route.dependant)))
        for route in found
    ]


def _asked_by(dependant: Any) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _asked_by(inner)


class WholeSchool:
    """Two schools in one store with one app; ``links`` are those that visitor and host were given, ``rooms`` those
    pages at the post that a form led to.
    """

    def __init__(self, store: Store, folder: Path, clock: Clock) -> None:
        schema_version.upgrade(store)
        self.store = store
        self.clock = clock
        opened = open_school(store, folder, clock.now)
        often = Attempts(of_address=OFTEN, of_account=OFTEN)
        self.visits = Visits(opened.seals, opened.pass_keys, opened.public_url, often, guesses=often, posts=often)
        store.write_now(lambda session: _enter(session, clock.now))
        self.app: FastAPI = make_app(store, b"k" * 32, secure_cookies=True, clock=clock, visits=self.visits)
        self.app.state.parts = _patient(self.app.state.parts)
        self.links: list[str] = []
        self.rooms: list[str] = []

    async def live(self) -> None:
        """Let the day begin: visits asked for and answered, somebody at the post, a find, a question, an alarm."""
        posts = posts_of(self.app)
        posts.tell_news(News("live"))
        for site in (SITE, OTHER):
            posts.take(policy(self.clock.now, site=site))
        alarm = press(7, self.clock.now)
        asked = act(1, self.clock.now, Verdict.ASK, Reason.POLICY_STALE, holder="visitor-1", category="visitor")
        for event in (alarm, alarm_of(alarm), asked, act(2, self.clock.now)):
            posts.take(event)
        for deed in ("approve", None):
            await self._visit(deed)
        async with client_of(self.app) as client:
            guard = Browser(client)
            await guard.sign_in("sabit")
            registered = await guard.send("/post/walk-in", "/post/walk-in", **WALK_IN)
            holder = self.store.read_now(lambda session: session.exec(select(WalkInRow)).one()).holder
            path, new = f"/post/checks/{holder}", f"/post/custody/new?holder={holder}"
            await guard.send(path, path, outcome="found", code="W2.knife")
            await guard.send("/post/custody/new", new, holder=holder, item="W2.knife", description="қара сапты")
            self.rooms += [registered.headers["location"], path, new, f"/post/questions/{asked.id}"]

    async def _visit(self, deed: str | None) -> None:
        async with client_of(self.app) as client:
            visitor = Browser(client)
            await ask(visitor, self.clock.now)
            sent = await visitor.send(f"{HOME}/code", f"{HOME}/code", code=the_code(self.store, self.visits))
            status = sent.headers["location"]
            row = next(row for row in all_visits(self.store) if row.state == "requested")
            desk = f"{HOME}/host/{self.visits.seals.link('host', SITE, row.visit)}"
            self.links += [status, f"{status}/pass", f"{status}/badge", f"{status}/state", desk]
            if deed is not None:
                answered = await visitor.send(desk, desk, deed=deed)
                assert answered.status_code == 303, answered.text

    async def browser(self, client: httpx.AsyncClient, login: str | None) -> Browser:
        """Give somebody's browser, signed in if they have a login."""
        browser = Browser(client)
        if login is not None:
            assert (await browser.sign_in(login)).status_code == 303
        return browser

    async def walk(self, login: str | None) -> Walked:
        """Walk every page that somebody can come to."""
        async with client_of(self.app) as client:
            await self.browser(client, login)
            return await _walk(client, [*STARTS, *self.links, *self.rooms])


async def _walk(client: httpx.AsyncClient, starts: list[str], most: int = MOST_PAGES) -> Walked:
    waiting, seen = list(starts), set(starts)
    forms: dict[tuple[str, ...], Form] = {}
    addresses: list[str] = []
    while waiting and len(addresses) < most:
        address = waiting.pop(0)
        answered = await client.get(address)
        following = [answered.headers["location"]] if answered.is_redirect else []
        if answered.status_code == httpx.codes.OK and "html" in answered.headers["content-type"]:
            page = _Page(address)
            page.feed(answered.text)
            forms |= {(form.action, *form.fields): form for form in page.forms()}
            following = page.links
        if answered.status_code == httpx.codes.OK:
            addresses.append(address)
        fresh = [to for to in following if to.startswith("/") and to not in seen and not to.startswith(LEFT_ALONE)]
        seen.update(fresh)
        waiting += fresh
    return Walked(addresses, [form for form in forms.values() if not form.action.startswith(LEFT_ALONE)])


class _Page(HTMLParser):
    """Reads links and forms off a page, as a browser without script sees them."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self._address = address
        self._forms: list[tuple[str, dict[str, list[str]]]] = []
        self._open: dict[str, list[str]] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "a" and told.get("href"):
            self.links.append(told["href"].partition("#")[0])
        elif tag == "form" and told.get("method", "get") == "post":
            self._open = defaultdict(list)
            self._forms.append((told.get("action") or self._address, self._open))
        elif self._open is not None and tag in {"input", "textarea", "button", "select"} and told.get("name"):
            self._open[told["name"]].append(told.get("value", ""))
            self._select = told["name"] if tag == "select" else self._select
        elif self._open is not None and tag == "option":
            self._open[self._select].append(told.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None

    def forms(self) -> list[Form]:
        return [
            Form(action, {name: tuple(values) for name, values in fields.items() if name != "csrf"})
            for action, fields in self._forms
        ]


def _patient(parts: Any) -> Any:
    """Give an app's parts that shut nobody out: what robots are told is tried elsewhere."""
    values = {field: getattr(parts, field) for field in parts.__dataclass_fields__}
    return type(parts)(**{**values, "attempts": Attempts(of_address=OFTEN, of_account=OFTEN)})


def _enter(session: Session, at: datetime) -> None:
    for site, login, role in STAFF:
        users.put(
            session,
            site=site,
            login=login,
            name=f"{login.title()} {site}",
            role=role,
            language="kk",
            password=PASSWORD,
            by="t",
            at=at,
        )
    people.put(session, site=SITE, holder="pupil-1", name="Қасымов Арман", group_name="5 «А»")
    people.put(session, site=SITE, holder="visitor-1", name="Ерланова Мәдина", group_name=None)
    administration.issue_credential(session, site=SITE, credential=CARD, by="t")
    mother = Entitled(pupil="pupil-1", name="Қасымова Айгүл", relation="mother", phone="+77011234567")
    entitled.enter(session, site=SITE, told=mother, by="t", at=at)
    people.put(session, site=OTHER, holder="pupil-1", name="Басқа Бала", group_name="5 «А»")
    administration.publish_policy(
        session, site=OTHER, policy=policy(at, site=OTHER, name="№ 13 мектеп").data, by="t", at=at
    )
