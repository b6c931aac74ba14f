"""Erasing what names a visitor when its time has come: the visit, its links and short codes, the names that the post
saw. What gates said of its holders stays, as records of nobody.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from services.store.lists import forgetting as lists
from services.store.people import PersonRow
from services.store.records.visitor_passes import VisitorPassRow
from services.store.releases import entitled, papers
from services.store.visits import evenings, party
from services.store.visits.codes import PassCodeRow
from services.store.visits.conditions import ConditionsRow
from services.store.visits.drafts import DraftRow
from services.store.visits.invitations import InvitationRow
from services.store.visits.links import LinkRow
from services.store.visits.visits import VisitRow
from services.store.visits.waiting import RaisedRow

_AT_ONCE = 200


def forget(session: Session, at: datetime) -> int:
    """Erase what was promised to be erased by now, of all sites, and give how many visits that were; a few hundred at
    once, so that nobody waits behind it.
    """
    session.execute(sa.delete(DraftRow).where(col(DraftRow.expires_at) <= at))
    session.execute(sa.delete(LinkRow).where(col(LinkRow.expires_at) <= at))
    session.execute(sa.delete(InvitationRow).where(col(InvitationRow.kept_until) <= at))
    evenings.forget(session, at)
    lists.forget(session, at)
    papers.forget(session, at)
    entitled.forget(session, at)
    over = session.exec(select(VisitRow).where(col(VisitRow.kept_until) <= at).limit(_AT_ONCE)).all()
    for row in over:
        _erase(session, row)
    return len(over)


def _erase(session: Session, row: VisitRow) -> None:
    mine = VisitorPassRow.site == row.site, VisitorPassRow.visit == row.visit
    for jti in session.exec(select(VisitorPassRow.jti).where(*mine)).all():
        session.execute(sa.delete(PassCodeRow).where(col(PassCodeRow.site) == row.site, col(PassCodeRow.jti) == jti))
    members = party.of_visit(session, row.site, row.visit)
    holders = [row.holder, *(member.holder for member in members)]
    linked = col(LinkRow.visit).in_([row.visit, *holders])
    session.execute(sa.delete(LinkRow).where(col(LinkRow.site) == row.site, linked))
    session.execute(sa.delete(PersonRow).where(col(PersonRow.site) == row.site, col(PersonRow.holder).in_(holders)))
    for member in members:
        session.delete(member)
    for table in (ConditionsRow, RaisedRow):
        session.execute(sa.delete(table).where(col(table.site) == row.site, col(table.visit) == row.visit))
    session.delete(row)
