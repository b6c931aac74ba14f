"""Checks and custody on the post's pages: a form sent twice, a pupil who shows nothing, a photo, what lies too long."""

import re
from datetime import timedelta
from io import BytesIO

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from sqlmodel import Session, select

from schemas.credential import Category, Credential
from schemas.screening import Screening
from services.rules.check_alarms import calls_for
from services.store import administration, outbox
from services.store.database import Store
from services.store.messages import MessageRow
from services.store.records import screenings
from services.store.users import UserRole
from services.web.messages.letter import Letter
from services.web.messages.wording import compose
from services.web.shared.rounds import AT_THE_POST, make_round
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock, employ, signed_in
from tests.services.web.said import SITE, policy

PUPIL, VISITOR = "pupil-1", "visitor-1"
CHECK, LEAVE = f"/post/checks/{VISITOR}", f"/post/custody/new?holder={VISITOR}"
_FORM = re.compile(r'name="form" value="([0-9a-f]{16})"')
_AFTER = re.compile(r'name="after" value="(\d+)"')


@pytest.fixture(autouse=True)
def school(store: Store, clock: Clock) -> None:
    """The school's rules, a pupil's and a visitor's card, and a duty administrator."""

    def act(session: Session) -> None:
        administration.publish_policy(session, site=SITE, policy=policy(clock.now).data, by="t", at=clock.now)
        for number, (holder, category) in enumerate({PUPIL: "pupil", VISITOR: "visitor"}.items()):
            administration.issue_credential(session, site=SITE, credential=card(number, holder, category), by="t")

    def card(number: int, holder: str, category: str) -> Credential:
        day = timedelta(days=1)
        kind: Category = "pupil" if category == "pupil" else "visitor"
        return Credential(
            credential=f"{number}" * 32,
            version=0,
            holder=holder,
            category=kind,
            valid_from=clock.now - day,
            valid_until=clock.now + 99 * day,
            revoked_at=None,
        )

    store.write_now(act)
    day_before = clock.now - timedelta(days=1)
    employ(store, "duty", UserRole.DUTY_ADMIN, day_before, name="Кезекші", email="duty@example.kz")


def said(store: Store) -> list[Screening]:
    rows = store.read_now(lambda session: outbox.unsent(session, 99))
    return [data for row in rows if isinstance(data := row.event().data, Screening)]


def told(store: Store) -> list[MessageRow]:
    return store.read_now(lambda session: list(session.exec(select(MessageRow)).all()))


def letter(store: Store, clock: Clock) -> Letter:
    found = store.read_now(lambda session: compose(session, told(store)[0], None, clock.now))
    assert found is not None
    return found


async def after(browser: Browser, path: str = CHECK) -> str:
    found = _AFTER.search((await browser.get(path)).text)
    assert found is not None
    return found[1]


async def test_a_refusal_sent_twice_is_one_and_the_second_refusal_is_the_duty_administrators(
    browser_at_post: Browser, store: Store
) -> None:
    seen = await after(browser_at_post)
    for _ in range(3):
        answer = await browser_at_post.send(CHECK, CHECK, outcome="check_refused", after=seen)
        assert answer.status_code == 303
    assert [(check.refusals, calls_for(check)) for check in said(store)] == [(1, None)]
    await browser_at_post.send(CHECK, CHECK, outcome="check_refused", after=await after(browser_at_post))
    assert [(check.refusals, calls_for(check)) for check in said(store)] == [(1, None), (2, "checks_refused")]


async def test_a_confirmed_weapon_is_said_and_the_page_looks_as_after_any_check(
    browser_at_post: Browser, store: Store
) -> None:
    await browser_at_post.send(CHECK, CHECK, outcome="found", code="W1.pistol", after="0")
    asked = (await browser_at_post.get(CHECK)).text
    assert 'name="real" value="yes"' in asked
    await browser_at_post.send(f"{CHECK}/weapon", CHECK, real="yes")
    assert [calls_for(check) for check in said(store)] == [None, "weapon"]
    page = (await browser_at_post.get(CHECK)).text
    assert "weapon_confirmed" not in page
    assert 'data-standing="weapon_suspected"' in page
    assert 'name="resolution"' not in page, "no guard lets it pass"


async def test_a_pupil_who_shows_nothing_goes_in_and_the_duty_administrator_hears_of_it_and_tells_a_parent(
    browser_at_post: Browser, app: FastAPI, store: Store, clock: Clock
) -> None:
    path = f"/post/checks/{PUPIL}"
    for _ in range(2):
        answer = await browser_at_post.send(path, path, outcome="check_refused", after="0")
        assert answer.headers["location"].endswith("?said=pupil_refuses")
    assert store.read_now(lambda session: screenings.latest(session, SITE, PUPIL)) is None
    assert said(store) == []
    assert [(row.kind, row.receiver) for row in told(store)] == [("pupil_refused_check", "duty")]
    mail = letter(store, clock)
    assert mail.to == "duty@example.kz"
    assert "5 «А»" in mail.text
    assert "Қасымов" not in mail.subject + mail.text
    assert 'data-pupil="refuses"' in (await browser_at_post.get(path)).text
    assert (await browser_at_post.send(f"{path}/parent", path, day="2026-11-26", told="x")).status_code == 422
    duty = await signed_in(app, "duty")
    assert 'data-pupils="refuse"' in (await duty.get("/post/checks")).text
    day = re.search(r'name="day" value="([\d-]+)"', (await duty.get(path)).text)
    assert day is not None
    assert (await duty.send(f"{path}/parent", path, day=day[1], told=" ")).status_code == 422
    settled = await duty.send(f"{path}/parent", path, day=day[1], told="анасы, телефонмен")
    assert settled.status_code == 303
    assert "анасы, телефонмен" in (await duty.get(path)).text
    assert 'data-pupils="refuse"' not in (await duty.get("/post/checks")).text


