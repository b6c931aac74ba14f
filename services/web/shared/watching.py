"""Looks twice a minute whether something has waited too long, and lets whoever is to know be told."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from services.settings import Configuration
from services.store.database import Store
from services.store.visits import evenings, waiting

Sweep = Callable[[Session, datetime], int]
"""Tells what is due by now in the transaction that it is given, once, and gives how much that was."""

_EVERY_S = 30.0

logger = logging.getLogger(__name__)


def sweeps_of(configuration: Configuration) -> dict[str, Sweep]:
    """Give the sweeps of the settings by name."""
    settings = configuration.settings.visits
    if settings is None:
        return {}
    within = timedelta(hours=settings.unanswered_after_h)
    return {
        "visits_unanswered": partial(waiting.tell_unanswered, within=within),
        "visits_overdue": waiting.tell_overdue,
        "evenings_over": evenings.close_past,
    }


async def watch(store: Store, clock: Callable[[], datetime], sweeps: Mapping[str, Sweep]) -> None:
    """Look for ever; a database that is away is asked again half a minute later."""
    while True:
        for name, sweep in sweeps.items():
            await _look(store, clock, name, sweep)
        await asyncio.sleep(_EVERY_S)


async def _look(store: Store, clock: Callable[[], datetime], name: str, sweep: Sweep) -> None:
    try:
        found = await store.write(lambda session: sweep(session, clock()))
    except (SQLAlchemyError, OSError) as error:
        logger.warning("sweep_waits sweep=%s cause=%s", name, type(error).__name__)
        return
    if found:
        logger.info("sweep_told sweep=%s count=%d", name, found)
