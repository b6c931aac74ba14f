"""Visits that wait for the duty administrator's word on a possible match: nobody is asked about them and nothing is
issued, and their visitors see what every visitor sees who waits.
"""

from datetime import datetime

from sqlmodel import Session

from services.store.lists import matches, matching
from services.store.lists.matching import SPARED, Person
from services.store.visits.visits import VisitRow


def note(session: Session, row: VisitRow, at: datetime) -> bool:
    """Look for the people of a visit on the site's lists; True while it is held. For whoever enters a visit: call it
    before the host is told and before a pass is issued.
    """
    if row.category in SPARED:
        return False
    return matching.note(session, site=row.site, subject=row.visit, people=people_of(row), at=at)


def is_held(session: Session, row: VisitRow) -> bool:
    """Tell whether a visit waits for the duty administrator's word."""
    return matches.stands(session, row.site, row.visit) == matches.OPEN


def people_of(row: VisitRow) -> list[Person]:
    """Give who comes: the visitor and whoever comes along. Those who come along are known by the visitor's contact."""
    contact = row.contact or ""
    visitor = Person(name=row.name, iin_hash=row.iin_hash, known_by=contact or row.document_tail or "")
    return [visitor, *(Person(name=name, known_by=contact) for name in row.companions)]
