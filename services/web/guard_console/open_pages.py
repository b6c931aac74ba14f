"""Open pages and what is pushed to them: a page always gets the newest state of a zone, never a backlog.

Everything here runs in the web process's one event loop.
"""

import asyncio
from collections.abc import AsyncIterator

from services.i18n.words import Language
from services.web.guard_console.post_state import Zone


class OpenPage:
    """One page that somebody has open. Holds at most one waiting fragment a zone, so a slow page skips what is no
    longer true.
    """

    def __init__(self, language: Language, session: str) -> None:
        """Open a page in a language, for a session by its name."""
        self.language = language
        self.session = session
        self._waiting: dict[Zone, str] = {}
        self._shown: dict[Zone, str] = {}
        self._wake = asyncio.Event()
        self._closed = False
        self.session_over = False

    def push(self, zone: Zone, fragment: str) -> None:
        """Put a zone's newest fragment in the place of the one that is waiting; one that the page already shows is
        not sent again.
        """
        if self._shown.get(zone) == fragment:
            self._waiting.pop(zone, None)
            return
        self._waiting[zone] = fragment
        self._wake.set()

    def close(self) -> None:
        """End the page's stream after what is waiting."""
        self._closed = True
        self._wake.set()

    def end_session(self) -> None:
        """End the stream because its session is over; the page is told so."""
        self.session_over = True
        self.close()

    async def fragments(self) -> AsyncIterator[tuple[Zone, str]]:
        """Give the fragments to send, as they come; ends when the page is closed."""
        while not self._closed or self._waiting:
            while self._waiting:
                zone = next(zone for zone in Zone if zone in self._waiting)
                fragment = self._waiting.pop(zone)
                self._shown[zone] = fragment
                yield zone, fragment
            self._wake.clear()
            if not self._closed:
                await self._wake.wait()
