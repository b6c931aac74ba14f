"""The links of those who come along: each leads to their own pass, and to nothing else of the visit. Whoever asked for
the visit sends them on.
"""

from datetime import datetime

from sqlmodel import Session

from services.store.visits import links, party
from services.store.visits.party import MemberRow
from services.store.visits.seals import Seals
from services.store.visits.visits import VisitRow


def give_links(session: Session, visit: VisitRow, seals: Seals, expires_at: datetime) -> None:
    """Make the link of each who comes along good, until a time; of a party that was entered."""
    for member in party.of_visit(session, visit.site, visit.visit):
        if member.place:
            token = seals.link("companion", visit.site, member.holder)
            links.put(
                session,
                site=visit.site,
                token=token,
                purpose="companion",
                visit=member.holder,
                expires_at=expires_at,
            )


def link_of(session: Session, member: MemberRow, seals: Seals, at: datetime) -> str | None:
    """Give the text of somebody's link; None for whoever asked, and for a party from before there were such links."""
    token = seals.link("companion", member.site, member.holder)
    return token if member.place and linked(session, member.site, token, at) is not None else None


def linked(session: Session, site: str, token: str, at: datetime) -> MemberRow | None:
    """Give the one of a party whose link it is; None for one that was never given or has run out."""
    holder = links.visit_of(session, site, token, "companion", at)
    return party.of_holder(session, site, holder) if holder is not None else None
