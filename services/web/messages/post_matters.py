"""What messages from the post to the duty administrator are about: neither an owner nor a pupil is named in them, but
whoever has to be looked for is.
"""

from datetime import date, datetime, time

from services.store import people
from services.store.journal_book import leaving
from services.store.local_time import zone_of
from services.store.screenings import custody, pupil_refusals
from services.web.messages.matters import Addressee, Matter, Values

_NAMED_AT_MOST = 20


def thing_overdue(matter: Matter, _to: Addressee) -> Values | None:
    """Compose about a thing in custody (``custody/NUMBER``); one that has gone meanwhile needs nobody."""
    number = int(matter.row.subject.rpartition("/")[2])
    chain = custody.one(matter.session, matter.row.site, number)
    if chain is None or chain.ended:
        return None
    return {"number": number, "due": matter.school.said(chain.thing.due_at)}


def pupil_refusal(matter: Matter, _to: Addressee) -> Values | None:
    """Compose about a pupil who would not show what they bring, by class; one that is settled needs nobody."""
    row = matter.row
    refusal = pupil_refusals.of_day(matter.session, row.site, row.subject, row.created_at)
    if refusal is None or refusal.settled_at is not None:
        return None
    person = people.by_holders(matter.session, row.site, {row.subject}).get(row.subject)
    group = person.group_name if person else None
    return {"group": group or "—", "post": refusal.post, "time": f"{matter.school.local(refusal.at):%H:%M}"}


def walk_ins_inside(matter: Matter, _to: Addressee) -> Values | None:
    """Compose about those who were registered at the post on a day (``walk-ins/DATE``) and should have left; when all
    of them have left meanwhile, nobody has to look.
    """
    row, session = matter.row, matter.session
    day = date.fromisoformat(row.subject.rpartition("/")[2])
    begin = datetime.combine(day, time(), zone_of(session, row.site))
    found = leaving.overdue(session, row.site, begin, matter.now)
    if not found:
        return None
    lines = [
        f"{one.person.name}, {matter.school.local(one.entry.opened_at):%H:%M}, {one.person.host_text}" for one in found
    ]
    named = lines[:_NAMED_AT_MOST] + ["…"] * (len(lines) > _NAMED_AT_MOST)
    return {"count": len(found), "names": "\n".join(named)}
