"""The round that the web process makes twice a minute: what nobody clicks, but what somebody has to be told of, what
has to be said again, and what has been kept long enough. Each part is a transaction of its own that finds nothing to
do when it has been done.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from services.settings import Configuration
from services.store import messages
from services.store.database import Store
from services.store.journal_book import closing, leaving
from services.store.screenings import custody, standing
from services.store.screenings import forgetting as forgetting_checks
from services.store.visits import draws, evenings, forgetting, waiting

_EVERY_S = 30.0

Part = Callable[[Session, datetime], int]
"""Does what is due by now in the transaction that it is given, once, and gives how much that was."""

AT_THE_POST: Mapping[str, Part] = {
    "custody_overdue_told": custody.tell_overdue,
    "screenings_said_again": standing.say_again,
    "walk_ins_not_left_told": leaving.tell_overdue,
    "journal_settled": closing.settle,
    "checks_erased": forgetting_checks.forget,
    "journal_erased": closing.forget,
    "messages_erased": messages.forget,
    "draws_erased": draws.forget,
}
"""What every school has, by the names under which the log counts what was done; whoever has not left is told of before
the journal settles the day, and the journal keeps what it says of a day before its names are erased elsewhere.
"""

logger = logging.getLogger(__name__)


def round_of(configuration: Configuration) -> Mapping[str, Part]:
    """Give the parts of the round by name, as the settings want them."""
    settings = configuration.settings.visits
    if settings is None:
        return AT_THE_POST
    within = timedelta(hours=settings.unanswered_after_h)
    return {
        **AT_THE_POST,
        "visits_unanswered_told": partial(waiting.tell_unanswered, within=within),
        "visits_overdue_told": waiting.tell_overdue,
        "evenings_closed": evenings.close_past,
        "visits_erased": forgetting.forget,
    }


async def make_rounds(store: Store, clock: Callable[[], datetime], parts: Mapping[str, Part]) -> None:
    """Make rounds for ever, half a minute apart."""
    while True:
        await make_round(store, clock(), parts)
        await asyncio.sleep(_EVERY_S)


async def make_round(store: Store, at: datetime, parts: Mapping[str, Part]) -> dict[str, int]:
    """Make one round and give how much each part did; a part whose database is away is left for the next round."""
    done: dict[str, int] = {}
    for name, part in parts.items():
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
