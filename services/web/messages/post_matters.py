"""What messages from the post to the duty administrator are about: neither an owner nor a pupil is named in them."""

from services.store import people
from services.store.screenings import custody, pupil_refusals
from services.web.messages.matters import Addressee, Matter, Values


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
