"""Erasing what the lists keep of people when its time has come: the entries, and what was found and said about them."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from services.store.lists.entries import ListEntryRow
from services.store.lists.matches import FalseMatchRow, MatchRow


def forget(session: Session, at: datetime) -> int:
    """Erase the entries of all sites whose time has come, with their matches, and give how many entries that were."""
    erased = session.execute(sa.delete(ListEntryRow).where(col(ListEntryRow.kept_until) <= at))
    for table in (MatchRow, FalseMatchRow):
        same = col(ListEntryRow.site) == col(table.site), col(ListEntryRow.entry) == col(table.entry)
        its_entry = sa.select(sa.literal(1)).select_from(ListEntryRow).where(*same)
        session.execute(sa.delete(table).where(~its_entry.exists()))
    return int(getattr(erased, "rowcount", 0))
