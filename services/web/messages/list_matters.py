"""What messages about possible matches and about pupils who left early are about: neither a name nor a list is in
them.
"""

from services.store.lists import matches
from services.store.releases import telling
from services.web.messages.matters import Addressee, Matter, Values


def match_waits(matter: Matter, _to: Addressee) -> Values | None:
    """Compose about a possible match that waits for the duty administrator; one that is decided needs nobody."""
    found = matches.one(matter.session, matter.row.site, matter.row.subject)
    return {} if found is not None and found.state == matches.OPEN else None


def to_parent(matter: Matter) -> Addressee | None:
    """Find the parent whom a row's subject names, as long as they may be told."""
    row = matter.row
    person = telling.parent(matter.session, row.site, row.subject, row.created_at)
    return Addressee("visitor", person.language, person.email, person.phone) if person else None


def left_early(matter: Matter, _to: Addressee) -> Values | None:
    """Compose about a pupil who left in lessons: when, and through which gate."""
    found = telling.told_of(matter.session, matter.row.site, matter.row.subject)
    if found is None:
        return None
    known = matter.school.policy.gates.get(found.gate)
    return {"gate": known.name if known else found.gate, "time": f"{matter.school.local(found.at):%H:%M}"}