def jpeg(size: tuple[int, int] = (900, 600)) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "gray").save(written, "JPEG")
    return written.getvalue()


async def leave(browser: Browser, photo: bytes | None, **more: str) -> httpx.Response:
    page = (await browser.get(LEAVE)).text
    form = _FORM.search(page)
    assert form is not None
    values = {"csrf": await browser.token(LEAVE), "holder": VISITOR, "form": form[1], "item": "W2.knife"}
    files = {"photo": ("зат.jpg", photo, "image/jpeg")} if photo is not None else {"photo": ("", b"")}
    return await browser.client.post(
        "/post/custody/new", data={**values, "description": "қара сапты", **more}, files=files
    )


async def test_a_photo_is_on_the_receipt_for_the_people_of_the_school_alone(
    browser_at_post: Browser, stranger: Browser, app: FastAPI
) -> None:
    left = await leave(browser_at_post, jpeg())
    assert (left.status_code, left.headers["location"]) == (303, "/post/custody/1")
    assert '<img class="thing" src="/post/custody/1/photo"' in (await browser_at_post.get("/post/custody/1")).text
    shown = await browser_at_post.get("/post/custody/1/photo")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.headers["cache-control"] == "private, no-store"
    assert Image.open(BytesIO(shown.content)).size == (900, 600)
    assert (await stranger.get("/post/custody/1/photo")).headers["location"].startswith("/sign-in")
    elsewhere = await signed_in(app, "marat")
    assert (await elsewhere.get("/post/custody/1/photo")).status_code == 404


async def test_a_form_without_a_photo_is_taken_and_one_sent_twice_is_one_thing(browser_at_post: Browser) -> None:
    assert (await leave(browser_at_post, None, form="a" * 16)).headers["location"] == "/post/custody/1"
    assert (await leave(browser_at_post, None, form="a" * 16)).headers["location"] == "/post/custody/1"
    assert "<img" not in (await browser_at_post.get("/post/custody/1")).text
    assert (await browser_at_post.get("/post/custody/1/photo")).status_code == 404


@pytest.mark.parametrize(
    "photo",
    [b"<script>alert(1)</script>", b"GIF89a" + b"\x00" * 99, b"\xff\xd8\xff" + b"x" * 6_000_000],
    ids=["script", "gif", "too large"],
)
async def test_what_is_no_photo_is_said_and_what_was_typed_stays(browser_at_post: Browser, photo: bytes) -> None:
    answer = await leave(browser_at_post, photo, form="b" * 16)
    assert answer.status_code == 422
    assert "қара сапты" in answer.text
    assert 'name="form" value="bbbbbbbbbbbbbbbb"' in answer.text
    assert (await browser_at_post.get("/post/custody/1")).status_code == 404, "nothing half-done remains"
    assert (await leave(browser_at_post, None, form="b" * 16)).status_code == 303


@pytest.mark.parametrize("typed", [{"form": "../etc"}, {"item": "W9.moon"}, {"description": " "}, {"form": ""}])
async def test_a_form_that_no_page_made_leaves_nothing(browser_at_post: Browser, typed: dict[str, str]) -> None:
    assert (await leave(browser_at_post, None, **typed)).status_code == 422
    assert (await browser_at_post.get("/post/custody/1")).status_code == 404


async def test_more_than_any_photo_is_not_even_read(browser_at_post: Browser) -> None:
    assert (await leave(browser_at_post, b"x" * (12 * 1024 * 1024))).status_code == 413


async def test_what_lies_too_long_shows_in_every_room_and_the_duty_administrator_is_told_once(
    browser_at_post: Browser, store: Store, clock: Clock
) -> None:
    await leave(browser_at_post, None)
    rooms = ("/post", "/post/by-name", "/post/walk-in", "/post/checks", "/post/custody")
    for room in rooms:
        assert "data-overdue" not in (await browser_at_post.get(room)).text, room
    clock.forward(days=1)
    await browser_at_post.sign_in("sabit")
    for room in rooms:
        assert 'data-overdue="1"' in (await browser_at_post.get(room)).text, room
    assert [(await make_round(store, clock.now, AT_THE_POST))["custody_overdue_told"] for _ in range(2)] == [1, 0]
    assert [(row.kind, row.receiver) for row in told(store)] == [("custody_overdue", "duty")]
    assert "№ 1" in letter(store, clock).text
    await browser_at_post.send("/post/custody/1", "/post/custody/1", act="returned", to_whom="иесі")
    assert "data-overdue" not in (await browser_at_post.get("/post")).text
    assert store.read_now(lambda session: compose(session, told(store)[0], None, clock.now)) is None
