"""Looking for somebody on a site's lists, when a visit is asked for or registered, never at a reader. What is found is
a question to the duty administrator; nobody else is told anything.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import msgspec
import sqlalchemy as sa
from sqlmodel import Session, col

from services.rules.names import ManyNames, one_spelling
from services.store import audit, messages
from services.store.database import serialise
from services.store.lists import matches
from services.store.lists.entries import ListEntryRow
from services.store.lists.matches import MatchRow

SYSTEM = "system"
SPARED = frozenset({"emergency"})
"""The categories that are not looked for by whoever registers people: a crew on its way is not held up."""

_MATCH_BYTES = 8
_KEY_DIGITS = 32
_LISTS_KEPT = 8


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever is looked for. ``known_by`` tells them from a namesake: a document, a contact; empty when nothing does,
    and then nobody is remembered not to be on the list.
    """

    name: str
    iin_hash: str | None = None
    known_by: str = ""


class Found(msgspec.Struct, frozen=True):
    """An entry that may be about a person: about which pupil it is, how alike the names are, and whether the identity
    numbers are the same.
    """

    entry: str
    pupil: str | None
    likeness: float
    same_iin: bool | None


def note(
    session: Session, *, site: str, subject: str, people: Sequence[Person], at: datetime, pupil: str | None = None
) -> bool:
    """Look for the people of a visit, a walk-in or a release, and tell the duty administrator of what is found; the
    same again changes nothing. True while ``subject`` has to wait for an answer: tell nobody else, and issue nothing.
    With a ``pupil``, whom they take, what is on the lists about other pupils does not matter.
    """
    serialise(session, "matches", site, subject)
    known = {match.entry for match in matches.of_subject(session, site, subject)}
    opened = []
    for place, person in enumerate(people):
        for found in on_lists(session, site, person, at):
            if found.entry in known or (pupil is not None and found.pupil not in {None, pupil}):
                continue
            known.add(found.entry)
            opened.append(_open(session, site, subject, place, person, found, at))
    session.flush()
    if opened:
        messages.tell_duty(session, site=site, kind="possible_match", subject=opened[0], number=1, at=at)
    return matches.stands(session, site, subject) == matches.OPEN


def on_lists(session: Session, site: str, person: Person, at: datetime) -> list[Found]:
    """Give the entries that hold and may be about a person, without those that are known not to be."""
    query = sa.select(
        col(ListEntryRow.entry), col(ListEntryRow.pupil), col(ListEntryRow.names), col(ListEntryRow.iin_hash)
    ).where(col(ListEntryRow.site) == site, col(ListEntryRow.ended_at).is_(None), col(ListEntryRow.until) > at)
    rows = session.execute(query.order_by(col(ListEntryRow.entry))).all()
    owners = [place for place, row in enumerate(rows) for _ in row.names]
    alike: dict[int, float] = {}
    for place, likeness in _ready(tuple(name for row in rows for name in row.names)).like(person.name).items():
        alike[owners[place]] = max(likeness, alike.get(owners[place], 0.0))
    key = person_key(person)
    return [
        Found(row.entry, row.pupil, alike.get(place, 0.0), _same(row.iin_hash, person.iin_hash))
        for place, row in enumerate(rows)
        if (place in alike or _same(row.iin_hash, person.iin_hash))
        and not matches.is_remembered(session, site, row.entry, key)
    ]


def person_key(person: Person) -> str | None:
    """Give the hash under which it is remembered that somebody is not on a list: by a contact that was checked or a
    document that was seen, before a number that was only typed.
    """
    known_by = person.known_by or person.iin_hash
    if not known_by:
        return None
    return hashlib.sha256(f"{one_spelling(person.name)}\n{known_by}".encode()).hexdigest()[:_KEY_DIGITS]


def _open(  # noqa: PLR0917  one line of one caller
    session: Session, site: str, subject: str, place: int, person: Person, found: Found, at: datetime
) -> str:
    row = MatchRow(
        site=site,
        match=f"match-{secrets.token_hex(_MATCH_BYTES)}",
        subject=subject,
        entry=found.entry,
        place=place,
        person_key=person_key(person),
        likeness=found.likeness,
        same_iin=found.same_iin,
        found_at=at,
    )
    session.add(row)
    audit.note(session, site=site, by=SYSTEM, act="match_found", subject=row.match, at=at)
    return row.match


def _same(one: str | None, other: str | None) -> bool | None:
    """Tell whether two identity numbers are the same; None where one is not known. Different ones part nobody: what a
    visitor types is not seen on a document.
    """
    return one == other if one and other else None


@lru_cache(_LISTS_KEPT)
def _ready(names: tuple[str, ...]) -> ManyNames:
    """Give the names of a list made ready, while the list stays as it is."""
    return ManyNames(names)
