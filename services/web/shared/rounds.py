"""The round that the web process makes every minute: what nobody clicks, but what somebody has to be told of or what
has to be said again. Each part is a transaction of its own that finds nothing to do when it has been done.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from services.store.database import Store
from services.store.screenings import custody, forgetting, standing

_EVERY_S = 60.0

Part = Callable[[Session, datetime], int]

PARTS: dict[str, Part] = {
    "custody_overdue_told": custody.tell_overdue,
    "screenings_said_again": standing.say_again,
    "checks_erased": forgetting.forget,
}
"""The parts of a round by the names under which the log counts what they did."""

logger = logging.getLogger(__name__)


async def make_rounds(store: Store, clock: Callable[[], datetime]) -> None:
    """Make rounds for ever, a minute apart."""
    while True:
        await make_round(store, clock())
        await asyncio.sleep(_EVERY_S)


async def make_round(store: Store, at: datetime) -> dict[str, int]:
    """Make one round and give how much each part did; a part whose database is away is left for the next round."""
    done: dict[str, int] = {}
    for name, part in PARTS.items():
        try:
            done[name] = await _do(store, part, at)
        except (SQLAlchemyError, OSError) as error:
            logger.warning("round_failed part=%s cause=%s", name, type(error).__name__)
            continue
        if done[name]:
            logger.info("round_part_done part=%s count=%d", name, done[name])
    return done


async def _do(store: Store, part: Part, at: datetime) -> int:
    return await store.write(lambda session: part(session, at))
