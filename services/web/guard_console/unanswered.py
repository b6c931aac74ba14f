"""Questions that nobody at the post answered in time: told to the duty administrators, once each.

The web process looks at every site that has a question, whether or not a page is open there. What is told is a message
named after the question's act, so that several processes and a restart tell it once.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy.exc import SQLAlchemyError

from schemas.gate_act import GateAct
from schemas.reasons import Verdict
from schemas.site_policy import QUESTION_AFTER_S
from services.store import messages
from services.store.database import Store
from services.web.guard_console.post_state import PostState
from services.web.guard_console.posts import Posts
from services.web.guard_console.reads_view import HELD_FOR
from services.web.guard_console.seen import Seen

_LOOK_S = 1.0

logger = logging.getLogger(__name__)


def gone_over(state: PostState, now: datetime) -> list[Seen[GateAct]]:
    """Give the questions of a site that have waited for longer than its policy lets them wait for the guard, oldest
    first. Whoever shows a card again and again asks one question, the first; it is closed by an answer to any of them,
    by being let in by name, or by a read that the gate admits.
    """
    after = timedelta(seconds=state.policy.data.question_after_s if state.policy else QUESTION_AFTER_S)
    first: dict[tuple[str, str], Seen[GateAct]] = {}
    for act in sorted(state.questions.asked.values(), key=lambda act: act.place):
        who = act.data.gate, act.data.credential
        if who not in first and now - act.at < HELD_FOR and not _is_closed(state, act, now):
            first[who] = act
    return [act for act in first.values() if now - act.at >= after]


def _is_closed(state: PostState, asked: Seen[GateAct], now: datetime) -> bool:
    """Tell whether somebody has seen to a question since it was asked; an answer that ran out before its gate acted on
    it has not.
    """
    gate, holder = asked.data.gate, asked.data.holder
    acts = chain(state.acts.get(gate, ()), state.questions.settled.values())
    acted = any(
        act.at >= asked.at
        and (act.data.gate, act.data.credential) == (gate, asked.data.credential)
        and (act.data.decided_by == "guard" or act.data.verdict == Verdict.ADMIT)
        for act in acts
    )
    return acted or any(
        answer.at >= asked.at
        and answer.data.expires_at > now
        and (answer.data.read == asked.data.read or (holder is not None and answer.data.holder == holder))
        for answer in state.questions.answers.values()
    )


class DutyWatch:
    """Looks once a second, and queues what went over."""

    def __init__(self, posts: Posts, store: Store, clock: Callable[[], datetime]) -> None:
        """Take what the posts know, where messages wait, and the clock."""
        self._posts = posts
        self._store = store
        self._clock = clock
        self._told: dict[tuple[str, str], datetime] = {}

    async def run(self) -> None:
        """Look for ever; a database that is away is tried again a second later."""
        while True:
            try:
                await self.look()
            except (SQLAlchemyError, OSError) as error:
                logger.warning("questions_not_told cause=%s", type(error).__name__)
            await asyncio.sleep(_LOOK_S)

    async def look(self) -> None:
        """Tell what has gone over by now; nothing before the news have caught up: what looks open may be answered."""
        now = self._clock()
        if self._posts.news.state == "starting":
            return
        self._told = {name: at for name, at in self._told.items() if now - at < HELD_FOR}
        for state in self._posts.states():
            for act in gone_over(state, now):
                if (state.site, act.id) not in self._told:
                    await self._tell(state.site, act, now)

    async def _tell(self, site: str, act: Seen[GateAct], now: datetime) -> None:
        people = await self._store.write(
            lambda session: messages.tell_duty(
                session, site=site, kind="question_unanswered", subject=act.id, number=1, at=now
            )
        )
        self._told[site, act.id] = act.at
        if people:
            logger.info("question_told site=%s act=%s people=%d", site, act.id, people)
        else:
            logger.warning("question_reaches_nobody site=%s act=%s", site, act.id)
