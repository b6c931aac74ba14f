"""Erasing what was kept of checks and custody when its time has come: photos by their own date, checks that stand
against nobody, whose a thing was and into whose hands it went. Numbers and steps of a chain stay.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col, select

from services.store.records import screenings
from services.store.records.screenings import ScreeningRow
from services.store.screenings.custody import CustodyEntryRow, CustodyRow, has_gone
from services.store.screenings.photos import CustodyPhotoRow
from services.store.screenings.pupil_refusals import PupilRefusalRow

KEPT = timedelta(days=365)
"""How long a check is kept, and a chain after the thing has gone (``law.md`` 5: no term is stated)."""

_AT_ONCE = 200


def forget(session: Session, at: datetime) -> int:
    """Erase what is over, of all sites, a few hundred of each at once, and give how many records that were. What still
    stands or lies at the post is kept whole.
    """
    before = at - KEPT
    return _photos(session, at) + _checks(session, before) + _chains(session, before) + _refusals(session, before)


def _photos(session: Session, at: datetime) -> int:
    mine = (col(CustodyRow.site) == CustodyPhotoRow.site) & (col(CustodyRow.number) == CustodyPhotoRow.number)
    query = select(CustodyPhotoRow).where(CustodyPhotoRow.kept_until <= at, sa.exists().where(mine, has_gone()))
    return _delete(session, session.exec(query.limit(_AT_ONCE)).all())


def _checks(session: Session, before: datetime) -> int:
    """Erase the checks of whoever has nothing standing against them. Of the last one what was found goes, the row
    stays: gates and admission weigh the highest version that they know, so nobody's may begin again.
    """
    newest = aliased(ScreeningRow)
    same = (col(newest.site) == ScreeningRow.site) & (col(newest.holder) == ScreeningRow.holder)
    cleared = sa.exists().where(same, col(newest.version) > ScreeningRow.version, col(newest.standing) == "clear")
    query = select(ScreeningRow).where(ScreeningRow.at <= before, cleared)
    erased = _delete(session, session.exec(query.limit(_AT_ONCE)).all())
    something = sa.cast(ScreeningRow.items, sa.String) != "[]"
    last = select(ScreeningRow).where(ScreeningRow.at <= before, ScreeningRow.standing == "clear", something)
    for row in session.exec(last.where(screenings.is_newest()).limit(_AT_ONCE)):
        row.items = []
        session.add(row)
        erased += 1
    return erased


def _chains(session: Session, before: datetime) -> int:
    mine = (col(CustodyEntryRow.site) == CustodyRow.site, col(CustodyEntryRow.number) == CustodyRow.number)
    ended = sa.select(sa.func.max(CustodyEntryRow.at)).where(*mine).scalar_subquery()
    query = select(CustodyRow).where(CustodyRow.holder != "", has_gone(), ended <= before)
    over = session.exec(query.limit(_AT_ONCE)).all()
    for row in over:
        row.holder = row.description = ""
        row.screening = None
        session.add(row)
        steps = col(CustodyEntryRow.site) == row.site, col(CustodyEntryRow.number) == row.number
        session.execute(sa.update(CustodyEntryRow).where(*steps).values(to_whom="", note=""))
    return len(over)


def _refusals(session: Session, before: datetime) -> int:
    query = select(PupilRefusalRow).where(PupilRefusalRow.at <= before).limit(_AT_ONCE)
    return _delete(session, session.exec(query).all())


def _delete(session: Session, rows: Sequence[SQLModel]) -> int:
    for row in rows:
        session.delete(row)
    session.flush()
    return len(rows)
