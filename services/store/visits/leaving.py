"""A host leaves the school: off the list, and with them whatever only they could answer for. A visit that waits for
them goes on to the duty administrator with the next round (``waiting.py``); one that was agreed stays, and so does an
evening: the school answers for those.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlmodel import Session

from services.store.visits import hosts, invitations, visits
from services.store.visits.hosts import HostRow
from services.store.visits.states import WITH_PASS


class Hanging(msgspec.Struct, frozen=True, kw_only=True):
    """What hangs on a host: how many visits wait for their answer, how many are agreed and not over, how many guests
    they have invited who have not confirmed, and for whom they stand in.
    """

    waiting: int
    agreed: int
    invited: int
    stands_in_for: Sequence[HostRow]


def hanging(session: Session, site: str, host: str, at: datetime) -> Hanging:
    """Give what hangs on a host, for whoever is about to take them off the list."""
    rows = visits.of_hosts(session, site, [host], at)
    return Hanging(
        waiting=sum(row.state == "requested" for row in rows),
        agreed=sum(row.state in WITH_PASS for row in rows),
        invited=len(invitations.open_of(session, site, host, at)),
        stands_in_for=hosts.stood_in_for(session, site, host, at),
    )


def leave(session: Session, *, site: str, host: str, by: str, at: datetime) -> bool:
    """Take a host off the list, and their invitations back that nobody has confirmed: a pass is not to come of the word
    of somebody who has left. False for one that the site does not have.
    """
    if not hosts.remove(session, site=site, host=host, by=by, at=at):
        return False
    for row in invitations.open_of(session, site, host, at):
        invitations.withdraw(session, site=site, invitation=row.invitation, host=host, by=by, at=at)
    return True
