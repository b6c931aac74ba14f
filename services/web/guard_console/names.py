"""Names for a post's page, from the store: records carry references only. Kept for a while, so that a read in the
morning's rush does not wait for the database.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from services.store import people, users
from services.store.database import Store
from services.web.guard_console.sight import Person

_KNOWN_FOR = timedelta(minutes=5)
_UNKNOWN_FOR = timedelta(seconds=5)
_PATIENCE_S = 0.1
_MOST_KEPT = 200_000

NameT = TypeVar("NameT")

logger = logging.getLogger(__name__)


class _Kept(Generic[NameT]):
    """Names by site and reference, each with the time until which it is believed."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._names: dict[tuple[str, str], tuple[NameT | None, datetime]] = {}

    def missing(self, site: str, wanted: Collection[str]) -> set[str]:
        now = self._clock()
        return {name for name in wanted if (kept := self._names.get((site, name))) is None or kept[1] < now}

    def learn(self, site: str, asked: Collection[str], found: Mapping[str, NameT]) -> None:
        if len(self._names) > _MOST_KEPT:
            self._names.clear()
        now = self._clock()
        for name in asked:
            self._names[site, name] = found.get(name), now + (_KNOWN_FOR if name in found else _UNKNOWN_FOR)

    def known(self, site: str, wanted: Collection[str]) -> dict[str, NameT]:
        kept = {name: self._names[site, name][0] for name in wanted if (site, name) in self._names}
        return {name: value for name, value in kept.items() if value is not None}


class StoreNames:
    """Looks names up in the store, in its reading threads. When the store is slow or gone the page goes on with the
    names it has.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        """Take the store and the clock by which names grow old."""
        self._store = store
        self._people: _Kept[Person] = _Kept(clock)
        self._users: _Kept[str] = _Kept(clock)

    async def people(self, site: str, wanted: Collection[str]) -> dict[str, Person]:
        """Give the people of a site by holder reference."""
        missing = self._people.missing(site, wanted)
        if missing:
            await self._look_up(self._find_people(site, missing))
        return self._people.known(site, wanted)

    async def users(self, site: str, wanted: Collection[str]) -> dict[str, str]:
        """Give the names of users of a site by login."""
        missing = self._users.missing(site, wanted)
        if missing:
            await self._look_up(self._find_users(site, missing))
        return self._users.known(site, wanted)

    async def _find_people(self, site: str, missing: set[str]) -> None:
        rows = await self._store.read(lambda session: people.by_holders(session, site, missing))
        self._people.learn(site, missing, {holder: Person(row.name, row.group_name) for holder, row in rows.items()})

    async def _find_users(self, site: str, missing: set[str]) -> None:
        rows = await self._store.read(lambda session: [users.of_site(session, site, login) for login in missing])
        self._users.learn(site, missing, {row.login: row.name for row in rows if row is not None})

    @staticmethod
    async def _look_up(finding: Coroutine[None, None, None]) -> None:
        try:
            await asyncio.wait_for(finding, _PATIENCE_S)
        except (SQLAlchemyError, TimeoutError) as error:
            logger.warning("names_not_found cause=%s", type(error).__name__)
