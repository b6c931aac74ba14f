"""The posts of every site: takes events as they arrive, and pushes the zones that changed to the pages that are open.

Lives in the web process's one event loop. Acknowledgements that were sent and held verdicts that were done with are
kept here, by site: they are about the page, and the next alarm version or verdict takes their place.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from schemas.catalogue import Said
from schemas.envelope import Event
from schemas.gate_act import GateAct
from services.i18n.words import Language, words_in
from services.web.guard_console.open_pages import OpenPage
from services.web.guard_console.post_state import PostState, Zone
from services.web.guard_console.reads_view import holders
from services.web.guard_console.seen import Seen
from services.web.guard_console.sight import News, Person, Sent, Sight
from services.web.guard_console.zones import Zones

_TICK_S = 1.0
_DONE_KEPT = 50
_FORGET_EVERY = timedelta(minutes=1)

logger = logging.getLogger(__name__)


class Names(Protocol):
    """Where names come from."""

    async def people(self, site: str, wanted: Collection[str]) -> dict[str, Person]:
        """Give people by holder reference."""

    async def users(self, site: str, wanted: Collection[str]) -> dict[str, str]:
        """Give users' names by login."""


class Posts:
    """All posts, by site. A page is opened for one site and is pushed nothing of another."""

    def __init__(self, zones: Zones, names: Names, clock: Callable[[], datetime]) -> None:
        """Take what renders a zone, where names come from, and the clock."""
        self._zones = zones
        self._names = names
        self._clock = clock
        self._states: dict[str, PostState] = {}
        self._pages: dict[str, set[OpenPage]] = defaultdict(set)
        self._sent: dict[str, dict[str, list[Sent]]] = defaultdict(dict)
        self._done: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_DONE_KEPT))
        self._changed: dict[str, set[Zone]] = defaultdict(set)
        self._due: deque[str] = deque()
        self._wake = asyncio.Event()
        self._forgot_at = clock()
        self.news = News("starting")

    def take(self, event: Event[Said]) -> None:
        """Take an event that has been checked; pages that show it are pushed soon."""
        self._mark(event.site, self._state(event.site).apply(event))

    def tell_news(self, news: News) -> None:
        """Note how the news from Kafka stand; every page shows it."""
        if news != self.news:
            self.news = news
            for site in self._pages:
                self._mark(site, {Zone.SITE, Zone.GATES})

    def note_sent(self, site: str, alarm: str, by: str, at: datetime) -> None:
        """Note that somebody's acknowledgement is on its way; a repeat changes nothing."""
        sent = self._sent[site].setdefault(alarm, [])
        if all(one.by != by for one in sent):
            sent.append(Sent(by, at))
            self._mark(site, {Zone.ALARMS})

    def note_done(self, site: str, act: str) -> None:
        """Note that the guard is done with a held verdict, by the event id of its act."""
        self._done[site].append(act)
        self._mark(site, {Zone.NOW})

    def knows_alarm(self, site: str, alarm: str) -> bool:
        """Tell whether a site's page may act on an alarm: silent ones and other sites' are not known here."""
        return self._state(site).knows_alarm(alarm)

    def question(self, site: str, act: str) -> Seen[GateAct] | None:
        """Give what a site's gate asked, by the event id of its act, while the page still knows it."""
        return self._state(site).questions.asked.get(act)

    def states(self) -> list[PostState]:
        """Give what is known of each site that has been heard of."""
        return list(self._states.values())

    def open(self, site: str, language: Language, session: str = "") -> OpenPage:
        """Open a page of a site, for a session by its name; every zone is pushed to it at once."""
        page = OpenPage(language, session)
        self._pages[site].add(page)
        self._due.append(site)
        self._wake.set()
        return page

    def close(self, site: str, page: OpenPage) -> None:
        """Forget a page."""
        self._pages[site].discard(page)
        if not self._pages[site]:
            del self._pages[site]

    def end_session(self, site: str, session: str) -> None:
        """End the pages of a session that is over; each is told so."""
        for page in self._pages.get(site, ()):
            if page.session == session:
                page.end_session()

    def close_all(self) -> None:
        """End every page's stream, when the process stops."""
        for pages in self._pages.values():
            for page in pages:
                page.close()

    async def sight(self, site: str) -> Sight:
        """Give what a page of the site is made from now."""
        state = self._state(site)
        sent = self._sent[site]
        said_by = {known.acknowledged.by for known in state.alarms.values() if known.acknowledged}
        users = said_by | {one.by for sents in sent.values() for one in sents}
        users |= {answer.data.by for answer in state.questions.answers.values()} | state.holds.people()
        people, named = await asyncio.gather(self._names.people(site, holders(state)), self._names.users(site, users))
        return Sight(
            state=state,
            now=self._clock(),
            news=self.news,
            people=people,
            users=named,
            sent=dict(sent),
            done=tuple(self._done[site]),
        )

    async def run(self) -> None:
        """Push what changed, as soon as it did, and once a second what time alone changes. Never ends by itself.

        Pages that have just opened, and the second's round, go site by site after what changed, so that a press never
        waits behind the clocks of a thousand schools.
        """
        loop = asyncio.get_running_loop()
        tick_at = loop.time() + _TICK_S
        while True:
            if not self._due:
                await self._woken(tick_at - loop.time())
            if not self._due and loop.time() >= tick_at:
                self._due.extend(self._pages)
                self._forget()
                tick_at = loop.time() + _TICK_S
            changed, self._changed = self._changed, defaultdict(set)
            for site, zones in changed.items():
                await self._push(site, zones)
            if self._due:
                await self._push(self._due.popleft(), Zone)
                await asyncio.sleep(0)

    async def _woken(self, within_s: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), within_s)
        self._wake.clear()

    def _forget(self) -> None:
        now = self._clock()
        if now - self._forgot_at < _FORGET_EVERY:
            return
        self._forgot_at = now
        for site, state in self._states.items():
            state.forget(now)
            self._sent[site] = {alarm: sent for alarm, sent in self._sent[site].items() if state.knows_alarm(alarm)}

    async def _push(self, site: str, zones: Iterable[Zone]) -> None:
        try:
            sight = await self.sight(site)
        except Exception:
            logger.exception("post_not_pushed site=%s", site)
            return
        pages = list(self._pages.get(site, ()))
        for language in {page.language for page in pages}:
            for zone in zones:
                fragment = self._rendered(site, zone, sight, language)
                for page in pages:
                    if page.language is language and fragment is not None:
                        page.push(zone, fragment)

    def _rendered(self, site: str, zone: Zone, sight: Sight, language: Language) -> str | None:
        try:
            return self._zones.render(zone, sight, words_in(language))
        except Exception:
            logger.exception("zone_not_rendered site=%s zone=%s", site, zone)
            return None

    def _state(self, site: str) -> PostState:
        state = self._states.get(site)
        if state is None:
            state = self._states[site] = PostState(site=site)
        return state

    def _mark(self, site: str, zones: Collection[Zone]) -> None:
        if zones and site in self._pages:
            self._changed[site] |= set(zones)
            self._wake.set()
