"""Every route of the app, those of tomorrow too: who may ask for it, from which form, and of which school."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import pytest_asyncio
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.engine import make_url
from sqlmodel import Session, SQLModel

from services.store.database import Store
from services.web.shared.headers import HEADERS
from tests.services.web.conftest import Clock, client_of
from tests.services.web.said import SITE
from tests.services.web.visit_school import TOKEN
from tests.services.web.whole_school import LEFT_ALONE, Walked, WholeSchool, routes

pytestmark = pytest.mark.asyncio(loop_scope="module")

OUTSIDE = ("/visit/", "/sign-in", "/sign-out", "/language", "/healthz")
"""Where people without an account come: nothing else is asked for without signing in."""

OF_ONE_SCHOOL = ("Серік", "Қасымов", "Ерланова", "Ахметова", "7 «Б»", "қара сапты", "Sabit", "Dana", "Iman")
FILLED = {"site": SITE, "name": "who", "number": "1"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def school(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WholeSchool]:
    """A school in the middle of a day, beside another one."""
    folder = tmp_path_factory.mktemp("whole")
    store = Store(make_url(f"sqlite:///{folder / 'qaqpa.db'}"))
    whole = WholeSchool(store, folder, Clock())
    await whole.live()
    yield whole
    store.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walked(school: WholeSchool) -> dict[str, Walked]:
    """What the guard, the duty administrator and the director have seen."""
    return {login: await school.walk(login) for login in ("sabit", "dana", "iman")}


def addresses(walked: dict[str, Walked], path: str) -> list[str]:
    """Give addresses of a route: those that were walked and sent to, else one that is made up."""
    pattern = next(route.pattern for route in routes() if route.path == path)
    known = {address for each in walked.values() for address in each.addresses if pattern.fullmatch(address)}
    known |= {form.action for each in walked.values() for form in each.forms if pattern.fullmatch(form.action)}
    return sorted(known) or [_made_up(path)]


def _made_up(path: str) -> str:
    parts = [FILLED.get(part.strip("{}").partition(":")[0], "x-1") if "{" in part else part for part in path.split("/")]
    return "/".join(parts)


async def test_the_walk_comes_to_at_least_half_of_the_pages(walked: dict[str, Walked]) -> None:
    seen = {address for each in walked.values() for address in each.addresses}
    pages = [route for route in routes() if "GET" in route.methods and not route.path.startswith(LEFT_ALONE)]
    missed = [route.path for route in pages if not any(route.pattern.fullmatch(address) for address in seen)]
    assert len(missed) <= len(pages) // 2, missed


async def test_only_people_from_outside_come_without_signing_in() -> None:
    open_to_all = {route.path for route in routes() if not route.for_staff} - {"/"}
    assert {path for path in open_to_all if not path.startswith(OUTSIDE)} == set()


async def test_a_stranger_is_led_to_the_sign_in_page_everywhere_else(
    school: WholeSchool, walked: dict[str, Walked]
) -> None:
    found = []
    async with client_of(school.app) as client:
        token = TOKEN.search((await client.get("/sign-in")).text)
        assert token is not None
        for route in routes():
            for method in route.methods if route.for_staff else ():
                for address in addresses(walked, route.path)[:3]:
                    form = {"csrf": token[1]} if method == "POST" else None
                    answered = await client.request(method, address, data=form)
                    led = answered.headers.get("location", "").startswith("/sign-in")
                    if not (answered.status_code in {401, 403} or (answered.status_code == 303 and led)):
                        found.append((method, address, answered.status_code))
    assert found == []


@pytest.mark.parametrize("token", ["", "0" * 64, "of another browser"])
async def test_every_form_from_elsewhere_is_refused(school: WholeSchool, walked: dict[str, Walked], token: str) -> None:
    found = []
    async with client_of(school.app) as other:
        theirs = TOKEN.search((await other.get("/sign-in")).text)
        assert theirs is not None
    async with client_of(school.app) as client:
        await school.browser(client, "iman")
        before = rows_of(school.store, SITE)
        for route in routes():
            for address in addresses(walked, route.path)[:3] if "POST" in route.methods else ():
                form = {"csrf": theirs[1] if token.startswith("of") else token}
                answered = await client.post(address, data=form)
                if answered.status_code != 403:
                    found.append((address, answered.status_code))
        assert rows_of(school.store, SITE) == before
    assert found == []


@pytest.mark.parametrize("login", ["marat", "oner"])
async def test_nobody_sees_or_changes_anything_of_another_school(
    school: WholeSchool, walked: dict[str, Walked], login: str
) -> None:
    found = []
    async with client_of(school.app) as client:
        browser = await school.browser(client, login)
        token = await browser.token("/post")
        before = rows_of(school.store, SITE)
        for address in sorted({address for each in walked.values() for address in each.addresses}):
            if not address.startswith(OUTSIDE):
                text = (await client.get(address)).text
                found += [(address, name) for name in OF_ONE_SCHOOL if name in text and name not in unquote(address)]
        for form in [form for each in walked.values() for form in each.forms]:
            if not form.action.startswith(OUTSIDE):
                values = {name: offered[0] for name, offered in form.fields.items()}
                text = (await client.post(form.action, data={**values, "csrf": token})).text
                asked = str(values)
                found += [(form.action, name) for name in OF_ONE_SCHOOL if name in text and name not in asked]
        assert rows_of(school.store, SITE) == before
    assert found == []


async def test_a_fault_of_ours_is_a_plain_page_with_the_headers_of_every_other(app: FastAPI) -> None:
    @app.get("/broken")
    def broken() -> None:
        message = "a secret of the inside"
        raise RuntimeError(message)

    async with client_of(app) as client:
        answered = await client.get("/broken")
    assert answered.status_code == 500
    assert "secret" not in answered.text
    assert {name for name, _ in HEADERS} <= set(answered.headers)
    assert answered.headers["cache-control"] == "no-store"


def rows_of(store: Store, site: str) -> dict[str, str]:
    """Give a digest of all that the store has of a site, by table; whoever signs in or out elsewhere is no part."""

    def ask(session: Session) -> dict[str, str]:
        told = {}
        for table in SQLModel.metadata.sorted_tables:
            if "site" in table.columns:
                rows = session.execute(sa.select(table).where(table.c.site == site)).all()
                told[table.name] = hashlib.sha256(repr(sorted(map(repr, rows))).encode()).hexdigest()
        return told

    return store.read_now(ask)


async def test_the_digest_notices_a_change(tmp_path: Path) -> None:
    store = Store(make_url(f"sqlite:///{tmp_path / 'qaqpa.db'}"))
    whole = WholeSchool(store, tmp_path, Clock())
    before = rows_of(store, SITE)
    assert before == rows_of(store, SITE)
    store.write_now(lambda session: session.execute(SQLModel.metadata.tables["people"].delete()))
    assert {name for name, digest in rows_of(store, SITE).items() if digest != before[name]} == {"people"}
    assert whole.links == []
    store.close()
