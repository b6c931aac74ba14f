"""Letting somebody in by name: a forgotten or lost card, a visitor who was registered at the post. Found by the first
letters or by the class; each is a guard's answer to no read, attributed to the person who gave it.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import cast

import msgspec
from sqlmodel import Session, col, select

from schemas.credential import Category
from schemas.guard_answer import Because, GuardAnswer
from schemas.pass_token import credential_of
from schemas.site_policy import QUESTION_AFTER_S
from services.store import directory
from services.store.administration import RuleForbids
from services.store.lists import matches
from services.store.local_time import local_midnight
from services.store.outbox import OutboxRow
from services.store.people import PersonRow
from services.store.records import credentials, guard_answers, screenings, site_modes, site_policies, visitor_passes
from services.store.records.visitor_passes import VisitorPassRow
from services.store.visitors_journal import walk_ins
from services.store.visits import evenings, names

FOUND_AT_MOST = 20

_MATCH = {"open": "match_open", "same_person": "match_refused"}
"""What stands against a registered visitor, as a rule of the post that says nothing of lists."""

_KEYS_KEPT = 50_000
_key = lru_cache(_KEYS_KEPT)(names.name_key)


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """What a guard says: whom, through which gate, why, and which duty administrator allowed it where one was asked."""

    holder: str
    gate: str
    because: Because
    allowed_by: str | None = None
    comment: str | None = None


def search(session: Session, site: str, wanted: str, group: str = "") -> list[PersonRow]:
    """Give the people of a site whose name has words that begin so, in a group where one is named; nobody for no
    letters and no group.
    """
    asked = _key(wanted).split()
    if not asked and not group:
        return []
    query = select(PersonRow).where(PersonRow.site == site)
    if group:
        query = query.where(PersonRow.group_name == group)
    found = [
        person
        for person in session.exec(query.order_by(col(PersonRow.name)))
        if names.begins_so(_key(person.name), asked)
    ]
    return found if group else found[:FOUND_AT_MOST]


def pupils(session: Session, site: str, wanted: str, group: str = "") -> list[PersonRow]:
    """Give the enrolled pupils among those whom ``search`` gives."""
    return [person for person in search(session, site, wanted, group) if is_pupil(session, site, person.holder)]


def is_pupil(session: Session, site: str, holder: str) -> bool:
    """Tell whether a holder is an enrolled pupil of a site: has or had a pupil's card."""
    return any(card.category == "pupil" for card in credentials.of_holder(session, site, holder))


def groups(session: Session, site: str, most: int = 100) -> Sequence[str]:
    """Give the groups that several people of a site share: its classes."""
    query = select(PersonRow.group_name).where(PersonRow.site == site, col(PersonRow.group_name).is_not(None))
    people = Counter(group for group in session.exec(query) if group)
    return sorted(group for group, count in people.items() if count > 1)[:most]


def category_of(session: Session, site: str, holder: str, at: datetime) -> tuple[Category, bool] | None:
    """Give what kind of person a holder is, and whether a card of theirs holds now; None for whom the school does not
    expect: no card that could hold, not registered at the post today, no visit and no evening now.
    """
    cards = [card for card in credentials.of_holder(session, site, holder) if card.valid_from <= at < card.valid_until]
    good = [card for card in cards if card.revoked_at is None or at < card.revoked_at]
    if cards:
        return cast("Category", (good or cards)[-1].category), bool(good)
    visitor = walk_ins.of_holder(session, site, holder)
    if visitor is not None and at - visitor.registered_at < timedelta(hours=24):
        return cast("Category", visitor.category), True
    visit = _valid_pass(session, site, holder, at)
    if visit is not None:
        return cast("Category", visit.category), True
    return ("representative", True) if evenings.is_expected(session, site, holder, at) else None


def let_in(session: Session, *, site: str, admission: Admission, by: str, post: str, at: datetime) -> OutboxRow:
    """Let a person in by name and give the answer's outbox row. What a rule forbids is a RuleForbids; an enrolled
    pupil is kept out by none of them but a lockdown.
    """
    known = category_of(session, site, admission.holder, at)
    if known is None:
        raise RuleForbids("unknown")
    category, card_holds = known
    _refuse(session, site, admission, category, at, card_holds=card_holds)
    policy = site_policies.current(session, site)
    shown = _valid_pass(session, site, admission.holder, at)
    answer = GuardAnswer(
        gate=admission.gate,
        direction="entry",
        read=None,
        answer="admit",
        because=admission.because,
        holder=admission.holder,
        category=category,
        by=by,
        post=post,
        allowed_by=admission.allowed_by,
        comment=admission.comment,
        expires_at=at + timedelta(seconds=policy.question_after_s if policy else QUESTION_AFTER_S),
        credential=credential_of(shown.jti) if shown is not None else None,
    )
    sent = guard_answers.give(session, site=site, answer=answer, at=at)
    if sent is None:
        raise RuleForbids("unknown")
    return sent


def _valid_pass(session: Session, site: str, holder: str, at: datetime) -> VisitorPassRow | None:
    """Give the pass with which a visitor could come in now, who has it not at hand."""
    found = visitor_passes.of_holder(session, site, holder)
    return next((row for row in found if row.revoked_at is None and row.valid_from <= at < row.valid_until), None)


def _refuse(
    session: Session, site: str, admission: Admission, category: Category, at: datetime, *, card_holds: bool
) -> None:
    mode = site_modes.current(session, site)
    if mode is not None and mode.mode == "lockdown" and not mode.drill:
        raise RuleForbids("lockdown")
    if category == "pupil":
        return
    visitor = walk_ins.of_holder(session, site, admission.holder)
    stands = matches.stands(session, site, visitor.visit) if visitor is not None else None
    if stands is not None:
        raise RuleForbids(_MATCH[stands])
    check = screenings.latest(session, site, admission.holder)
    if check is not None and check.standing != "clear":
        raise RuleForbids("check_stands")
    visit = _valid_pass(session, site, admission.holder, at)
    drawn_at = walk_ins.last_drawn(session, site, admission.holder, local_midnight(session, site, at))
    due_since = [drawn_at] if drawn_at is not None else []
    due_since += [visit.valid_from] if visit is not None and visit.screening_due else []
    if due_since and (check is None or check.checked_at < max(due_since)):
        raise RuleForbids("check_due")
    on_duty = visitor is not None and visitor.category == "official"
    if visitor is not None and on_duty and not directory.is_confirmed(session, site, visitor.holder, visitor.came_at):
        raise RuleForbids("call_back_due")
    if not card_holds and admission.allowed_by is None:
        raise RuleForbids("card_cancelled")
