"""A crew is coming: the guard holds entry free for some minutes, in two steps, and ends it; a click is a guard's answer
to nobody's read, with its outbox record in one transaction.
"""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from services.store import crew_holds
from services.store.administration import RuleForbids
from services.store.crew_holds import MINUTES, Guard, Hold
from services.store.outbox import OutboxRow
from services.web.guard_console.console import console_of
from services.web.guard_console.room import Notice, enter, onward, page
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, User, form_checked

PATH = "/post/crew"
USUAL_MINUTES = 10
_LONGEST = 200

logger = logging.getLogger(__name__)
router = APIRouter()


@router.get(PATH)
async def crew_page(request: Request, user: SignedIn) -> Response:
    """Show what is held, and what would be held when the guard presses once more."""
    return await _page(request, user)


@router.post(PATH, dependencies=[Depends(form_checked)])
async def hold_free(
    request: Request,
    user: SignedIn,
    gate: Annotated[list[str] | None, Form()] = None,
    minutes: Annotated[str, Form(max_length=_LONGEST)] = "",
    in_lockdown: Annotated[str, Form(max_length=_LONGEST)] = "",
) -> Response:
    """Hold the chosen gates free; in a lockdown only for who has said that they know of it."""
    room = await enter(request, user)
    gates = [name for name, _ in room.gates if name in (gate or [])]
    fault = "hold.no_gate" if not gates else "hold.no_minutes" if minutes not in map(str, MINUTES) else None
    if fault is not None:
        return await _page(request, user, Notice("refused", room.words.say(fault)))
    hold, guard = Hold(gates=gates, minutes=int(minutes), in_lockdown=in_lockdown == "yes"), _guard(user)
    try:
        sent = await parts_of(request).store.write(
            lambda session: crew_holds.begin(session, site=user.site, hold=hold, guard=guard, at=room.now)
        )
    except RuleForbids:
        return await _page(request, user, Notice("refused", room.words.say("hold.not.lockdown")))
    logger.warning("gates_held_free site=%s gates=%d minutes=%d", user.site, len(sent), hold.minutes)
    return _after(request, sent)


@router.post(f"{PATH}/end", dependencies=[Depends(form_checked)])
async def end_hold(request: Request, user: SignedIn) -> Response:
    """End everything that is held at the site."""
    at = parts_of(request).clock()
    sent = await parts_of(request).store.write(
        lambda session: crew_holds.end(session, site=user.site, guard=_guard(user), at=at)
    )
    logger.info("holds_ended site=%s gates=%d", user.site, len(sent))
    return _after(request, sent)


def _guard(user: User) -> Guard:
    return Guard(user.login, user.post)


def _after(request: Request, sent: list[OutboxRow]) -> Response:
    for row in sent:
        console_of(request).posts.take(row.event())
    return onward(request, "/post")


async def _page(request: Request, user: User, notice: Notice | None = None) -> Response:
    room = await enter(request, user)
    holds = [(name, room.state.holds.view(gate, room.now, room.state.started.get(gate))) for gate, name in room.gates]
    values = {
        "held": [(name, hold) for name, hold in holds if hold is not None],
        "locked": await parts_of(request).store.read(lambda session: crew_holds.is_locked_down(session, user.site)),
        "minutes": MINUTES,
        "usual": USUAL_MINUTES,
        "sight": room.sight,
    }
    return page(request, room, "crew", values, here="crew", notice=notice)
