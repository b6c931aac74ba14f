"""Registering for a parents' evening: whoever is on the list, or comes while there is room, has a pass of their own.
What the list holds is told to nobody: a name is only ever judged after a code was read at an address.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlmodel import Session, col

from schemas.site_policy import SitePolicy
from services.store import audit
from services.store.database import serialise
from services.store.people import PersonRow
from services.store.visits import conditions, deeds, evenings
from services.store.visits.conditions import Conditions
from services.store.visits.deeds import Asked, Decision
from services.store.visits.evenings import SEATS, EveningRow, EveningVisitRow, GuestRow
from services.store.visits.names import name_key
from services.store.visits.seals import Seals
from services.store.visits.visits import VisitRow

NotRegistered = Literal["not_listed", "taken", "full", "over"]
_WORDS_AT_LEAST = 2


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has typed, with a contact that was checked: their name, and the name that the list should hold."""

    draft: str
    name: str
    listed: str
    contact: str
    language: str
    consent_version: str


def register(
    session: Session, *, site: str, evening: str, told: Registration, policy: SitePolicy, seals: Seals, at: datetime
) -> VisitRow | NotRegistered:
    """Register somebody and give their visit, with its pass; the same contact again gets the same visit. Otherwise why
    not: they are not on the list, their line is taken, there is no room, or it is over.
    """
    serialise(session, "evening", site, evening)
    row = session.get(EveningRow, (site, evening), populate_existing=True)
    if row is None or row.cancelled_at is not None or at >= row.ends_at:
        return "over"
    known = evenings.registered(session, row)
    mine = next((visit for _, visit in known if _same_person(visit, told)), None)
    if mine is not None:
        return mine
    line = _line(evenings.guests(session, row), told.listed, row, [line for line, _ in known])
    if not isinstance(line, int):
        return line
    if len(known) >= row.seats:
        return "full"
    visit = _entered(session, row, told, policy, seals, at)
    session.add(EveningVisitRow(site=site, visit=visit.visit, evening=evening, line=line))
    if line and [one for one, _ in known].count(line) + 1 >= _seats(row):
        _off_the_posts_list(session, row, line)
    session.flush()
    return visit


def call_off(
    session: Session, *, row: EveningRow, reason: str, by: str, policy: SitePolicy, seals: Seals, at: datetime
) -> bool:
    """Call an evening off: its link and every pass of it are good no more, and who registered is told why."""
    serialise(session, "evening", row.site, row.evening)
    row = session.get_one(EveningRow, (row.site, row.evening), populate_existing=True)
    if row.cancelled_at is not None or at >= row.ends_at:
        return False
    row.cancelled_at = at
    session.add(row)
    declined = Decision(deed="decline", reason=reason)
    for _, visit in evenings.registered(session, row):
        deeds.decide(
            session, site=row.site, visit=visit.visit, decision=declined, by=by, policy=policy, seals=seals, at=at
        )
    audit.note(session, site=row.site, by=by, act="evening_called_off", subject=row.evening, at=at)
    evenings.close_past(session, at)
    return True


def _line(guests: Sequence[GuestRow], listed: str, row: EveningRow, taken: list[int]) -> int | NotRegistered:
    """Give the line that a name is on, the first with a seat left; 0 where there is no list."""
    if row.open_to == "everyone":
        return 0
    wanted = set(name_key(listed).split())
    found = [guest for guest in guests if _is_named(wanted, set(guest.name_key.split()))]
    free = next((guest.line for guest in found if taken.count(guest.line) < _seats(row)), None)
    return free if free is not None else "taken" if found else "not_listed"


def _seats(row: EveningRow) -> int:
    return SEATS[msgspec.convert(row.open_to, evenings.OpenTo)]


def _is_named(wanted: set[str], name: set[str]) -> bool:
    """Tell whether a name was typed exactly enough: two words of it or more and none beside it, or all of it."""
    return wanted == name or (len(wanted) >= _WORDS_AT_LEAST and wanted <= name)


def _same_person(visit: VisitRow, told: Registration) -> bool:
    same_contact = (visit.contact or "").casefold() == told.contact.casefold()
    return same_contact and visit.name_key == name_key(told.name)


def _entered(
    session: Session, row: EveningRow, told: Registration, policy: SitePolicy, seals: Seals, at: datetime
) -> VisitRow:
    asked = Asked(
        category="representative",
        name=told.name,
        iin_hash=None,
        document_kind=None,
        document_tail=None,
        host_text=row.host_text,
        purpose=row.title,
        arrives_at=row.begins_at,
        leaves_at=row.ends_at,
        companions=[],
        vehicle=None,
        things=None,
        contact=told.contact,
        contact_checked_at=at,
        language=told.language,
        consent_version=told.consent_version,
        consent_at=at,
    )
    visit = deeds.enter(
        session, site=row.site, draft=told.draft, asked=asked, host=None, policy=policy, seals=seals, at=at
    )
    agreed = Conditions(entries=msgspec.convert(row.entries, conditions.Entries), entrances=row.entrances)
    conditions.put(session, site=row.site, visit=visit.visit, conditions=agreed)
    approved = Decision(deed="approve")
    deeds.decide(
        session, site=row.site, visit=visit.visit, decision=approved, by=row.made_by, policy=policy, seals=seals, at=at
    )
    return visit


def _off_the_posts_list(session: Session, row: EveningRow, line: int) -> None:
    """Take a line off the names at the post: who registered for it is there by their own name now."""
    guest = session.get_one(GuestRow, (row.site, row.evening, line))
    mine = (col(PersonRow.site) == row.site, col(PersonRow.holder) == guest.holder)
    session.execute(sa.delete(PersonRow).where(*mine))
