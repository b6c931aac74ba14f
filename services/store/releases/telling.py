"""Telling at once of a pupil who left while lessons last and nobody had stated why: the duty administrator and the
parents. For the recorder, which hears of it from admission.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from schemas.catalogue import Said
from schemas.envelope import Event
from schemas.signal import Signal
from services.store import messages
from services.store.lists import matching
from services.store.lists.matching import Person
from services.store.records.signals import SignalRow
from services.store.releases import entitled
from services.store.releases.entitled import PARENTS, EntitledPersonRow

_PERSON = "/person-"


def note(session: Session, events: Iterable[Event[Said]]) -> None:
    """Queue the messages; a replay queues nothing new. Each is named by the signal, and by the parent it goes to."""
    for event in events:
        if isinstance(event.data, Signal) and event.data.rule == "left_early" and event.data.holder is not None:
            messages.tell_duty(session, site=event.site, kind="left_early", subject=event.id, number=1, at=event.time)
            for person in to_tell(session, event.site, event.data.holder, event.time):
                subject = f"{event.id}/{person.person}"
                messages.put(
                    session, site=event.site, kind="left_early_parent", subject=subject, number=1, at=event.time
                )


def told_of(session: Session, site: str, subject: str) -> SignalRow | None:
    """Give what a message is about, by its subject, for composing it."""
    return session.get(SignalRow, (site, subject.partition(_PERSON)[0]))


def parent(session: Session, site: str, subject: str, at: datetime) -> EntitledPersonRow | None:
    """Give the parent whom a message goes to, by its subject; None when they are not to be told any more."""
    found = told_of(session, site, subject)
    if found is None or found.holder is None:
        return None
    people = to_tell(session, site, found.holder, at)
    return next((person for person in people if subject.endswith(f"/{person.person}")), None)


def to_tell(session: Session, site: str, pupil: str, at: datetime) -> list[EntitledPersonRow]:
    """Give the parents who are told about a pupil: who agreed to it, can be reached, and may know. Whoever may be the
    person whom a list keeps from this pupil learns nothing, also while nobody has looked at it.
    """
    return [
        person
        for person in entitled.of_pupil(session, site, pupil)
        if person.tell
        and person.relation in PARENTS
        and (person.phone or person.email)
        and not _is_restricted(session, person, at)
    ]


def _is_restricted(session: Session, person: EntitledPersonRow, at: datetime) -> bool:
    known_as = Person(name=person.name, known_by=person.phone or "")
    return any(found.pupil == person.pupil for found in matching.on_lists(session, person.site, known_as, at))
