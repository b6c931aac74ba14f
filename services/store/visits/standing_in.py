"""Somebody stands in for a host: is asked at once about what waits already, and decides by a link of their own. That
link is made from host, visit and delegate, so it is good for as long as that delegate stands in, and nothing of it is
kept.
"""

import hmac
from datetime import datetime

from sqlmodel import Session

from services.store import messages
from services.store.visits import hosts, visits
from services.store.visits.hosts import HostRow
from services.store.visits.seals import Seals
from services.store.visits.visits import VisitRow


def delegate(
    session: Session, *, site: str, host: str, to: str | None, until: datetime | None, by: str, at: datetime
) -> None:
    """Let somebody stand in for a host until a time, or nobody any more; whoever stands in is told what waits. Raises
    what ``hosts.stand_in`` does.
    """
    hosts.stand_in(session, site=site, host=host, delegate=to, until=until, by=by, at=at)
    if to is None:
        return
    for row in visits.of_hosts(session, site, [host], at):
        if row.state == "requested":
            subject = f"{row.visit}/{to}"
            messages.put(session, site=site, kind="delegate_asked", subject=subject, number=row.version, at=at)


def path(seals: Seals, site: str, visit: str, delegate: str) -> str:
    """Give the address under which a delegate decides about one visit."""
    return f"/visit/{site}/host/{visit}/{_token(seals, site, visit, delegate)}"


def linked(
    session: Session, site: str, visit: str, token: str, seals: Seals, at: datetime
) -> tuple[VisitRow, HostRow] | None:
    """Give the visit and the delegate of such a link; None when it was never given, the visit is over, or somebody else
    or nobody stands in by now.
    """
    row = visits.one(session, site, visit)
    host = hosts.one(session, site, row.host) if row is not None and row.host else None
    standing_in = hosts.delegate_of(session, host, at) if host is not None else None
    if row is None or standing_in is None or at >= row.leaves_at:
        return None
    right = hmac.compare_digest(_token(seals, site, visit, standing_in.host).encode(), token.encode())
    return (row, standing_in) if right else None


def _token(seals: Seals, site: str, visit: str, delegate: str) -> str:
    return seals.link("delegate", site, f"{visit}/{delegate}")
