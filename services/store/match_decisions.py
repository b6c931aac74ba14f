"""The duty administrator's word on a possible match, and what follows from it: the visit goes on as if nothing had
been (its host is asked; who was invited, or is an evening's guest, has the pass), or is declined; the walk-in comes in
or not; the release is given or not.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlmodel import Session

from schemas.site_policy import SitePolicy
from services.rules.names import ManyNames
from services.store import audit, people
from services.store.database import serialise
from services.store.insertion import insert_once
from services.store.lists import entries, matches
from services.store.lists.entries import ListEntryRow
from services.store.lists.matches import NOT_THE_SAME, OPEN, SAME_PERSON, FalseMatchRow, MatchRow
from services.store.lists.matching import Person
from services.store.releases import entitled, papers
from services.store.releases.papers import ReleasePaperRow
from services.store.visitors_journal import walk_ins
from services.store.visitors_journal.walk_ins import WalkInRow
from services.store.visits import deeds, evenings, held, invitations, visits
from services.store.visits.deeds import Decision
from services.store.visits.seals import Seals
from services.store.visits.visits import VisitRow

NOTE_AT_MOST = 300

Subject = VisitRow | WalkInRow | ReleasePaperRow


class Both(msgspec.Struct, frozen=True, kw_only=True):
    """Both records side by side: what is on the list, and whoever may be it. ``subject`` and ``person`` are None when
    they have been erased; ``pupil`` is the name of the pupil whom a custody entry is about.
    """

    match: MatchRow
    entry: ListEntryRow | None
    subject: Subject | None
    person: Person | None
    pupil: str | None


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What the duty administrator says of a match; ``reason`` is what a visitor is told when it is the same person."""

    match: str
    same_person: bool
    note: str
    reason: str


def decide(
    session: Session, *, site: str, word: Word, by: str, policy: SitePolicy, seals: Seals | None, at: datetime
) -> bool:
    """Settle a match; False when somebody has done it already. A false one is remembered, so that the same person is
    not stopped by the same entry again.
    """
    known = matches.one(session, site, word.match)
    if known is None:
        return False
    serialise(session, "matches", site, known.subject)
    row = session.get(MatchRow, (site, word.match), populate_existing=True)
    if row is None or row.state != OPEN:
        return False
    row.state = SAME_PERSON if word.same_person else NOT_THE_SAME
    row.decided_at, row.decided_by, row.note = at, by, word.note[:NOTE_AT_MOST] or None
    session.add(row)
    session.flush()
    if not word.same_person and row.person_key is not None:
        remembered = FalseMatchRow(site=site, entry=row.entry, person_key=row.person_key, at=at, by=by)
        insert_once(session, FalseMatchRow, [remembered.model_dump()])
    audit.note(session, site=site, by=by, act=f"match_{row.state}", subject=row.match, at=at)
    _follow(session, row, word, by, policy, seals, at)
    return True


def look_again(session: Session, site: str, listed: Sequence[ListEntryRow], at: datetime) -> None:
    """Look for people who have just been listed among the visits that were asked for before. One that is approved
    keeps its pass until the duty administrator has said something.
    """
    coming = [(row, person) for row in visits.to_come(session, site, at) for person in held.people_of(row)]
    like = ManyNames([person.name for _, person in coming])
    near = {place for entry in listed for name in entry.names for place in like.like(name)}
    numbers = {entry.iin_hash for entry in listed if entry.iin_hash is not None}
    for place, (row, person) in enumerate(coming):
        if place in near or person.iin_hash in numbers:
            held.note(session, row, at)


def both(session: Session, row: MatchRow) -> Both:
    """Give the two records of a match."""
    entry = entries.one(session, row.site, row.entry)
    subject = _subject(session, row.site, row.subject)
    persons = _people(session, subject) if subject is not None else []
    pupil = entry.pupil if entry is not None else None
    named = people.by_holders(session, row.site, {pupil}) if pupil else {}
    return Both(
        match=row,
        entry=entry,
        subject=subject,
        person=persons[row.place] if row.place < len(persons) else None,
        pupil=named[pupil].name if pupil in named else pupil,
    )


def _follow(  # noqa: PLR0917  what one deed hands on
    session: Session, row: MatchRow, word: Word, by: str, policy: SitePolicy, seals: Seals | None, at: datetime
) -> None:
    stands = matches.stands(session, row.site, row.subject)
    if stands == OPEN:
        return
    match _subject(session, row.site, row.subject):
        case VisitRow() as visit if stands is None:
            _go_on(session, visit, policy, seals, at)
        case VisitRow() as visit if seals is not None:
            declined = Decision(deed="decline", reason=word.reason)
            deeds.decide(
                session, site=row.site, visit=visit.visit, decision=declined, by=by, policy=policy, seals=seals, at=at
            )
        case ReleasePaperRow() as paper:
            papers.settle(session, site=row.site, release=paper.release, given=stands is None, by=by, at=at)


def _go_on(session: Session, visit: VisitRow, policy: SitePolicy, seals: Seals | None, at: datetime) -> None:
    """Let a visit go on from where it was held: approved by whoever had agreed to it before, else its host is asked."""
    agreed = invitations.agreed_by(session, visit) or evenings.agreed_by(session, visit)
    if agreed is None or seals is None:
        deeds.ask_host(session, visit, at)
    elif visit.standing == "requested" and at < visit.leaves_at:
        approved = Decision(deed="approve")
        deeds.decide(
            session,
            site=visit.site,
            visit=visit.visit,
            decision=approved,
            by=agreed,
            policy=policy,
            seals=seals,
            at=at,
        )


def _subject(session: Session, site: str, subject: str) -> Subject | None:
    return (
        visits.one(session, site, subject) or walk_ins.one(session, site, subject) or papers.one(session, site, subject)
    )


def _people(session: Session, subject: Subject) -> list[Person]:
    match subject:
        case VisitRow():
            return held.people_of(subject)
        case WalkInRow():
            return [walk_ins.person_of(subject)]
        case ReleasePaperRow():
            known = {row.person: row for row in entitled.of_pupil(session, subject.site, subject.pupil)}
            return papers.people_of(subject, known)
