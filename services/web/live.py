"""The web process's own news from Kafka: a group-less reader that checks who says what and hands it to the posts.

Pages are pushed from here, never from the database. A record that may not be said is counted and logged; alarming and
recorder keep it.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from schemas.envelope import RefusedRecord
from schemas.reasons import Refused
from schemas.topics import (
    ALARMS,
    DELIVERIES,
    GATE_ACTS,
    GATE_EVENTS,
    GUARD_ANSWERS,
    PANICS,
    PASSAGES,
    SITE_MODES,
    SITE_POLICIES,
    Topic,
)
from schemas.trust import Trust, read_policy
from services.kafka_client.follower import FROM_BEGINNING, Follower, Kept, Start
from services.kafka_client.topics_admin import require
from services.settings import Configuration
from services.web.guard_console.posts import Posts
from services.web.guard_console.sight import News

FACTS: tuple[Topic, ...] = (SITE_POLICIES, SITE_MODES)
NEWS: tuple[Topic, ...] = (PANICS, ALARMS, GATE_ACTS, PASSAGES, GATE_EVENTS, DELIVERIES, GUARD_ANSWERS)

_LATELY = Start(since=timedelta(minutes=10))
_A_DAY = Start(since=timedelta(hours=24))
STARTS: dict[str, Start] = {
    ALARMS.name: FROM_BEGINNING,
    PANICS.name: _A_DAY,
    DELIVERIES.name: _A_DAY,
    GATE_ACTS.name: _LATELY,
    PASSAGES.name: _LATELY,
    GATE_EVENTS.name: _LATELY,
    GUARD_ANSWERS.name: _LATELY,
}
"""How far back the pages look when the process starts."""

_ASK_BROKER_S = 2.0
_WAITING_MOST = 10_000

logger = logging.getLogger(__name__)


class Intake:
    """Checks records and hands on what may be believed. A gate's record that comes before the policy that names the
    gate waits for it.
    """

    def __init__(self, trust: Trust, posts: Posts) -> None:
        """Take what is believed, and the posts."""
        self._trust = trust
        self._posts = posts
        self._waiting: deque[Kept] = deque(maxlen=_WAITING_MOST)
        self.refused: Counter[str] = Counter()

    def take(self, kept: Kept) -> None:
        """Take one record; whatever is wrong with it, the next one is taken."""
        try:
            if kept.topic is SITE_POLICIES:
                self._posts.take(read_policy(self._trust, kept.partition, kept.value))
                self._retry()
            else:
                self._posts.take(self._trust.read(kept.topic, kept.partition, kept.value))
        except RefusedRecord as refused:
            if refused.reason is Refused.UNKNOWN_SIGNER and kept.topic not in FACTS:
                self._waiting.append(kept)
            self._count(kept, refused.reason)
        except Exception:
            logger.exception(
                "record_not_shown topic=%s partition=%d offset=%d", kept.topic.name, kept.partition, kept.offset
            )
            self.refused[Refused.FAULT] += 1

    def _retry(self) -> None:
        """Try again what waited for a signer; what still has none was refused rightly."""
        waiting, self._waiting = self._waiting, deque(maxlen=_WAITING_MOST)
        for kept in waiting:
            try:
                self._posts.take(self._trust.read(kept.topic, kept.partition, kept.value))
            except RefusedRecord as refused:
                if refused.reason is Refused.UNKNOWN_SIGNER:
                    self._waiting.append(kept)

    def _count(self, kept: Kept, reason: Refused) -> None:
        self.refused[reason] += 1
        logger.warning(
            "record_refused topic=%s partition=%d offset=%d reason=%s",
            kept.topic.name,
            kept.partition,
            kept.offset,
            reason,
        )


class LiveNews:
    """Follows the topics of the pages for as long as the process lives, whatever the broker does."""

    def __init__(self, configuration: Configuration, trust: Trust, posts: Posts, clock: Callable[[], datetime]) -> None:
        """Take the settings, what is believed, the posts to tell, and the clock."""
        self._configuration = configuration
        self._posts = posts
        self._clock = clock
        self.intake = Intake(trust, posts)
        self._facts = Follower(configuration, FACTS)
        self._news = Follower(configuration, NEWS, starts=STARTS)

    async def run(self) -> None:
        """Follow; raises TopicsNotReady when the cluster's topics are not as the settings say. Never ends by itself."""
        watching = asyncio.create_task(self._watch_broker())
        try:
            await require(self._configuration, (*FACTS, *NEWS))
            await asyncio.gather(watching, self._follow(self._facts), self._follow_news())
        finally:
            watching.cancel()

    async def _follow_news(self) -> None:
        """Begin when every policy of now has been learned: they name the gates that may speak."""
        await self._facts.wait_caught_up()
        await self._follow(self._news)

    async def _follow(self, follower: Follower) -> None:
        async for batch in follower.batches():
            for kept in batch:
                self.intake.take(kept)

    async def _watch_broker(self) -> None:
        """Tell the posts how the news stand: a page must not look fresh when it is not."""
        reached_at = self._clock()
        while True:
            if await self._news.ends() is not None:
                reached_at = self._clock()
                self._posts.tell_news(News("live" if self._news.caught_up else "starting"))
            elif self._posts.news.state != "starting" or self._clock() - reached_at > timedelta(
                seconds=_ASK_BROKER_S * 2
            ):
                self._posts.tell_news(News("lost", reached_at))
            await asyncio.sleep(_ASK_BROKER_S if self._posts.news.state == "live" else _ASK_BROKER_S / 10)


def utc_now() -> datetime:
    """Give the time: the one clock of the web process."""
    return datetime.now(UTC)
