"""What still stands is said again before its topic forgets it: ``screenings`` keeps the last of each holder for 30
days, and an item that nobody has resolved keeps its owner out for longer.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlmodel import Session, col, select

from schemas.screening import Screening
from schemas.topics import SCREENINGS
from services.store.columns import as_said
from services.store.database import serialise
from services.store.records import screenings
from services.store.records.screenings import ScreeningRow
from services.store.saying import say
from services.store.screenings.custody import SYSTEM

SAID_AGAIN_AFTER = timedelta(days=20)
"""Ten days before the topic forgets: a recorder that is away for a week loses nothing."""

_AT_ONCE = 200


def say_again(session: Session, at: datetime) -> int:
    """Say again, of all sites, the last record of everybody against whom something stands and of whom nothing has been
    said for 20 days: the next version of the same check with the same content. Gives how many that were.
    """
    said = 0
    for row in _old_ones(session, at - SAID_AGAIN_AFTER):
        serialise(session, SCREENINGS.name, row.site, row.holder)
        latest = screenings.latest(session, row.site, row.holder)
        if latest is None or latest.version != row.version:
            continue
        again = msgspec.structs.replace(as_said(row, Screening), version=row.version + 1)
        detail: dict[str, str] = {"standing": again.standing}
        say(
            session,
            site=row.site,
            topic=SCREENINGS,
            data=again,
            by=SYSTEM,
            act="check_said_again",
            subject=row.holder,
            detail=detail,
            at=at,
        )
        said += 1
    return said


def _old_ones(session: Session, before: datetime) -> Sequence[ScreeningRow]:
    query = select(ScreeningRow).where(
        ScreeningRow.standing != "clear", ScreeningRow.at <= before, screenings.is_newest()
    )
    return session.exec(query.order_by(col(ScreeningRow.site), col(ScreeningRow.holder)).limit(_AT_ONCE)).all()
