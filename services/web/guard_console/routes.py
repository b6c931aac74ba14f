"""The guard's page and what its buttons do."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.store.screenings import custody
from services.web.guard_console.acknowledge import acknowledge_once
from services.web.guard_console.console import console_of
from services.web.guard_console.open_pages import OpenPage
from services.web.guard_console.post_state import Zone
from services.web.shared.parts import Parts, parts_of
from services.web.shared.sessions import COOKIE, LASTS
from services.web.shared.visitors import SignedIn, User, form_checked, known_user, language, wants_fragment, words

PAGE = "/post"
ENDED = "ended"
_ASK_AGAIN_S = 30.0
_RECONNECT_MS = 1_000

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(PAGE)
async def post_page(request: Request, user: SignedIn) -> Response:
    """Show the post, whole: it needs no script."""
    parts, console, text = parts_of(request), console_of(request), words(request)
    csrf = parts.sessions.form_token(user.session)
    sight = await console.posts.sight(user.site)
    policy = sight.state.policy
    overdue = await parts.store.read(lambda session: custody.count_overdue(session, user.site, sight.now))
    values = {
        "user": user,
        "csrf": csrf,
        "back": PAGE,
        "site_name": policy.data.name if policy else user.site,
        "now": sight.now,
        "overdue": overdue,
        "offset_min": int(sight.zone.utcoffset(None).total_seconds() // 60),
        "zones": {zone.value: console.zones.render(zone, sight, text, csrf) for zone in Zone},
    }
    return HTMLResponse(parts.templates.fill("guard_console/post.html", text, values))


@router.get(f"{PAGE}/live", response_class=EventSourceResponse)
async def live(request: Request, user: SignedIn) -> AsyncIterator[ServerSentEvent]:
    """Push the zones: each once at the start, then whenever it changes, as events named after the zone. ``ended``
    says that the session is over.
    """
    parts, posts = parts_of(request), console_of(request).posts
    page = posts.open(user.site, language(request), user.session.name)
    watching = asyncio.create_task(_watch_session(parts, user, request.cookies.get(COOKIE), page))
    try:
        yield ServerSentEvent(comment="open", retry=_RECONNECT_MS)
        async for zone, fragment in page.fragments():
            yield ServerSentEvent(event=zone.value, raw_data=fragment)
        if page.session_over:
            yield ServerSentEvent(event=ENDED, raw_data=ENDED)
    finally:
        watching.cancel()
        posts.close(user.site, page)


@router.post(f"{PAGE}/held/done", dependencies=[Depends(form_checked)])
async def held_done(request: Request, user: SignedIn, act: Annotated[str, Form(max_length=200)]) -> Response:
    """Take a verdict that needed a hand out of the middle of the page."""
    console_of(request).posts.note_done(user.site, act)
    return _after(request)


@router.post("/alarms/{alarm}/acknowledge", dependencies=[Depends(form_checked)])
async def acknowledge(
    request: Request, user: SignedIn, alarm: str, seen_version: Annotated[int, Form(ge=0)]
) -> Response:
    """Acknowledge an alarm of the user's own site: it says *sent* now, and *confirmed* when alarming has spoken."""
    parts, posts = parts_of(request), console_of(request).posts
    if not posts.knows_alarm(user.site, alarm):
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    at = parts.clock()
    sent_at = await parts.store.write(
        lambda session: acknowledge_once(
            session, site=user.site, alarm=alarm, by=user.login, post=user.post, seen_version=seen_version, at=at
        )
    )
    logger.info("alarm_acknowledgement_sent site=%s alarm=%s seen_version=%d", user.site, alarm, seen_version)
    posts.note_sent(user.site, alarm, user.login, sent_at)
    return _after(request)


def _after(request: Request) -> Response:
    if wants_fragment(request):
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    return RedirectResponse(PAGE, status.HTTP_303_SEE_OTHER)


async def _watch_session(parts: Parts, user: User, cookie: str | None, page: OpenPage) -> None:
    """End a page's stream when its session runs out, is ended elsewhere, or its user may no longer work."""
    until = user.session.began_at + LASTS
    while True:
        left_s = (until - parts.clock()).total_seconds()
        await asyncio.sleep(max(0.0, min(_ASK_AGAIN_S, left_s)))
        session, _ = parts.sessions.read(cookie)
        try:
            if session is None or left_s <= 0 or await known_user(parts, session) is None:
                page.end_session()
                return
        except Exception:
            logger.exception("session_not_checked")
