"""Writers who begin together: on PostgreSQL their transactions are open at the same time, on SQLite they queue."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from sqlmodel import Session

from services.store.database import Store

T = TypeVar("T")
WRITERS = 4
_MEET_S = 20.0


async def at_once(store: Store, act: Callable[[Session], T]) -> list[T]:
    """Let four writers do the same, and give what each got."""
    meeting = threading.Barrier(WRITERS)

    def after_meeting(session: Session) -> T:
        if not store.is_sqlite:
            session.connection()
            meeting.wait(_MEET_S)
        return act(session)

    return list(await asyncio.gather(*(store.write(after_meeting) for _ in range(WRITERS))))
