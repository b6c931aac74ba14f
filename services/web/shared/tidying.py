"""Keeps the promise of the consent page: once an hour, what was kept long enough is erased; and the visitors' journal
of a day that is over is closed.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from services.store.database import Store
from services.store.journal_book import closing
from services.store.visits.forgetting import forget

_EVERY_S = 3600.0

logger = logging.getLogger(__name__)


async def tidy(store: Store, clock: Callable[[], datetime]) -> None:
    """Erase for ever, an hour apart; a database that is away is asked again an hour later."""
    while True:
        try:
            while closed := await store.write(lambda session: closing.settle(session, clock())):
                logger.info("journal_settled count=%d", closed)
            while erased := await store.write(lambda session: forget(session, clock())):
                logger.info("visits_erased count=%d", erased)
            while erased := await store.write(lambda session: closing.forget(session, clock())):
                logger.info("journal_erased count=%d", erased)
        except (SQLAlchemyError, OSError) as error:
            logger.warning("visits_not_erased cause=%s", type(error).__name__)
        await asyncio.sleep(_EVERY_S)
